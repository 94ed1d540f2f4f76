// The Custodian's own page. The session key is born here, cannot be exported and dies with the page.
// Whatever is signed is shown first, in the words of the Custodian. docs/formats/sessions.md.
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const utf8 = text => new TextEncoder().encode(text);
const base64 = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)));
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
const at = id => document.getElementById(id);
const when = instant => new Date(instant).toLocaleString(document.documentElement.lang === 'en' ? 'en-GB' : 'fr-FR', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/Paris' });

let cell, roles = {}, skew = 0, session = null;

class Refused extends Error {
  constructor({ code, message }) { super(message); this.code = code; }
}

// ---- asking ----------------------------------------------------------------------------------------------------

async function post(message, signature) {
  let reply;
  try {
    reply = await fetch('/ask', { method: 'POST', headers: { 'Content-Type': 'application/octet-stream', 'Serment-Signature': signature }, body: message });
  } catch { throw new Refused({ code: 'custodian.away', message: 'Le gardien ne répond pas. Il redémarre peut-être : réessayez dans quelques secondes.' }); }
  const answer = await reply.json();
  if (!reply.ok) throw new Refused(answer);
  return answer;
}

function envelope(verb, body, own) {
  const request = { v: 'serment-request-1', cell: cell?.cell ?? '', session: own?.id ?? null, client: null, counter: own ? ++own.counter : 0, expires: Math.round(Date.now() + skew + 30000), verb, body };
  return utf8(JSON.stringify(request));
}

const askUnsigned = (verb, body = {}) => post(envelope(verb, body, null), '');

async function askOnce(verb, body) {
  const message = envelope(verb, body, session);
  return post(message, base64(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, session.keys.privateKey, message)));
}

// Where the Custodian wants the key or the PIN first, the person is asked and the request is made once more.
async function ask(verb, body = {}) {
  for (let attempt = 1; ; attempt++) {
    try { return await askOnce(verb, body); } catch (no) {
      if (no.code === 'session.none') { leave(); throw no; }
      if (attempt > 2) throw no;
      if (no.code === 'request.replayed') session.counter += 8192;
      else if (no.code === 'session.pin') await touch(true);
      else if (no.code === 'session.locked' || no.code === 'budget.touch') await touch(false);
      else throw no;
    }
  }
}

// ---- passkeys --------------------------------------------------------------------------------------------------

async function newKeys() {
  const keys = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  return { keys, spki: new Uint8Array(await crypto.subtle.exportKey('spki', keys.publicKey)) };
}

// SHA-256("serment-signin-v1" 0 cell 0 purpose 0 nonce ‖ SPKI): the passkey answers for this very session key.
const challenge = (purpose, nonce, spki) =>
  crypto.subtle.digest('SHA-256', new Uint8Array([...utf8(`serment-signin-v1\0${cell.cell}\0${purpose}\0`), ...bytes(nonce), ...spki]));

async function byHand(ceremony) {
  try { return await ceremony(); } catch (fault) {
    if (fault.name === 'NotAllowedError' || fault.name === 'AbortError') throw new Refused({ code: 'passkey.none', message: 'La clé n’a pas répondu, ou vous avez renoncé. Rien n’a changé.' });
    if (fault.name === 'InvalidStateError') throw new Refused({ code: 'passkey.taken', message: 'Cette clé est déjà enrôlée.' });
    throw fault;
  }
}

async function assertion(purpose, spki, id = null) {
  const ceremony = await askUnsigned('signin.begin', { purpose, session: id });
  const given = await byHand(async () => navigator.credentials.get({ publicKey: {
    challenge: await challenge(purpose, ceremony.nonce, spki), rpId: ceremony.rpId, timeout: 110000,
    userVerification: purpose === 'touch' ? 'discouraged' : 'required',
    allowCredentials: ceremony.credentials.map(credential => ({ type: 'public-key', id: bytes(credential) })),
  } }));
  const r = given.response;
  return {
    nonce: ceremony.nonce, sessionKey: base64(spki), credentialId: base64(given.rawId), clientDataJson: base64(r.clientDataJSON),
    authenticatorData: base64(r.authenticatorData), signature: base64(r.signature), userHandle: r.userHandle ? base64(r.userHandle) : null,
  };
}

