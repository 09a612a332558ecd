console.log('The console page was opened.');
console.warn('Stock is low.');
console.error('The price list could not be read.');
fetch('/api/status/500');
document.querySelector('#throw').addEventListener('click', () => {
  throw new TypeError('The button was pressed.');
});
setTimeout(() => {
  throw new Error('Nobody caught this.');
});
