// The page in English: every French text is looked up as it enters the page, by the same table as the screens (/english.json).
// What is signed stays French, letter for letter: nothing inside an element that names its own language is touched.
const french = new WeakMap();
let english = null;

const hole = /\\\{\d\\?\}/g;
const escaped = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const sameCase = (key, value, text) => key[0] === text[0] ? value : (text[0] === text[0].toLowerCase() ? value[0].toLowerCase() : value[0].toUpperCase()) + value.slice(1);

async function table() {
  const texts = Object.entries(await (await fetch('/english.json')).json());
  const patterns = texts.filter(([key]) => /\{\d\}/.test(key) && /\p{L}.*\p{L}/u.test(key.replace(/\{\d\}/g, ''))).sort((a, b) => b[0].length - a[0].length)
    .map(([key, value]) => [new RegExp(`^${escaped(key).replace(hole, '(.*?)')}$`, 's'), value]);
  return { exact: new Map(texts.map(([key, value]) => [key.toLowerCase(), [key, value]])), patterns };
}

function inEnglish(text) {
  const found = english.exact.get(text.toLowerCase());
  if (found) return sameCase(...found, text);
  for (const [pattern, value] of english.patterns) {
    const match = pattern.exec(text);
    if (match) return value.replace(/\{(\d)\}/g, (_, n) => match[+n + 1] && (inEnglish(match[+n + 1]) ?? match[+n + 1]));
  }
  const parts = text.split(', ').map(part => [part, english.exact.get(part.toLowerCase())]);
  return parts.length > 1 && parts.every(([, found]) => found) ? parts.map(([part, found]) => sameCase(...found, part)).join(', ') : null;
}

const translated = text => {
  const core = text.trim();
  return english && core ? text.replace(core, () => inEnglish(core) ?? core) : text;
};

function show(node) {
  if (node.parentElement.closest('[lang]') !== document.documentElement) return;
  if (french.get(node)?.shown !== node.data) french.set(node, { own: node.data });
  const known = french.get(node);
  known.shown = translated(known.own);
  if (node.data !== known.shown) node.data = known.shown;
}

function showAll(root) {
  if (root.nodeType === Node.TEXT_NODE) return root.parentElement && show(root);
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) show(walker.currentNode);
  for (const one of [root, ...root.querySelectorAll('[aria-label]')].filter(e => e.hasAttribute?.('aria-label'))) {
    one.dataset.french ??= one.getAttribute('aria-label');
    one.setAttribute('aria-label', translated(one.dataset.french));
  }
}

async function speak(language) {
  english = language === 'en' ? await table() : null;
  document.documentElement.lang = language;
  for (const one of document.querySelectorAll('#language button')) one.setAttribute('aria-pressed', one.lang === language);
  showAll(document.body);
}

new MutationObserver(changes => {
  if (english) for (const change of changes) for (const added of change.addedNodes) if (added.isConnected) showAll(added);
}).observe(document.body, { childList: true, subtree: true });
for (const one of document.querySelectorAll('#language button')) one.onclick = () => { localStorage.setItem('language', one.lang); return speak(one.lang); };
await speak(localStorage.getItem('language') === 'en' ? 'en' : 'fr');
