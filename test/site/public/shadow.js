const names = ['Alder & Sons', 'Birchwood Tools', 'Cedar Packaging', 'Dogwood, Ltd.'];

class SupplierSearch extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: 'open' });
    root.innerHTML = `
      <style>
        label { display: block; font-weight: 600 }
        input { font: inherit; padding: .4rem .6rem; margin: .3rem .4rem .3rem 0 }
        button { font: inherit; padding: .4rem .8rem }
      </style>
      <label for="query">Supplier</label>
      <input id="query"><button type="button">Search</button>
      <ul aria-label="Results"></ul>`;
    root.querySelector('button').addEventListener('click', () => {
      const wanted = root.querySelector('input').value.toLowerCase();
      const found = names.filter((name) => name.toLowerCase().includes(wanted));
      root.querySelector('ul').replaceChildren(
        ...found.map((name) => {
          const item = document.createElement('li');
          item.textContent = name;
          return item;
        }),
      );
    });
  }
}

customElements.define('supplier-search', SupplierSearch);
