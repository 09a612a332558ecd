const saveText = (name, text) => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = name;
  link.click();
};

document.querySelector('#make').addEventListener('click', () => {
  saveText('made-by-script.txt', 'Made in the browser.\n');
  document.querySelector('#made').textContent = 'The file was made.';
});

document.querySelector('#both').addEventListener('click', () => {
  saveText('note.txt', 'First.\n');
  saveText('note.txt', 'Second.\n');
});
