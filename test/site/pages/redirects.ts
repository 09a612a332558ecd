import { html } from '../html.ts';
import { json, page, queryNumber, type Reply, type Route, redirect } from '../http.ts';
import { credentials } from '../portal.ts';

function basicAuth(authorization: string | undefined): Reply {
  const pair = `${credentials.basicUser}:${credentials.basicPassword}`;
  if (authorization === `Basic ${btoa(pair)}`) {
    return page({ title: 'Ledger', content: html`<p>Signed in as ${credentials.basicUser}.</p>` });
  }
  return {
    status: 401,
    headers: { 'content-type': 'text/plain', 'www-authenticate': 'Basic realm="Ledger"' },
    body: 'A name and a password are needed.',
  };
}

export const redirectRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/redirect/:left',
    handle: (request) => {
      const left = Number(request.params.left);
      return redirect(302, left > 1 ? `/redirect/${Math.min(left, 100) - 1}` : '/redirected');
    },
  },
  {
    method: 'GET',
    path: '/redirected',
    handle: () =>
      page({ title: 'Redirected', content: html`<p>This is the end of the chain.</p>` }),
  },
  {
    method: '*',
    path: '/redirect-to',
    handle: (request) => {
      const target = request.query.get('url');
      const status = queryNumber(request, 'status', 302, 399);
      return target === null
        ? json({ error: 'Say where to: ?url=…&status=302' }, 400)
        : redirect(status, target);
    },
  },
  {
    method: 'GET',
    path: '/basic-auth',
    handle: (request) => basicAuth(request.headers.authorization),
  },
];
