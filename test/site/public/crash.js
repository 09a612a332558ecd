// The list would have more elements than an array can hold; V8 answers that by ending its process.
const crash = () => 'a'.repeat(2 ** 28).split('');
document.querySelector('#crash').addEventListener('click', crash);
if (new URLSearchParams(location.search).has('now')) crash();
