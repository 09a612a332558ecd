const stock = document.querySelector('#stock');
fetch(`/slow/stock?ms=${stock.dataset.ms}`)
  .then((response) => response.json())
  .then((answer) => {
    stock.textContent = `${answer.stock} in stock`;
    stock.hidden = false;
    document.querySelector('#spinner').hidden = true;
  });

const list = document.querySelector('#deliveries');
const more = document.querySelector('#more');
async function loadMore() {
  const answer = await fetch(`/scroll/items?from=${list.children.length}`);
  const { items } = await answer.json();
  for (const text of items.slice(0, 5)) {
    const item = document.createElement('li');
    item.textContent = text;
    list.append(item);
  }
  more.hidden = list.children.length >= 15;
}
more.addEventListener('click', loadMore);
loadMore();
