import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { html } from '../html.ts';
import { page, type Reply, type Route, seeOther } from '../http.ts';

/** The practice pages: address, name, what there is to practise. */
const practicePages = [
  ['/form', 'Form', 'every kind of control, with validation'],
  ['/frames', 'Frames', 'a form in an iframe in an iframe'],
  ['/shadow', 'Shadow root', 'a custom element with an input inside'],
  ['/popup', 'Pop-up and new tab', 'an action that is finished in another window'],
  ['/dialogs', 'Dialogs', 'alert, confirm, prompt, and a question before leaving'],
  ['/slow', 'Slow content', 'a spinner, text that comes late, a list that loads on demand'],
  ['/scroll', 'Infinite scroll', 'sixty rows, ten at a time'],
  ['/downloads', 'Downloads', 'CSV, PDF, XLSX, and a file made by script'],
  ['/storage', 'Storage', 'a visit counter in localStorage and a lasting cookie'],
  ['/console', 'Console', 'messages, errors and a failing request'],
  ['/basic-auth', 'Basic authentication', 'the browser asks for a name and a password'],
  ['/redirect/3', 'Redirects', 'three steps to the end'],
  ['/endless', 'Endless page', 'never finishes loading'],
  ['/crash', 'Crash', 'ends the page process'],
] as const;

function practice(): Reply {
  return page({
    title: 'Practice pages',
    content: html`<ul class="cards">
      ${practicePages.map(
        ([path, name, text]) => html`<li><a href="${path}">${name}</a><p>${text}</p></li>`,
      )}
    </ul>`,
  });
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

function publicFile(name: string): Reply {
  const contentType = contentTypes[extname(name)];
  if (contentType === undefined || !/^[\w.-]+$/.test(name)) throw new Error('No such file.');
  return {
    status: 200,
    headers: { 'content-type': contentType, 'cache-control': 'max-age=300' },
    body: readFileSync(new URL(`../public/${name}`, import.meta.url)),
  };
}

export const homeRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    handle: (request, portal) => seeOther(portal.user(request) === null ? '/login' : '/orders'),
  },
  { method: 'GET', path: '/practice', handle: practice },
  {
    method: 'GET',
    path: '/public/:name',
    handle: (request) => publicFile(request.params.name ?? ''),
  },
];