async function touch(pin) {
  say(pin ? 'Donnez votre code PIN à la clé de sécurité.' : 'Touchez votre clé de sécurité.');
  await askOnce('session.touch', { pin, assertion: session.demonstration ? null : await assertion(pin ? 'pin' : 'touch', session.spki, session.id) });
  say('');
}

async function signIn() {
  const { keys, spki } = await newKeys();
  enter(await askUnsigned('signin.complete', await assertion('shift', spki)), keys, spki, false);
}

async function demonstrate(account) {
  const { keys, spki } = await newKeys();
  enter(await askUnsigned('signin.demonstration', { account, sessionKey: base64(spki) }), keys, spki, true);
}

async function enrol(invitation) {
  const { spki } = await newKeys();
  const ceremony = await askUnsigned('signin.begin', { purpose: 'enrol', invitation });
  const made = await byHand(async () => navigator.credentials.create({ publicKey: {
    challenge: await challenge('enrol', ceremony.nonce, spki), rp: { id: ceremony.rpId, name: 'Serment' }, timeout: 110000,
    user: { id: bytes(ceremony.userHandle), name: ceremony.userName, displayName: ceremony.userName },
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }], attestation: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  } }));
  await askUnsigned('enrol.complete', { invitation, nonce: ceremony.nonce, sessionKey: base64(spki), clientDataJson: base64(made.response.clientDataJSON), attestationObject: base64(made.response.attestationObject) });
  say(`La clé de ${ceremony.userName} est enrôlée. Elle peut maintenant se connecter.`);
}

function enter(signedIn, keys, spki, demonstration) {
  session = { id: signedIn.session, me: signedIn.me, endsAt: signedIn.endsAt, keys, spki, counter: 0, demonstration };
  show(signedIn.notices ?? []);
}

function leave() {
  session = null;
  at('who').replaceChildren();
  entrance();
}

// ---- showing ---------------------------------------------------------------------------------------------------
// Text only ever enters the page as text.

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value != null) element.setAttribute(key, value);
  element.append(...children.filter(child => child != null));
  return element;
}

function say(text) { at('said').textContent = text; at('said').hidden = !text; }
function fault(text) { at('fault').textContent = text; at('fault').hidden = !text; }

// A button that cannot be pressed twice while it works; what goes wrong is said.
function button(text, act, kind = '') {
  const own = make('button', { type: 'button', class: kind || null, onclick: () => work(act, own) }, text);
  return own;
}

async function work(act, own) {
  fault('');
  say('');
  if (own) own.disabled = true;
  try { await act(); } catch (no) {
    say('');
    fault(no instanceof Refused ? no.message : 'La page a rencontré une erreur. Rechargez-la.');
    if (!(no instanceof Refused)) console.error(no);
  } finally { if (own) own.disabled = false; }
}

function view(...parts) {
  at('view').replaceChildren(...parts.filter(part => part != null));
  at('view').focus({ preventScroll: true });
}

async function entrance() {
  const code = make('input', { id: 'code', autocomplete: 'off', spellcheck: 'false', required: true });
  const enrolment = make('form', { class: 'card', onsubmit: e => { e.preventDefault(); work(async () => { await enrol(code.value.trim()); code.value = ''; }, enrolment.querySelector('button')); } },
    make('h2', {}, 'Enrôler une clé'),
    make('p', { class: 'meta' }, 'Avec le code remis en main propre par la personne qui a approuvé. 72 heures, une seule fois.'),
    make('label', { for: 'code' }, 'Code d’invitation'), code, make('button', { class: 'quiet' }, 'Enrôler ma clé'));
  const ways = make('div', { class: 'ways' },
    make('section', { class: 'card' }, make('h2', {}, 'Se connecter'), make('p', { class: 'meta' }, 'Avec votre clé de sécurité et son code PIN.'), button('Utiliser ma clé', signIn)), enrolment);
  view(make('h1', {}, 'Page du gardien'), make('p', {}, 'Ici se lisent et se signent les approbations, s’enrôlent les responsables et se gèlent les comptes.'), ways);
  if (!cell.demonstration) return;
  const { people } = await askUnsigned('signin.demonstration.people');
  const list = make('select', { id: 'people' }, ...people.filter(p => ['Administrator', 'SecurityOfficer', 'PrivacyOfficer', 'Director'].includes(p.role))
    .map(p => make('option', { value: p.account }, `${p.name} – `, roles[p.role] ?? p.role)));
  ways.append(make('section', { class: 'card' }, make('h2', {}, 'Clé de démonstration'), make('p', { class: 'meta' }, 'Cet établissement est inventé : entrez sans clé.'),
    make('label', { for: 'people' }, 'Entrer comme'), list, button('Entrer', () => demonstrate(list.value), 'quiet')));
}

