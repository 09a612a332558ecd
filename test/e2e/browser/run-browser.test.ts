import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BrowserGone, NavigationFailure } from '../../../packages/server/src/browser/failures.ts';
import { groupMembers, serve, signal, startRun } from './support.ts';

const hangs = () => {
  // The request is never answered.
};

it('opens a page, tells its status, and leaves no process and no folder behind', async () => {
  const site = await serve({ '/': '<h1>Hello</h1>' });
  const run = await startRun();
  expect(run.browser.currentUrl()).toBeNull();
  expect(await run.browser.screenshot(signal)).toBeNull();
  expect(await run.browser.goto(`${site}/`, signal)).toEqual({ url: `${site}/`, status: 200 });
  expect(await run.browser.goto(`${site}/missing`, signal)).toMatchObject({ status: 404 });
  expect(run.browser.currentUrl()).toBe(`${site}/missing`);
  expect((await run.browser.screenshot(signal))?.subarray(1, 4).toString()).toBe('PNG');
  const pdf = await run.browser.pdf(
    { format: 'A4', landscape: false, printBackground: true, includeTimestamp: true },
    signal,
  );
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  expect((await groupMembers(run.pid())).length).toBeGreaterThan(2);
  await run.browser.close();
  expect(await groupMembers(run.pid())).toEqual([]);
  expect(await readdir(run.browsers)).toEqual([]);
  await expect(run.browser.page(signal)).rejects.toThrow(BrowserGone);
});

it('says why an address could not be opened', async () => {
  const run = await startRun();
  const goto = (url: string) => run.browser.goto(url, signal);
  await expect(goto('http://127.0.0.1:1/')).rejects.toThrow('net::ERR_');
  await expect(goto('file:///etc/passwd')).rejects.toThrow('Only http and https');
  await expect(goto('javascript:alert(1)')).rejects.toThrow(NavigationFailure);
  await expect(goto('/orders')).rejects.toThrow('not an absolute address');
});

it('fails a page that does not load in time', async () => {
  const site = await serve({ '/': hangs });
  const run = await startRun({
    settings: { viewport: { width: 800, height: 600 }, locale: 'en-US', navigationTimeoutMs: 300 },
  });
  await expect(run.browser.goto(site, signal)).rejects.toThrow(
    'did not finish loading within 0.3 s',
  );
});

it('fails at once, and clearly, when the browser is killed in the middle of a navigation', async () => {
  const site = await serve({ '/': hangs });
  const run = await startRun();
  await run.browser.page(signal);
  const going = run.browser.goto(site, signal);
  const begun = Date.now();
  process.kill(-run.pid(), 'SIGKILL');
  await expect(going).rejects.toThrow('The browser of this run crashed');
  await expect(run.browser.goto(site, signal)).rejects.toThrow(BrowserGone);
  expect(await run.browser.screenshot(signal)).toBeNull();
  await run.browser.close();
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect(await groupMembers(run.pid())).toEqual([]);
  expect(await readdir(run.browsers)).toEqual([]);
});

it('fails within five seconds when the page crashes', async () => {
  const site = await serve({ '/': '<h1>Hello</h1>' });
  const run = await startRun();
  await run.browser.goto(site, signal);
  const waiting = run.browser.use((page) => page.waitForSelector('#never'), signal);
  const begun = Date.now();
  const crash = async () => {
    const page = await run.browser.page(signal);
    const session = await page.context().newCDPSession(page);
    session.send('Page.crash').catch(() => {});
  };
  await crash();
  await expect(waiting).rejects.toThrow('The page of this run crashed');
  await expect(run.browser.page(signal)).rejects.toThrow(BrowserGone);
  expect(await run.browser.screenshot(signal)).toBeNull();
  expect(Date.now() - begun).toBeLessThan(5_000);
});

it('stops within two seconds when its run is aborted, and keeps its files', async () => {
  const site = await serve({ '/': '<script>console.log("kept")</script>', '/slow': hangs });
  const run = await startRun({ record: true });
  const stop = new AbortController();
  await run.browser.goto(site, stop.signal);
  await run.browser.screenshot(stop.signal);
  const going = run.browser.goto(`${site}/slow`, stop.signal);
  const begun = Date.now();
  stop.abort(new Error('canceled by a user'));
  await expect(going).rejects.toThrow('canceled by a user');
  const files = await run.browser.close();
  expect(Date.now() - begun).toBeLessThan(1_500);
  expect(await readFile(files.consoleLog ?? '', 'utf8')).toContain('kept');
  expect(files.recording).toBe(join(run.directory, 'recording.webm'));
  expect(await groupMembers(run.pid())).toEqual([]);
});

it('leaves nothing behind when it is aborted while the browser starts', async () => {
  const run = await startRun();
  const stop = new AbortController();
  const opening = run.browser.page(stop.signal);
  stop.abort(new Error('too late'));
  await expect(opening).rejects.toThrow('too late');
  await run.browser.close();
  expect(await readdir(run.browsers).catch(() => [])).toEqual([]);
});

