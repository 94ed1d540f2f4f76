// Files on their way: chosen or dropped here, sent and fetched over HTTP, never through the screen's connection.
// What lets them pass is a ticket of one use that the session key signed; this script only carries it.
const chosen = new Map();
let last = 0;

// Tells the screen what was chosen; the files themselves stay in the browser until they are sent.
export function watch(area, input, screen) {
  if (!area || !input) return; // The panel was left before this arrived.
  const take = list => {
    const files = [...list].map(file => { chosen.set(++last, { file }); return { number: last, name: file.name, size: file.size, mediaType: file.type || 'application/octet-stream' }; });
    if (files.length) screen.invokeMethodAsync('Chosen', files);
  };
  input.onchange = () => { take(input.files); input.value = ''; };
  if (input.files.length) input.onchange(); // Chosen while this was on its way.
  area.ondragover = e => { e.preventDefault(); area.classList.add('over'); };
  area.ondragleave = () => area.classList.remove('over');
  area.ondrop = e => { e.preventDefault(); area.classList.remove('over'); take(e.dataTransfer.files); };
}

// Null when the file has arrived, else why not.
export function send(number, ticket) {
  const one = chosen.get(number), bar = document.getElementById(`sending-${number}`);
  return new Promise(done => {
    const request = one.request = new XMLHttpRequest();
    request.open('PUT', '/files');
    request.setRequestHeader('Serment-Ticket', ticket);
    request.upload.onprogress = e => { if (bar && e.lengthComputable) bar.value = e.loaded / e.total; };
    request.onload = () => {
      if (request.status === 204) return done(null);
      try { const no = JSON.parse(request.responseText); done({ code: no.code, message: no.detail }); } catch { done({ code: 'file.cut', message: '' }); }
    };
    request.onerror = request.onabort = () => done({ code: 'file.cut', message: '' });
    request.send(one.file);
  });
}

export function drop(number) { chosen.get(number)?.request?.abort(); chosen.delete(number); }

// A form, so that what is fetched goes straight to the disk or to a tab of its own, and the ticket into no address.
// A browser opens a tab only just after a click: where a touch and a PIN came between, a button waits for the next.
export function fetch(ticket, inline, label) {
  if (inline && navigator.userActivation && !navigator.userActivation.isActive) return offer(ticket, label);
  const form = document.createElement('form'), field = document.createElement('input');
  Object.assign(form, { method: 'post', action: '/files', target: inline ? '_blank' : 'fetched' });
  if (inline) form.setAttribute('rel', 'noopener');
  Object.assign(field, { type: 'hidden', name: 'ticket', value: ticket });
  form.append(field);
  document.body.append(form);
  form.submit();
  form.remove();
}

function offer(ticket, label) {
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', className: 'fetch-ready', textContent: label, onclick: () => { button.remove(); fetch(ticket, true, label); } });
  document.body.append(button);
  button.focus();
  setTimeout(() => button.remove(), 55000);
}

// What this screen wrote itself and holds no patient's data: kept where the person chooses.
export function save(name, mediaType, bytes) {
  const address = URL.createObjectURL(new Blob([bytes], { type: mediaType })), link = document.createElement('a');
  Object.assign(link, { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
