// The page's side of the session: talks to the worker that holds the key, to the passkey, and to the keyboard.
const worker = 'SharedWorker' in self ? new SharedWorker('/session-worker.js', { name: 'serment' }).port : new Worker('/session-worker.js');
const waiting = new Map();
let last = 0;
let layout = null;
worker.onmessage = ({ data: { id, answer, fault, changed } }) => {
  if (changed) { layout?.invokeMethodAsync('SessionChanged').catch(() => {}); return; }
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
export const keepTime = now => ask('keepTime', { now });
export const jump = () => ask('jump');
export const forget = () => ask('forget');
export const draft = place => ask('draft', { place });
// Drafts lie with the worker, which ends with its last page: whoever leaves that page in the middle of a form is asked first.
const drafted = new Set();
addEventListener('beforeunload', e => { if (drafted.size > 0) e.preventDefault(); });
export const keep = (place, field, value) => { if (value) drafted.add(place); return ask('keep', { place, field, value }); };
export const discard = place => { drafted.delete(place); return ask('discard', { place }); };

// A passkey's answer to a ceremony of the Custodian; null when the person gave up.
export async function assertion(cell, purpose, ceremony) {
  const { challenge, sessionKey } = await ask('challenge', { cell, purpose, nonce: ceremony.nonce });
  let given;
  try {
    given = await navigator.credentials.get({ publicKey: {
      challenge: bytes(challenge), rpId: ceremony.rpId, timeout: 110000,
      userVerification: purpose === 'touch' || purpose === 'tap' ? 'discouraged' : 'required',
      allowCredentials: ceremony.credentials.map(id => ({ type: 'public-key', id: bytes(id) })),
    } });
  } catch (refused) { if (refused.name === 'NotAllowedError' || refused.name === 'AbortError') return null; throw refused; }
  const r = given.response, place = purpose === 'shift' || purpose === 'tap' ? await stationProof(cell, purpose, ceremony.nonce, sessionKey) : null;
  return {
    nonce: ceremony.nonce, sessionKey, credentialId: base64(given.rawId), clientDataJson: base64(r.clientDataJSON),
    authenticatorData: base64(r.authenticatorData), signature: base64(r.signature), userHandle: r.userHandle ? base64(r.userHandle) : null, station: place,
  };
}

// A station is known by a key that this browser keeps and cannot export. docs/formats/sessions.md § station.
const stations = () => new Promise((resolve, reject) => {
  const open = indexedDB.open('serment', 1);
  open.onupgradeneeded = () => open.result.createObjectStore('station');
  open.onsuccess = () => resolve(open.result);
  open.onerror = () => reject(open.error);
});
const kept = async () => {
  const store = (await stations()).transaction('station').objectStore('station').get('own');
  return new Promise(resolve => { store.onsuccess = () => resolve(store.result ?? null); store.onerror = () => resolve(null); });
};
const signed = async (key, head, ...tail) => base64(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key,
  new Uint8Array([...new TextEncoder().encode(head), ...tail.flatMap(t => [...bytes(t)])])));
let enrolling = null;

export const station = async () => (await kept())?.id ?? null;

export async function stationEnrol(cell, code) {
  enrolling = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const publicKey = base64(await crypto.subtle.exportKey('spki', enrolling.publicKey));
  return { code, publicKey, signature: await signed(enrolling.privateKey, `serment-station-enrol-v1\0${cell}\0${code}\0`, publicKey) };
}

export async function stationKeep(id) {
  const store = (await stations()).transaction('station', 'readwrite').objectStore('station').put({ id, keys: enrolling }, 'own');
  await new Promise((resolve, reject) => { store.onsuccess = resolve; store.onerror = () => reject(store.error); });
}

