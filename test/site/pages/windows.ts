import { html } from '../html.ts';
import { document, field, page, type Route, readForm } from '../http.ts';

const frames = html`
  <p>The form is in a frame, and its second half in a frame of that frame.</p>
  <iframe src="/frames/outer" title="Quote" name="outer" width="100%" height="340"></iframe>`;

const outerFrame = html`<!doctype html><html lang="en"><head><title>Quote</title>
  <link rel="stylesheet" href="/public/style.css"></head><body class="framed">
  <h2>Quote</h2><p data-testid="outer">Outer frame</p>
  <iframe src="/frames/inner" title="Quote form" name="inner" width="100%" height="220"></iframe>
  </body></html>`;

const innerFrame = html`<!doctype html><html lang="en"><head><title>Quote form</title>
  <link rel="stylesheet" href="/public/style.css"></head><body class="framed">
  <form method="post" action="/frames/inner">
    <label>Reference <input name="reference" required></label>
    <button type="submit">Ask for a quote</button>
  </form></body></html>`;

const shadow = html`
  <p>The search field below lives in an open shadow root.</p>
  <supplier-search></supplier-search>`;

const popup = html`
  <button type="button" id="open">Confirm delivery in a window</button>
  <p role="status" id="result">Not confirmed yet.</p>
  <p><a href="/popup/terms" target="_blank" rel="noopener">Read the terms in a new tab</a></p>`;

const popupConfirm = html`
  <p>Delivery D-17 has arrived?</p>
  <button type="button" id="confirm">Yes, confirm</button>`;

const dialogs = html`
  <p>
    <button type="button" id="alert">Alert</button>
    <button type="button" id="confirm">Confirm</button>
    <button type="button" id="prompt">Prompt</button>
  </p>
  <p role="status" id="answer">Nothing was asked yet.</p>
  <label class="inline"><input type="checkbox" id="guard"> Ask before leaving this page</label>
  <p><a href="/practice">Leave</a></p>`;

export const windowRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/frames',
    handle: () => page({ title: 'Frames', content: frames }),
  },
  { method: 'GET', path: '/frames/outer', handle: () => document(outerFrame.markup) },
  { method: 'GET', path: '/frames/inner', handle: () => document(innerFrame.markup) },
  {
    method: 'POST',
    path: '/frames/inner',
    handle: async (request, portal) => {
      const reference = field(await readForm(request), 'reference');
      portal.note('frame_form', { data: { reference } });
      const thanks = html`<!doctype html><html lang="en"><head><title>Thanks</title></head>
        <body><p role="status">Quote asked for ${reference}.</p></body></html>`;
      return document(thanks.markup);
    },
  },
  {
    method: 'GET',
    path: '/shadow',
    handle: () => page({ title: 'Shadow root', content: shadow, scripts: ['shadow.js'] }),
  },
  {
    method: 'GET',
    path: '/popup',
    handle: () => page({ title: 'Pop-up', content: popup, scripts: ['popup.js'] }),
  },
  {
    method: 'GET',
    path: '/popup/confirm',
    handle: () =>
      page({ title: 'Confirm delivery', content: popupConfirm, scripts: ['popup-confirm.js'] }),
  },
  {
    method: 'POST',
    path: '/popup/confirm',
    handle: (_request, portal) => {
      portal.note('popup_confirm');
      return { status: 204, headers: {}, body: '' };
    },
  },
  {
    method: 'GET',
    path: '/popup/terms',
    handle: () => page({ title: 'Terms', content: html`<p>Thirty days net.</p>` }),
  },
  {
    method: 'GET',
    path: '/dialogs',
    handle: () => page({ title: 'Dialogs', content: dialogs, scripts: ['dialogs.js'] }),
  },
];
