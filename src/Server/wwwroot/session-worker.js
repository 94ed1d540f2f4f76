// Holds the session key. Shared by all tabs of this browser (a dedicated worker where SharedWorker is missing).
// The key cannot be exported; a full reload of the last tab forgets it, and that costs a touch.
// What is signed is built here, from named parts: no page can have arbitrary bytes signed.
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
let pending = null, own = null;
const drafts = new Map(), ports = new Set();

const base64 = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));

const operations = {
  // Who is signed in here: kept beside the key, because a circuit's memory dies sooner.
  state: () => own && { cell: own.cell, session: own.session },

  async prepare() {
    pending = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
    return base64(await crypto.subtle.exportKey('spki', pending.publicKey));
  },

  // SHA-256("serment-signin-v1" 0 cell 0 purpose 0 nonce ‖ SPKI): the passkey answers for this very session key.
  async challenge({ cell, purpose, nonce }) {
    const key = purpose === 'touch' || purpose === 'pin' ? own.keys : pending;
    const spki = new Uint8Array(await crypto.subtle.exportKey('spki', key.publicKey));
    const head = new TextEncoder().encode(`serment-signin-v1\0${cell}\0${purpose}\0`);
    const all = new Uint8Array([...head, ...bytes(nonce), ...spki]);
    return { challenge: base64(await crypto.subtle.digest('SHA-256', all)), sessionKey: base64(spki) };
  },

  adopt({ cell, session, now }) {
    own = { keys: pending, cell, session, counter: 0, skew: now - Date.now() };
    pending = null;
    tell();
  },

  async sign({ verb, body }) {
    if (!own) return null;
    JSON.parse(body);
    const message = new TextEncoder().encode('{"v":"serment-request-1","cell":' + JSON.stringify(own.cell) + ',"session":' + JSON.stringify(own.session)
      + ',"client":null,"counter":' + (++own.counter) + ',"expires":' + Math.round(Date.now() + own.skew + 30000) + ',"verb":' + JSON.stringify(verb) + ',"body":' + body + '}');
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, own.keys.privateKey, message);
    return { message: base64(message), signature: base64(signature) };
  },

  // The clock of this workstation or of the cell is not what it was at sign-in.
  keepTime({ now }) { if (own) own.skew = now - Date.now(); },

  // A Custodian that restarted no longer knows which counters were used and takes none below its floor.
  jump() { if (own) own.counter += 8192; },

  forget() { own = null; tell(); },

  // What was typed and not saved, by place ("account|patient|form") and field. Memory only.
  keep({ place, field, value }) { drafts.set(place, { ...drafts.get(place), [field]: value }); },
  draft: ({ place }) => drafts.get(place) ?? {},
  discard({ place }) { drafts.delete(place); },
};

// Every tab learns that someone else is here now.
function tell() { for (const port of ports) port.postMessage({ changed: true }); }

function serve(port) {
  ports.add(port);
  port.onmessage = async ({ data: { id, operation, value } }) => {
    try { port.postMessage({ id, answer: await operations[operation](value) }); }
    catch (fault) { port.postMessage({ id, fault: String(fault) }); }
  };
}

if ('SharedWorkerGlobalScope' in self) self.onconnect = e => serve(e.ports[0]); else serve(self);