it('makes a new tab current, and the one before it again when that closes', async () => {
  const site = await serve({
    '/': '<a id="tab" target="_blank" href="/tab">Tab</a>',
    '/tab': '<title>Tab</title>',
    '/popup': '<title>Popup</title>',
  });
  const run = await startRun();
  await run.browser.goto(site, signal);
  const opened = async (action: () => Promise<unknown>) => {
    const page = await run.browser.page(signal);
    const popup = page.waitForEvent('popup');
    await action();
    await (await popup).waitForLoadState();
  };
  await opened(() => run.browser.use((page) => page.click('#tab'), signal));
  expect(run.browser.currentUrl()).toBe(`${site}/tab`);
  await opened(() =>
    run.browser.use(
      (page) => page.evaluate(() => void window.open('/popup', '', 'width=300')),
      signal,
    ),
  );
  expect(run.browser.currentUrl()).toBe(`${site}/popup`);
  await run.browser.use((page) => page.close(), signal);
  expect(run.browser.currentUrl()).toBe(`${site}/tab`);
  await run.browser.use((page) => page.close(), signal);
  await run.browser.use((page) => page.close(), signal);
  expect(run.browser.currentUrl()).toBeNull();
  await run.browser.goto(`${site}/tab`, signal);
  expect(run.browser.currentUrl()).toBe(`${site}/tab`);
});

it('accepts dialogs and logs what they said', async () => {
  const site = await serve({
    '/': `<script>
      alert('first'); document.title = [confirm('sure?'), prompt('name?', 'Ada')].join();
    </script>`,
  });
  const run = await startRun();
  await run.browser.goto(site, signal);
  expect(await run.browser.use((page) => page.title(), signal)).toBe('true,Ada');
  expect(run.logged).toContain('info: The page showed a dialog (alert), accepted: first');
});

it('shows sites the viewport, the locale, the time zone and the extra headers', async () => {
  const site = await serve({
    '/': (request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<p>${request.headers['accept-language']} ${request.headers['x-test']}</p>`);
    },
  });
  const shown = { viewport: { width: 1000, height: 700 }, locale: 'de-DE', timeZone: 'Asia/Tokyo' };
  const run = await startRun({ browserSettings: shown, extraHttpHeaders: { 'x-test': 'yes' } });
  await run.browser.goto(site, signal);
  const facts = await run.browser.use(
    (page) =>
      page.evaluate(() => ({
        size: [innerWidth, innerHeight],
        language: navigator.language,
        number: (1234.5).toLocaleString(),
        zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        text: document.body.textContent,
      })),
    signal,
  );
  expect(facts).toMatchObject({ size: [1000, 700], language: 'de-DE', zone: 'Asia/Tokyo' });
  expect(facts.number).toBe('1.234,5');
  expect(facts.text).toContain('de-DE,de');
  expect(facts.text).toContain('yes');
});

it('holds links, redirects, frames and pop-ups to the guard', async () => {
  const site = await serve({
    '/': `<a id="link" href="/secret">x</a><a id="popup" target="_blank" href="/secret">y</a>
      <iframe src="/secret-frame"></iframe>`,
    '/secret': 'secret',
    '/secret-frame': 'secret frame',
    '/redirect': (_, response) => {
      response.writeHead(302, { location: '/secret' }).end();
    },
  });
  const run = await startRun({
    guardUrl: async (url) => {
      if (url.includes('secret')) throw new Error('The host is blocked.');
    },
  });
  const goto = (path: string) => run.browser.goto(`${site}${path}`, signal);
  await expect(goto('/secret')).rejects.toThrow('The host is blocked.');
  await expect(goto('/redirect')).rejects.toThrow('The host is blocked.');
  await goto('/');
  const page = await run.browser.page(signal);
  expect(await page.frames()[1]?.content()).not.toContain('secret frame');
  const popup = page.waitForEvent('popup');
  await page.click('#popup');
  const popped = await popup;
  if (!popped.isClosed()) await popped.waitForEvent('close');
  expect(run.browser.currentUrl()).toBe(`${site}/`);
  await page.click('#link');
  await page.waitForURL(/chrome-error|secret/);
  expect(await page.content()).not.toContain('secret</');
});

it('goes on in a new browser where the old one stood', async () => {
  const site = await serve({
    '/': `<script>document.cookie = "user=ada"; localStorage.theme = "dark"; sessionStorage.step ??= "2"</script>`,
    '/other': '<title>Other</title>',
  });
  const left = await serve({ '/left': '<script>localStorage.left = "yes"</script>' });
  const before = await startRun();
  await before.browser.goto(`${left}/left`, signal);
  await before.browser.goto(site, signal);
  await before.browser.use(
    (page) =>
      Promise.all([page.waitForEvent('popup'), page.evaluate(() => void window.open('/other'))]),
    signal,
  );
  await before.browser.use((page) => page.waitForURL('**/other'), signal);
  const state = await before.browser.changedState();
  expect(await before.browser.changedState(true)).toBeNull();
  await before.browser.close();
  const after = await startRun({ state: JSON.parse(state ?? '') });
  await after.browser.page(signal);
  expect(after.browser.currentUrl()).toBe(`${site}/other`);
  const kept = await after.browser.use(
    (page) => page.evaluate(() => [document.cookie, localStorage.getItem('theme')]),
    signal,
  );
  expect(kept).toEqual(['user=ada', 'dark']);
  // A pop-up has a copy of its opener's session, and what it holds after the restart is not overwritten.
  await after.browser.use((page) => page.close(), signal);
  const first = await after.browser.page(signal);
  expect(await first.evaluate(() => sessionStorage.getItem('step'))).toBe('2');
  await after.browser.goto(`${left}/left`, signal);
  expect(await after.browser.use((page) => page.evaluate(() => localStorage.left), signal)).toBe(
    'yes',
  );
});
