const visits = Number(localStorage.getItem('visits') ?? 0) + 1;
localStorage.setItem('visits', String(visits));
document.cookie = `visits=${visits}; Path=/; Max-Age=86400; SameSite=Lax`;
document.querySelector('#visits').textContent = String(visits);

const nickname = document.querySelector('#nickname');
nickname.value = localStorage.getItem('nickname') ?? '';
document.querySelector('#save').addEventListener('click', () => {
  localStorage.setItem('nickname', nickname.value);
  document.querySelector('#saved').textContent = `Saved as ${nickname.value}.`;
});
