// What stands behind the # of the link is sent to nobody: it goes into the form and out of the address. Without this script the patient pastes it.
const link = document.getElementById('link'), print = document.getElementById('print');
if (link && location.hash.length > 1) {
  link.value = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
}
if (link?.value) {
  link.closest('label').hidden = true;
  document.getElementById('code').focus();
}
if (print) {
  print.hidden = false;
  print.onclick = () => window.print();
}