async function stationProof(cell, purpose, nonce, sessionKey) {
  const own = await kept();
  return own && { station: own.id, signature: await signed(own.keys.privateKey, `serment-station-v1\0${cell}\0${own.id}\0${purpose}\0`, nonce, sessionKey) };
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

// Fields named by data-field within a form that has data-drafts are kept keystroke by keystroke, whatever happens to the
// connection, and filled in again wherever that form is drawn anew for the same account.
const placeOf = field => field.closest?.('[data-drafts]')?.dataset.drafts;

function typed({ target }) {
  const place = target.dataset?.field && placeOf(target);
  if (place) target.dataset.typed = place;
  if (place) keep(place, target.dataset.field, target.type === 'checkbox' ? `${target.checked}` : target.value);
}

async function refill(field) {
  const place = placeOf(field), value = (await draft(place))[field.dataset.field];
  if (value === undefined || placeOf(field) !== place || field.dataset.typed === place) return;
  if (field.tagName === 'SELECT' && ![...field.options].some(option => option.value === value)) { delete field.dataset.refilled; return; }
  if (field.type === 'checkbox') { if (field.checked === (value === 'true')) return; field.checked = value === 'true'; }
  else { if (field.value === value) return; field.value = value; }
  field.dispatchEvent(new Event('change', { bubbles: true }));
}

function refillNew() {
  for (const field of document.querySelectorAll('[data-drafts] [data-field]')) {
    if (field.dataset.refilled === placeOf(field)) continue;
    field.dataset.refilled = placeOf(field);
    refill(field);
  }
}

// Ctrl+K anywhere; arrows and Enter in an open list of suggestions are the list's.
export function listen(there) {
  layout = there;
  document.addEventListener('keydown', keepWithin);
  // A machine that turns dark in the evening takes along whoever never chose.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', e => { if (recall('dark') === null) layout.invokeMethodAsync('MachineTurned', e.matches); });
  document.addEventListener('keydown', e => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k') { e.preventDefault(); layout.invokeMethodAsync('OpenCommandBar'); }
  });
  document.addEventListener('keydown', e => {
    if (['ArrowDown', 'ArrowUp', 'Enter'].includes(e.key) && e.target.matches?.('[role=combobox][aria-expanded=true]')) e.preventDefault();
  });
  document.addEventListener('input', typed);
  document.addEventListener('change', typed);
  document.addEventListener('focusin', stood);
  for (const act of ['keydown', 'pointerdown']) document.addEventListener(act, e => {
    moving = e.key === undefined || e.key === 'Tab';
    if (e.key === undefined || ['Tab', 'Enter', ' ', 'Escape'].includes(e.key)) acts++;
  }, { capture: true });
  new MutationObserver(() => { refillNew(); followFocus(); }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-drafts'] });
  refillNew();
}

// Where the keyboard is. What opens takes the focus: a dialog by itself, a form by its field that has data-focus where it came by an act
// in the same part of the page (not with a draft that was found again). What closes gives it back to what opened it.
let stands = null, opened = [], moving = false, acts = 0;

function stood({ target, relatedTarget: from }) {
  // The component library takes the focus to a dialog whenever the server gets round to it; whoever types in it already stays where he is.
  const field = 'input, textarea, select', dialog = from?.isConnected && from.matches(field) && from.closest('.mud-dialog'), itself = !moving;
  moving = false;
  if (dialog && !target.matches(field) && (target.contains(from) || target.closest('.mud-dialog, .mud-focus-trap')?.contains(from)) && itself) return from.focus();
  if (!target.closest?.('.mud-dialog, .mud-popover, .mud-overlay, .mud-focus-trap, #my-session, .lock')) stands = { element: target, place: target.closest?.('section, main') };
}

// Tab goes round in an open dialog at once; the component library's own trap asks the server first, and keys outrun it.
function keepWithin(e) {
  const dialog = e.key === 'Tab' && [...document.querySelectorAll('.mud-dialog')].at(-1);
  if (!dialog) return;
  const stops = [...dialog.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')].filter(stop => !stop.disabled && stop.tabIndex >= 0 && stop.checkVisibility()), now = document.activeElement;
  const [first, final] = [stops[0], stops.at(-1)];
  if (!first || dialog.contains(now) && now !== (e.shiftKey ? first : final) && !(e.shiftKey && now === dialog)) return;
  e.preventDefault();
  (e.shiftKey ? final : first).focus();
}

function followFocus() {
  const asked = document.querySelectorAll('.mud-dialog:not([data-opened]), .lock:not([data-opened]), [data-focus]:not([data-opened])');
  for (const one of asked) {
    one.dataset.opened = '';
    const by = stands, dialog = one.matches('.mud-dialog, .lock');
    if (one.matches('.lock')) one.querySelector('button')?.focus();
    // The component library names a dialog by its title, and one without title not at all.
    const label = dialog && !one.ariaLabel && !one.querySelector('.mud-dialog-title') && one.querySelector('label');
    if (label) one.setAttribute('aria-labelledby', label.id ||= 'dialog-label');
    if (!by || !dialog && !(one.matches('section') || by.place?.contains(one) && (by.element.isConnected || by.place.matches('section')))) continue;
    opened.push({ one, by });
    if (!dialog && !document.activeElement?.matches('input, textarea, select')) one.focus();
  }
  const closed = opened.filter(({ one }) => !one.isConnected);
  if (closed.length === 0) return;
  opened = opened.filter(({ one }) => one.isConnected);
  const { element, place } = closed[0].by, now = document.activeElement;
  if (now && now !== document.body && now.isConnected) return;
  const back = element.isConnected ? element : element.id && document.getElementById(element.id) ? document.getElementById(element.id) : place?.isConnected ? [...place.querySelectorAll('button, a')].find(other => other.textContent.trim() === element.textContent.trim() && other.ariaLabel === element.ariaLabel) : null;
  back?.focus();
}

// Waits for what is just being drawn, and insists against a dialog's own focus; never takes it from a field that someone is in,
// nor from a button of the same dialog that he went to, nor from wherever he went by a key or a click once it was there.
export function focus(selector, left = 16, landed = undefined) {
  const there = document.querySelector(selector), now = document.activeElement, dialog = document.querySelector('.mud-dialog');
  if (landed !== undefined && landed !== acts) return;
  if (there && dialog && (!dialog.contains(there) || now !== there && dialog.contains(now) && now.matches('a, button'))) return;
  if (there && now !== there && !now?.matches('input, textarea, select')) there.focus();
  if (there && document.activeElement === there) landed ??= acts;
  if (left) setTimeout(() => focus(selector, left - 1, landed), 25);
}
export function print() { window.print(); }
export const remember = (name, value) => localStorage.setItem(name, value);
export const recall = name => localStorage.getItem(name);
export const prefersDark = () => matchMedia('(prefers-color-scheme: dark)').matches;
export function speak(language) { remember('language', language); document.documentElement.lang = language; }