async function show(notices) {
  at('who').replaceChildren(make('span', {}, `${session.me.name}, `, roles[session.me.role] ?? session.me.role),
    button('Se déconnecter', async () => { await ask('session.end', { session: session.id }); leave(); }, 'quiet'));
  const told = notices.length === 0 ? null : make('section', { class: 'card' }, make('h2', {}, 'À savoir sur votre compte'),
    make('ul', {}, ...notices.map(n => make('li', {}, `${when(n.at)} : `, n.text))), button('J’ai lu', async () => { await ask('session.notices-read'); told.remove(); }, 'quiet'));
  const waiting = make('div'), accounts = make('div'), care = make('div', { id: 'care' }), gap = make('div');
  view(make('h1', {}, 'Approbations'), told, gap, waiting, accounts, care);
  await work(async () => { await showGap(gap, waiting); await showWaiting(waiting); await showAccounts(accounts, waiting); await showKeyCare(care, waiting); });
}

async function showWaiting(place) {
  const { waiting } = await ask('account.waiting');
  place.replaceChildren(
    make('div', { class: 'row' }, make('p', { class: 'meta' }, waiting.length === 0 ? 'Rien n’attend votre signature.' : `${waiting.length} demande${waiting.length > 1 ? 's' : ''} en attente`),
      button('Actualiser', () => showWaiting(place), 'quiet')),
    ...waiting.map(request => pending(request, place)));
}

function pending(request, place) {
  const card = make('section', { class: 'card', 'data-approval': request.approval },
    make('p', { class: 'statement', lang: 'fr' }, request.statement),
    make('p', { class: 'meta' }, `Demandé par ${request.proposedBy}, le ${when(request.at)}, à décider jusqu’au ${when(request.until)}.`),
    make('p', { class: 'meta waits' }, make('span', {}, 'Attend'), ' : ', make('span', { lang: 'fr' }, request.waitsFor)));
  if (request.patients > 0) card.append(patientsOf(request));
  const actions = make('div', { class: 'row' });
  if (request.own) actions.append(make('p', { class: 'meta' }, `Cette demande vient de vous ou de votre fonction, ou vous concerne : une autre personne décide.`));
  else actions.append(button('J’ai lu, j’approuve', async () => {
    // The text that was shown is what is signed.
    const { invitation, secondNeeded } = await ask('account.approve', { approval: request.approval, statement: card.querySelector('.statement').textContent });
    say(secondNeeded ? 'Première signature faite : une seconde personne doit encore approuver.' : 'Approuvé.');
    if (request.kind === 'key-version' || request.kind === 'escrow') await showKeyCare(at('care'), place);
    if (!invitation) return showWaiting(place);
    actions.replaceChildren(make('div', {}, make('p', {}, 'Code d’invitation, affiché une seule fois. Remettez-le en main propre ; il vaut 72 heures.'), make('p', { class: 'code' }, invitation),
      button('C’est noté', () => showWaiting(place), 'quiet')));
  }), button('Rejeter', async () => { await ask('account.reject', { approval: request.approval }); await showWaiting(place); say('Rejeté.'); }, 'danger'));
  card.append(actions);
  return card;
}

