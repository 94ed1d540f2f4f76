// Before anything is drawn: the language that this browser chose.
if (localStorage.getItem('language') === 'en') document.documentElement.lang = 'en';
