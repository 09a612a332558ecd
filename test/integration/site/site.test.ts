import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as xlsx from '@e965/xlsx';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { initialOrders, pageSize } from '../../site/orders.ts';
import { credentials } from '../../site/portal.ts';
import { routes } from '../../site/routes.ts';
import { type Site, startSite } from '../../site/site.ts';

let site: Site;
beforeEach(async () => {
  site = await startSite();
});
afterEach(() => site.close());

const { username, password, apiToken } = credentials;

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(site.url + path, { headers, redirect: 'manual' });

const post = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(site.url + path, { method: 'POST', body, headers, redirect: 'manual' });

async function signIn(): Promise<{ cookie: string }> {
  const answer = await post('/login', new URLSearchParams({ username, password }));
  return { cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
}

const bearer = { authorization: `Bearer ${apiToken}` };

describe('the portal', () => {
  test('keeps strangers out of the orders and brings them back after signing in', async () => {
    const asked = await get('/orders');
    expect(asked.status).toBe(303);
    expect(asked.headers.get('location')).toBe('/login?next=%2Forders');
    const form = new URLSearchParams({ username, password, next: '/report' });
    const answer = await post('/login', form);
    expect(answer.headers.get('location')).toBe('/report');
  });

  test('refuses a wrong password with a message', async () => {
    const answer = await post('/login', new URLSearchParams({ username, password: 'nope' }));
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain('The user name or the password is wrong.');
  });

  test('does not lead to other sites after signing in', async () => {
    const form = new URLSearchParams({ username, password, next: '//elsewhere.example' });
    const answer = await post('/login', form);
    expect(answer.headers.get('location')).toBe('/orders');
  });

  test('ends the session when the user signs out', async () => {
    const session = await signIn();
    expect((await get('/orders', session)).status).toBe(200);
    await post('/logout', '', session);
    expect((await get('/orders', session)).status).toBe(303);
  });

  test('shows every order once over its pages, and no next link on the last', async () => {
    const session = await signIn();
    const pages = Math.ceil(initialOrders.length / pageSize);
    const seen: string[] = [];
    for (let number = 1; number <= pages; number++) {
      const text = await (await get(`/orders?page=${number}`, session)).text();
      seen.push(...[...text.matchAll(/data-order="([^"]+)"/g)].map((match) => match[1] ?? ''));
      expect(text.includes('rel="next"')).toBe(number < pages);
    }
    expect(pages).toBeGreaterThanOrEqual(3);
    expect(seen).toEqual(initialOrders.map(({ id }) => id));
  });

  test('sorts by amount, greatest first', async () => {
    const session = await signIn();
    const text = await (await get('/orders?sort=amount&dir=desc', session)).text();
    const greatest = [...initialOrders].sort((a, b) => b.amountCents - a.amountCents)[0];
    expect(text.match(/data-order="([^"]+)"/)?.[1]).toBe(greatest?.id);
  });

  test('approves an open order once', async () => {
    const session = await signIn();
    const open = initialOrders.find(({ status }) => status === 'open');
    const path = `/orders/${open?.id}/approve`;
    expect((await post(path, '', session)).status).toBe(303);
    expect((await post(path, '', session)).status).toBe(409);
    const audit = await (await get('/api/audit')).json();
    expect(audit.counts.approve).toBe(1);
    expect(await (await get(`/orders/${open?.id}`, session)).text()).toContain('>approved<');
  });
});

describe('the API', () => {
  test('wants the token', async () => {
    expect((await get('/api/orders')).status).toBe(401);
    const answer = await (await get('/api/orders', bearer)).json();
    expect(answer.orders).toHaveLength(initialOrders.length);
  });

  test('requests an approval once for each Idempotency-Key', async () => {
    const body = JSON.stringify({ order_id: 'PO-1001', amount: 12.5 });
    const headers = { ...bearer, 'content-type': 'application/json', 'idempotency-key': 'k1' };
    const first = await post('/api/approvals', body, headers);
    const second = await post('/api/approvals', body, headers);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect((await second.json()).approval_id).toBe((await first.json()).approval_id);
    expect(site.portal.audit).toMatchObject([
      { action: 'approval_request', order_id: 'PO-1001', idempotency_key: 'k1' },
    ]);
  });

  test('answers with what was sent, with any status, and late', async () => {
    const echo = await (await post('/api/echo?a=1', '{"b":2}')).json();
    expect(echo).toMatchObject({ method: 'POST', query: { a: '1' }, json: { b: 2 } });
    expect((await get('/api/status/418')).status).toBe(418);
    expect(await (await get('/api/slow?ms=5')).json()).toEqual({ waited_ms: 5 });
  });
});

describe('the practice pages', () => {
  test('the form answers with what it received, files by their checksum', async () => {
    const form = new FormData();
    form.append('company', 'Ärger & Co');
    form.append('certificates', 'fsc');
    form.append('certificates', 'iso9001');
    form.append('contract', new File(['hello'], 'contract.txt'));
    await post('/form', form);
    expect(site.portal.audit[0]?.data).toEqual({
      company: 'Ärger & Co',
      certificates: ['fsc', 'iso9001'],
      contract: {
        filename: 'contract.txt',
        size: 5,
        sha256: createHash('sha256').update('hello').digest('hex'),
      },
    });
  });

  test('a file control that was left empty counts as nothing', async () => {
    const head = 'content-disposition: form-data; name="contract"; filename=""';
    const body = `--b\r\n${head}\r\ncontent-type: application/octet-stream\r\n\r\n\r\n--b--\r\n`;
    await post('/form', body, { 'content-type': 'multipart/form-data; boundary=b' });
    expect(site.portal.audit[0]?.data).toEqual({ contract: null });
  });

  test('downloads are real files of their type', async () => {
    const session = await signIn();
    const csv = await get('/orders.csv', session);
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="orders.csv"');
    expect((await csv.text()).trimEnd().split('\r\n')).toHaveLength(initialOrders.length + 1);
    const pdf = Buffer.from(await (await get('/downloads/terms.pdf')).arrayBuffer());
    const startOfTable = Number(pdf.toString('latin1').match(/startxref\n(\d+)/)?.[1]);
    expect(pdf.subarray(startOfTable, startOfTable + 4).toString()).toBe('xref');
    const book = xlsx.read(await (await get('/downloads/orders.xlsx')).arrayBuffer());
    const sheet = book.Sheets.Orders ?? {};
    expect(xlsx.utils.sheet_to_json(sheet)).toHaveLength(initialOrders.length);
  });

  test('redirects lead step by step to the end, or to any address', async () => {
    const end = await fetch(`${site.url}/redirect/3`);
    expect(end.url).toBe(`${site.url}/redirected`);
    expect(site.count('/redirect/2')).toBe(1);
    const away = await get('/redirect-to?url=http://10.0.0.1/&status=307');
    expect([away.status, away.headers.get('location')]).toEqual([307, 'http://10.0.0.1/']);
  });

  test('basic authentication lets the right pair in', async () => {
    expect((await get('/basic-auth')).headers.get('www-authenticate')).toContain('Basic');
    const pair = btoa(`${credentials.basicUser}:${credentials.basicPassword}`);
    expect((await get('/basic-auth', { authorization: `Basic ${pair}` })).status).toBe(200);
  });

  test('the endless page goes on until the site closes', async () => {
    const answer = await get('/endless');
    const reader = answer.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain('Still loading');
    const next = reader?.read();
    await site.close();
    await expect(next).rejects.toThrow();
  });

  test('every page without a parameter answers, and unknown ones are 404', async () => {
    const session = await signIn();
    const waiting = new Set(['/endless', '/redirect-to', '/basic-auth']);
    for (const { method, path } of routes) {
      if (method !== 'GET' || path.includes(':') || waiting.has(path)) continue;
      const answer = await get(`${path}?ms=1`, { ...session, ...bearer });
      expect([path, answer.ok || answer.status === 303]).toEqual([path, true]);
    }
    expect((await get('/nowhere')).status).toBe(404);
    expect((await post('/orders', '')).status).toBe(405);
  });

  test('its README names every address', () => {
    const readme = readFileSync(new URL('../../site/README.md', import.meta.url), 'utf8');
    for (const { path } of routes) expect(readme).toContain(`\`${path}`);
  });
});

test('requests are recorded with method, path and body', async () => {
  await post('/api/echo', 'hello', { 'x-test': '1' });
  expect(site.requests).toMatchObject([
    { method: 'POST', path: '/api/echo', body: 'hello', headers: { 'x-test': '1' } },
  ]);
  expect(site.count('/api/echo', 'POST')).toBe(1);
  expect(site.count('/api/echo', 'GET')).toBe(0);
});
