const list = document.querySelector('#items');
const end = document.querySelector('#end');
let loading = false;
let total = Number.POSITIVE_INFINITY;

async function load() {
  if (loading || list.children.length >= total) return;
  loading = true;
  const response = await fetch(`/scroll/items?from=${list.children.length}`);
  const answer = await response.json();
  total = answer.total;
  for (const text of answer.items) {
    const item = document.createElement('li');
    item.textContent = text;
    list.append(item);
  }
  loading = false;
  if (list.children.length >= total) end.textContent = 'That is all.';
  // Observing anew fires once more when the end is still in view.
  observer.unobserve(end);
  observer.observe(end);
}

const observer = new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting)) load();
});
observer.observe(end);