// The list that the statement names by its digest: numbers, to be compared with one that came another way.
function patientsOf(request) {
  const list = make('div');
  const turn = async page => {
    const shown = await ask('approval.patients', { approval: request.approval, page });
    list.replaceChildren(make('p', { class: 'meta' }, `${shown.count} patients, empreinte `, make('code', { class: 'digest' }, shown.digest)),
      make('p', { class: 'ipps', tabindex: '0', role: 'region', 'aria-label': 'Numéros IPP' }, shown.ipps.join('  ')),
      ...shown.pages < 2 ? [] : [make('div', { class: 'row' }, make('span', { class: 'meta' }, `Page ${page + 1} sur ${shown.pages}`),
        ...page > 0 ? [button('Précédente', () => turn(page - 1), 'quiet')] : [], ...page + 1 < shown.pages ? [button('Suivante', () => turn(page + 1), 'quiet')] : [])]);
  };
  list.append(button(`Voir la liste (${request.patients})`, () => turn(0), 'quiet'));
  return list;
}

async function showAccounts(place, waiting) {
  if (session.me.role === 'Director') return;
  const { accounts } = await ask('account.list');
  const rows = make('tbody');
  const fill = text => rows.replaceChildren(...accounts.filter(a => `${a.name} ${a.title}`.toLocaleLowerCase('fr').includes(text.toLocaleLowerCase('fr'))).map(a => make('tr', {},
    make('td', {}, a.name), make('td', {}, a.title), make('td', { class: 'state' }, a.frozen ? 'Gelé' : a.open ? 'Ouvert' : 'Fermé'), make('td', {}, actOn(a, place, waiting)))));
  const search = make('input', { id: 'search', type: 'search', autocomplete: 'off', oninput: () => fill(search.value) });
  fill('');
  place.replaceChildren(make('h2', {}, 'Comptes'), make('label', { for: 'search' }, 'Chercher un nom ou une fonction'), search,
    make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Liste des comptes' }, make('table', {}, make('thead', {}, make('tr', {}, ...['Nom', 'Fonction', 'État', 'Action'].map(title => make('th', { scope: 'col' }, title)))), rows)));
}

// A Server whose database remembers more than this Custodian: one officer asks to go on, another approves the same words.
async function showGap(place, waiting) {
  const { claim } = await ask('gap.claim');
  place.replaceChildren(...claim == null ? [] : [make('section', { class: 'card' }, make('h2', {}, 'Ce gardien est plus ancien que les dossiers'),
    make('p', {}, claim.forked
      ? `Le serveur a vu un journal de ${claim.seen} entrées ; celui-ci en a ${claim.size}, mais ses ${claim.seen} premières sont autres. ${claim.unknown} patients ne sont plus connus que par leur pseudonyme, ${claim.stays} séjours attendent leur unité. Les écrans sont arrêtés.`
      : `Le serveur a vu un journal de ${claim.seen} entrées ; celui-ci en a ${claim.size}, la dernière du ${when(claim.lastAt)}. ${claim.unknown} patients ne sont plus connus que par leur pseudonyme, ${claim.stays} séjours attendent leur unité. Les écrans sont arrêtés.`),
    make('p', { class: 'meta' }, 'Si une sauvegarde plus récente du gardien existe, elle vaut mieux. Sinon, demandez la reprise : un autre responsable la lit et l’approuve.'),
    button('Demander la reprise', async () => { await ask('gap.propose'); await showWaiting(waiting); say('Demande faite : un autre responsable doit approuver.'); }))]);
}

async function showKeyCare(place, waiting) {
  const { held, approved, approvedUntil, version, versionSince } = await ask('key.care');
  const names = [1, 2, 3, 4, 5].map(n => make('input', { id: `holder-${n}`, maxlength: '80', minlength: '3', required: true, autocomplete: 'off' }));
  const form = make('form', { onsubmit: e => { e.preventDefault(); work(async () => {
    await ask('key.propose-escrow', { holders: names.map(name => name.value) });
    await showWaiting(waiting);
    form.reset();
    say('Demande faite : un autre responsable doit approuver.');
  }, form.querySelector('button')); } }, make('p', { class: 'meta' }, 'Cinq personnes différentes, chacune une part sur papier ; trois parts réunies reforment la clé. Un autre responsable approuve, puis la cérémonie se tient sur la machine du gardien.'),
    ...names.flatMap((name, i) => [make('label', { for: name.id }, `Détenteur ${i + 1}`), name]), make('button', { class: 'quiet' }, 'Demander la mise en parts'));
  place.replaceChildren(...[make('h2', {}, 'Clé de l’établissement'),
    approved.length === 0 ? null : make('p', {}, `Mise en parts approuvée jusqu’au ${when(approvedUntil)}, pour ${approved.join(', ')} : « serment key escrow » sur la machine du gardien.`),
    held.some(act => act.act === 'escrow') ? null : make('p', { class: 'meta' }, 'La clé n’a jamais été mise en parts : si sa phrase ou son jeton se perd, les dossiers sont perdus.'),
    held.length === 0 ? null : make('ul', {}, ...held.slice(0, 10).map(act => make('li', {}, `${when(act.at)} : `, act.text))),
    make('details', {}, make('summary', {}, 'Mettre la clé en parts'), form),
    make('h2', {}, 'Version des clés des dossiers'),
    make('p', {}, versionSince ? `Version ${version}, depuis le ${when(versionSince)}.` : `Version ${version}, depuis la fondation.`),
    make('p', { class: 'meta' }, 'Ce qui s’ajoute aux dossiers est scellé sous la version en vigueur. Passez à la suivante tous les ans ou deux, et quand des clés prêtées ont pu être gardées : serveur compromis, export, poste de secours volé.'),
    make('p', { class: 'meta' }, 'Pendant les 15 minutes qui suivent un changement, des dossiers déjà ouverts et des interfaces peuvent ajouter sous la version d’avant. Qui a gardé des clés d’avant et peut écrire dans la base peut aussi y ajouter, sous leur version, des éléments qui passeront pour authentiques.'),
    button('Changer la version des clés', async () => {
      const reason = await why('Changer la version des clés');
      if (reason === null) return;
      await ask('key.propose-version', { reason });
      await showWaiting(waiting);
      say('Demande faite : un autre responsable doit approuver.');
    }, 'quiet')].filter(part => part != null));
}

function actOn(account, place, waiting) {
  const [text, verb] = account.frozen ? ['Demander le dégel', 'account.propose-unfreeze'] : ['Geler', 'account.freeze'];
  if (!account.frozen && session.me.role !== 'SecurityOfficer' || account.frozen && !['SecurityOfficer', 'Administrator'].includes(session.me.role)) return make('span', { class: 'meta' }, '–');
  return button(text, async () => {
    const reason = await why(text, ` : ${account.name}`);
    if (reason === null) return;
    await ask(verb, { account: account.account, reason });
    await showAccounts(place, waiting);
    await showWaiting(waiting);
    say(account.frozen ? 'Demande faite : une seconde personne doit approuver.' : `Le compte de ${account.name} est gelé ; ses sessions sont terminées.`);
  }, account.frozen ? 'quiet' : 'danger');
}

function why(...title) {
  return new Promise(resolve => {
    const reason = make('input', { id: 'reason', minlength: '5', maxlength: '500', required: true, autocomplete: 'off' });
    const dialog = make('dialog', { 'aria-labelledby': 'why', onclose: () => { dialog.remove(); resolve(dialog.returnValue === 'yes' ? reason.value.trim() : null); } },
      make('form', { method: 'dialog' }, make('h2', { id: 'why' }, ...title), make('label', { for: 'reason' }, 'Pourquoi (5 caractères au moins ; inscrit au journal)'), reason,
        make('div', { class: 'row' }, make('button', { value: 'yes' }, 'Confirmer'), make('button', { value: 'no', class: 'quiet', formnovalidate: true }, 'Renoncer'))));
    document.body.append(dialog);
    dialog.showModal();
  });
}

work(async () => {
  cell = await askUnsigned('cell.status');
  skew = Date.parse(cell.now) - Date.now();
  at('place').replaceChildren(cell.name, cell.demonstration ? ' (démonstration)' : '');
  for (const row of (await askUnsigned('role.table')).roles) roles[row.role] = row.french;
  await entrance();
});
