const answer = document.querySelector('#answer');
document.querySelector('#alert').addEventListener('click', () => {
  alert('The order book is closed.');
  answer.textContent = 'The alert was closed.';
});
document.querySelector('#confirm').addEventListener('click', () => {
  answer.textContent = confirm('Delete the draft?') ? 'Confirmed.' : 'Refused.';
});
document.querySelector('#prompt').addEventListener('click', () => {
  const name = prompt('Your name?', 'Dana');
  answer.textContent = name === null ? 'No name was given.' : `Hello, ${name}.`;
});
window.addEventListener('beforeunload', (event) => {
  if (document.querySelector('#guard').checked) event.preventDefault();
});
