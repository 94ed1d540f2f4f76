// The page's side of the session: talks to the worker that holds the key, to the passkey, and to the keyboard.
const worker = 'SharedWorker' in self ? new SharedWorker('/session-worker.js', { name: 'serment' }).port : new Worker('/session-worker.js');
const waiting = new Map();
let last = 0;
worker.onmessage = ({ data: { id, answer, fault } }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  fault ? reject(new Error(fault)) : resolve(answer);
};

function ask(operation, value) {
  return new Promise((resolve, reject) => { waiting.set(++last, { resolve, reject }); worker.postMessage({ id: last, operation, value }); });
}

const base64 = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));

export const state = () => ask('state');
export const prepare = () => ask('prepare');
export const adopt = (cell, session, now) => ask('adopt', { cell, session, now });
export const sign = (verb, body) => ask('sign', { verb, body });
export const jump = () => ask('jump');
export const forget = () => ask('forget');
export const draft = place => ask('draft', { place });
export const keep = (place, text) => ask('keep', { place, text });

// A passkey's answer to a ceremony of the Custodian; null when the person gave up.
export async function assertion(cell, purpose, ceremony) {
  const { challenge, sessionKey } = await ask('challenge', { cell, purpose, nonce: ceremony.nonce });
  let given;
  try {
    given = await navigator.credentials.get({ publicKey: {
      challenge: bytes(challenge), rpId: ceremony.rpId, timeout: 110000,
      userVerification: purpose === 'touch' ? 'discouraged' : 'required',
      allowCredentials: ceremony.credentials.map(id => ({ type: 'public-key', id: bytes(id) })),
    } });
  } catch (refused) { if (refused.name === 'NotAllowedError' || refused.name === 'AbortError') return null; throw refused; }
  const r = given.response;
  return {
    nonce: ceremony.nonce, sessionKey, credentialId: base64(given.rawId), clientDataJson: base64(r.clientDataJSON),
    authenticatorData: base64(r.authenticatorData), signature: base64(r.signature), userHandle: r.userHandle ? base64(r.userHandle) : null,
  };
}

export async function registration(cell, invitation, ceremony) {
  await ask('prepare');
  const { challenge, sessionKey } = await ask('challenge', { cell, purpose: 'enrol', nonce: ceremony.nonce });
  let made;
  try {
    made = await navigator.credentials.create({ publicKey: {
      challenge: bytes(challenge), rp: { id: ceremony.rpId, name: 'Serment' }, timeout: 110000,
      user: { id: bytes(ceremony.userHandle), name: ceremony.userName, displayName: ceremony.userName },
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }], attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    } });
  } catch (refused) { if (refused.name === 'NotAllowedError' || refused.name === 'AbortError') return null; throw refused; }
  return { invitation, nonce: ceremony.nonce, sessionKey, clientDataJson: base64(made.response.clientDataJSON), attestationObject: base64(made.response.attestationObject) };
}

// Ctrl+K anywhere; typing in a field marked data-draft is kept, whatever happens to the connection.
export function listen(layout) {
  document.addEventListener('keydown', e => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k') { e.preventDefault(); layout.invokeMethodAsync('OpenCommandBar'); }
  });
  document.addEventListener('input', e => {
    const place = e.target.closest?.('[data-draft]')?.dataset.draft;
    if (place) keep(place, e.target.value);
  });
}

// Waits for what is just being drawn, and insists against a dialog's own focus; never takes it from a field that someone is in.
export function focus(selector, left = 16) {
  const there = document.querySelector(selector), now = document.activeElement;
  if (there && now !== there && !now?.matches('input, textarea, select')) there.focus();
  if (left) setTimeout(() => focus(selector, left - 1), 25);
}
export function print() { window.print(); }
export const remember = (name, value) => localStorage.setItem(name, value);
export const recall = name => localStorage.getItem(name);
