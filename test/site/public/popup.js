document.querySelector('#open').addEventListener('click', () => {
  window.open('/popup/confirm', 'confirm', 'width=420,height=320');
});
window.addEventListener('message', (event) => {
  if (event.origin === location.origin && event.data === 'confirmed') {
    document.querySelector('#result').textContent = 'Delivery D-17 is confirmed.';
  }
});
