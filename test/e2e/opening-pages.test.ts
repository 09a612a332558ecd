import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from '../site/site.ts';
import { open, script } from '../support/blocks.ts';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { rowsOf, runBlocks, timeline } from '../support/runs.ts';

let lapwing: Lapwing;
let site: Site;
/** A site that is closed: nobody listens at its address. */
let silent: Site;

beforeAll(async () => {
  [site, silent] = await Promise.all([startSite(), startSite()]);
  await silent.close();
  lapwing = await startLapwing({
    LAPWING_ALLOW_HOSTS: `127.0.0.1:${site.port},127.0.0.1:${silent.port}`,
    LAPWING_RECORDING: 'off',
    LAPWING_MAX_BROWSERS: '1',
    LAPWING_NAVIGATION_TIMEOUT_SECONDS: '2',
  });
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});

it('opens a page, follows its redirects, and says where it arrived', async () => {
  const run = await runBlocks(lapwing, [open('start', `${site.url}/redirect/3`)]);
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  const [row] = rowsOf(await timeline(lapwing, run.run_id));
  expect(row).toMatchObject({
    url: `${site.url}/redirect/3`,
    final_url: `${site.url}/redirected`,
  });
});

it('counts a page of HTTP 500 as opened, for its content may be what is wanted', async () => {
  const run = await runBlocks(lapwing, [
    open('broken', `${site.url}/api/status/500`),
    script('read', `return (await page.locator('body').innerText())`),
  ]);
  expect(run.status).toBe('completed');
  expect(run.output.read_output).toContain('500');
});

it('names the address and the reason of whatever cannot be opened, and goes on from there', async () => {
  const addresses: [string, RegExp][] = [
    ['http://nowhere.invalid/', /net::ERR_NAME_NOT_RESOLVED/],
    [`${silent.url}/`, /net::ERR_CONNECTION_REFUSED/],
    // The operator allowed 127.0.0.1 with the port of the site alone.
    [`http://127.0.0.1:${site.port + 1}/`, /The host "127\.0\.0\.1" is blocked/],
    ['http://10.1.2.3/', /The host "10\.1\.2\.3" is blocked/],
    ['http://169.254.169.254/latest', /"169\.254\.169\.254" is blocked/],
    ['http://0x7f.1:1/', /"127\.0\.0\.1" is blocked/],
    ['file:///etc/passwd', /no http or https address/],
    ['javascript:alert(1)', /no http or https address/],
    ['chrome://version', /no http or https address/],
    [`${site.url}/redirect-to?url=http://127.0.0.2:1/secret`, /"127\.0\.0\.2" is blocked/],
    [`${site.url}/redirect-to?url=file:///etc/passwd`, /net::ERR_UNSAFE_REDIRECT/],
    [`${site.url}/redirect/99`, /net::ERR_TOO_MANY_REDIRECTS/],
    [`${site.url}/endless`, /did not finish loading within 2 s/],
    [`127.0.0.1:${site.port}`, / https:\/\/127\.0\.0\.1:\d+\/\. net::ERR_SSL_PROTOCOL_ERROR/],
  ];
  const run = await runBlocks(lapwing, [
    ...addresses.map(([url], index) => open(`bad_${index}`, url, { continue_on_failure: true })),
    open('good', `${site.url}/practice`),
    script('title', 'return await page.title()'),
  ]);
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  expect(run.output.title_output).toContain('Practice');
  const rows = rowsOf(await timeline(lapwing, run.run_id)).reverse();
  for (const [index, [url, reason]] of addresses.entries()) {
    const row = rows[index];
    expect(row?.status).toBe('failed');
    expect(row?.failure_reason).toMatch(/^Failed to navigate to url /);
    expect(row?.failure_reason).toContain(url);
    expect(row?.failure_reason).toMatch(reason);
  }
});

it('ends a run at a page that cannot be opened, and runs no block behind it', async () => {
  const run = await runBlocks(lapwing, [
    open('bad', 'http://nowhere.invalid/'),
    open('never', `${site.url}/practice?never`),
  ]);
  expect(run.status).toBe('failed');
  expect(run.failure_reason).toBe(
    'goto_url block failed. failure reason: ' +
      'Failed to navigate to url http://nowhere.invalid/. net::ERR_NAME_NOT_RESOLVED',
  );
  expect(site.requests.some(({ query }) => query.includes('never'))).toBe(false);
});

it('keeps a page of the run from a private host, however it tries', async () => {
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/practice`),
    script(
      'try',
      `const tried = {};
      try { await page.goto('http://127.0.0.2:1/'); tried.goto = 'opened'; }
      catch (error) { tried.goto = error.message; }
      await page.evaluate(() => {
        const frame = document.createElement('iframe');
        frame.src = 'http://127.0.0.3:1/';
        return new Promise((done) => { frame.onload = done; document.body.append(frame); });
      });
      tried.frames = page.frames().map((frame) => frame.url());
      return tried;`,
    ),
    script(
      'file',
      `try { await page.goto('file:///etc/passwd'); } catch {}
      await page.evaluate(() => { location.href = 'file:///etc/passwd'; window.open('file:///etc'); });
      return [...page.context().pages().map((one) => one.url()), await page.content()];`,
    ),
  ]);
  expect(run.status).toBe('completed');
  expect(run.output.try_output.goto).toContain('"127.0.0.2" is blocked');
  expect(run.output.try_output.frames).toEqual([
    `${site.url}/practice`,
    'chrome-error://chromewebdata/',
  ]);
  expect(run.output.file_output.join('\n')).not.toMatch(/file:|root:/);
  const logs = rowsOf(await timeline(lapwing, run.run_id)).flatMap((row) => row.logs);
  expect(logs.map(({ message }) => message).join('\n')).toContain('http://127.0.0.3:1/');
});
