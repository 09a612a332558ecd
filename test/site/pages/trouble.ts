import { html } from '../html.ts';
import { page, type Route } from '../http.ts';

const storage = html`
  <p>Visits: <strong id="visits">0</strong></p>
  <label>Nickname <input id="nickname"></label>
  <button type="button" id="save">Save</button>
  <p role="status" id="saved"></p>`;

const consolePage = html`
  <p>Open the console: there is a log line, a warning, an error, an exception and a failed request.</p>
  <button type="button" id="throw">Throw another error</button>`;

const crash = html`
  <p>The button ends the process that shows this page. <code>/crash?now=1</code> does so at once.</p>
  <button type="button" id="crash">Crash this page</button>`;

export const troubleRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/storage',
    handle: () => page({ title: 'Storage', content: storage, scripts: ['storage.js'] }),
  },
  {
    method: 'GET',
    path: '/console',
    handle: () => page({ title: 'Console', content: consolePage, scripts: ['console.js'] }),
  },
  {
    method: 'GET',
    path: '/crash',
    handle: () => page({ title: 'Crash', content: crash, scripts: ['crash.js'] }),
  },
  {
    method: 'GET',
    path: '/endless',
    handle: () => ({
      stream: (response) => {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
        response.write('<!doctype html><title>Endless</title><h1>Still loading</h1>');
      },
    }),
  },
];
