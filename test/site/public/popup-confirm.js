document.querySelector('#confirm').addEventListener('click', async () => {
  await fetch('/popup/confirm', { method: 'POST' });
  window.opener?.postMessage('confirmed', location.origin);
  window.close();
});
