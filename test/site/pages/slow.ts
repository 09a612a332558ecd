import { setTimeout as sleep } from 'node:timers/promises';
import { html } from '../html.ts';
import { json, page, queryNumber, type Route } from '../http.ts';

const scrollRows = 60;
const scrollStep = 10;

function rows(from: number, count: number, total: number): readonly string[] {
  const size = Math.max(Math.min(count, total - from), 0);
  return Array.from({ length: size }, (_, index) => `Item ${from + index + 1}`);
}

export const slowRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/slow',
    handle: (request) => {
      const ms = queryNumber(request, 'ms', 1500, 60_000);
      const content = html`
        <section aria-labelledby="late"><h2 id="late">Stock level</h2>
          <p id="spinner" class="spinner" role="status">Loading…</p>
          <p id="stock" data-ms="${ms}" hidden></p></section>
        <section aria-labelledby="lazy"><h2 id="lazy">Deliveries</h2>
          <ul id="deliveries"></ul>
          <button type="button" id="more">Load more</button></section>`;
      return page({ title: 'Slow content', content, scripts: ['slow.js'] });
    },
  },
  {
    method: 'GET',
    path: '/slow/stock',
    handle: async (request) => {
      const waited = queryNumber(request, 'ms', 1500, 60_000);
      await sleep(waited, undefined, { signal: request.signal });
      return json({ stock: 128 });
    },
  },
  {
    method: 'GET',
    path: '/scroll',
    handle: () => {
      const content = html`
        <ol id="items" class="tall"></ol>
        <p id="end" role="status">Scroll for more.</p>`;
      return page({ title: 'Infinite scroll', content, scripts: ['scroll.js'] });
    },
  },
  {
    method: 'GET',
    path: '/scroll/items',
    handle: (request) => {
      const from = queryNumber(request, 'from', 0, scrollRows);
      return json({ items: rows(from, scrollStep, scrollRows), total: scrollRows });
    },
  },
];
