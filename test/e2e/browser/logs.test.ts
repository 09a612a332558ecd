import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { serve, signal, startRun } from './support.ts';

it('keeps what pages say on their consoles, with level and place, and their errors', async () => {
  const site = await serve({
    '/': `<script>console.log('hello', 42); console.error('bad thing');
setTimeout(() => { document.title = 'done'; throw new TypeError('broken'); });</script>`,
  });
  const run = await startRun();
  await run.browser.goto(site, signal);
  await run.browser.use((page) => page.waitForFunction(() => document.title === 'done'), signal);
  const { consoleLog } = await run.browser.close();
  const text = await readFile(consoleLog ?? '', 'utf8');
  expect(text).toMatch(/^\S+Z log http:\S+:1:\d+ hello 42$/m);
  expect(text).toMatch(/^\S+Z error http:\S+ bad thing$/m);
  expect(text).toMatch(/^\S+Z exception http:\S+ TypeError: broken/m);
});

it('writes a HAR of every request, with credentials masked and without bodies', async () => {
  const site = await serve({
    '/': '<script src="/app.js?v=1"></script><img src="http://127.0.0.1:1/none.png">',
    '/app.js':
      'fetch("/api", {method: "POST", body: "secret body", headers: {authorization: "Bearer abc"}})',
    '/api': (_, response) => {
      response.writeHead(201, {
        'content-type': 'application/json',
        'set-cookie': 'sid=topsecret',
      });
      response.end('{"answer": "hidden"}');
    },
  });
  const run = await startRun({ extraHttpHeaders: { 'x-api-key': 'k-123' } });
  await run.browser.use(async (page) => {
    const answered = page.waitForResponse('**/api');
    await page.goto(site);
    await (await answered).finished();
  }, signal);
  const { har } = await run.browser.close();
  const text = await readFile(har ?? '', 'utf8');
  const { log } = JSON.parse(text);
  expect(log.version).toBe('1.2');
  const entry = (path: string) =>
    log.entries.find((one: { request: { url: string } }) => one.request.url.endsWith(path));
  expect(entry('/api')).toMatchObject({
    pageref: 'page_1',
    request: { method: 'POST', bodySize: 11 },
    response: { status: 201, httpVersion: 'HTTP/1.1', content: { mimeType: 'application/json' } },
  });
  expect(entry('/app.js?v=1').request.queryString).toEqual([{ name: 'v', value: '1' }]);
  expect(entry('/none.png').response._error).toContain('net::ERR_');
  expect(log.pages).toHaveLength(1);
  for (const secret of ['topsecret', 'Bearer abc', 'k-123', 'secret body', 'hidden']) {
    expect(text).not.toContain(secret);
  }
});
