import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { attachment, serve, signal, startRun } from './support.ts';

it('catches downloads by link, script, pop-up and navigation, and names each one', async () => {
  const site = await serve({
    '/': `<a id="link" href="/report">x</a><a id="popup" target="_blank" href="/report">y</a>
      <button onclick="save()">z</button>
      <script>function save() {
        const a = document.createElement('a');
        a.href = URL.createObjectURL(new Blob(['made here']));
        a.download = 'report.csv'; a.click();
      }</script>`,
    '/report': attachment('report.csv', 'a,b\n1,2\n'),
    '/paper.pdf': (_, response) => {
      response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF-1.4\n');
    },
  });
  const run = await startRun();
  const { browser } = run;
  const click = async (selector: string) => {
    const count = run.downloaded.length + 1;
    await browser.use((page) => page.click(selector), signal);
    await expect.poll(() => run.downloaded.length).toBe(count);
  };
  await browser.goto(site, signal);
  await click('#link');
  await click('#popup');
  await click('button');
  const opened = await browser.goto(`${site}/report`, signal);
  expect(opened).toEqual({ url: `${site}/report`, status: null });
  await browser.goto(`${site}/paper.pdf`, signal);
  await browser.settleDownloads(5_000, signal);
  expect(run.downloaded.map((file) => file.filename)).toEqual([
    'report.csv',
    'report_1.csv',
    'report_2.csv',
    'report_3.csv',
    'paper.pdf',
  ]);
  for (const file of run.downloaded) {
    const content = await readFile(file.path);
    expect(content.length).toBe(file.size);
    expect(createHash('sha256').update(content).digest('hex')).toBe(file.checksum);
  }
  expect(run.downloaded[2]?.url).toMatch(/^blob:/);
  await browser.close();
  expect((await readdir(dirname(run.downloaded[0]?.path ?? ''))).length).toBe(5);
});

it('waits for a download that has begun, no longer than it is told, and logs one that breaks', async () => {
  const { promise: finish, resolve } = Promise.withResolvers<void>();
  const slow =
    (end: (response: ServerResponse) => void) => async (_: unknown, response: ServerResponse) => {
      response.writeHead(200, {
        'content-type': 'application/zip',
        'content-disposition': 'attachment; filename="slow.bin"',
        'content-length': '8',
      });
      response.write('1234');
      await finish;
      end(response);
    };
  const site = await serve({
    '/whole': slow((response) => response.end('5678')),
    '/broken': slow((response) => response.destroy()),
  });
  const run = await startRun();
  await run.browser.goto(`${site}/whole`, signal);
  await run.browser.goto(`${site}/broken`, signal);
  await run.browser.settleDownloads(50, signal);
  expect(run.downloaded).toEqual([]);
  const settling = run.browser.settleDownloads(20_000, signal);
  resolve();
  await settling;
  expect(run.downloaded).toMatchObject([{ filename: 'slow.bin', size: 8 }]);
  expect(run.logged.join('\n')).toContain('The download of slow.bin failed');
});

it('waits for an endless download once, and no longer than until the run is aborted', async () => {
  const site = await serve({
    '/endless': (_, response) => {
      response.writeHead(200, {
        'content-type': 'application/zip',
        'content-disposition': 'attachment; filename="endless.bin"',
      });
      response.write('1234');
    },
  });
  const run = await startRun();
  await run.browser.goto(`${site}/endless`, signal);
  const begun = performance.now();
  for (let listing = 0; listing < 20; listing += 1) {
    await run.browser.settleDownloads(2_000, signal);
  }
  // 2 seconds altogether, not 40: what has not come by then is waited for no more.
  expect(performance.now() - begun).toBeLessThan(20_000);
  const stop = new AbortController();
  const settling = run.browser.settleDownloads(60_000, stop.signal);
  stop.abort(new Error('canceled'));
  await expect(settling).rejects.toThrow('canceled');
});
