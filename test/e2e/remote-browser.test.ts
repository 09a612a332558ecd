import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BrowserLauncher } from '../../packages/server/src/browser/launcher.ts';
import type { BrowserProcess } from '../../packages/server/src/browser/process.ts';
import { defaultBrowserSettings } from '../../packages/server/src/browser/settings.ts';
import { type Site, startSite } from '../site/site.ts';
import { open, script } from '../support/blocks.ts';
import { browsersOf } from '../support/browser-processes.ts';
import { type CdpDoor, openCdpDoor } from '../support/cdp-door.ts';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { ended, runBlocks, startRun } from '../support/runs.ts';

let lapwing: Lapwing;
let site: Site;
let folder: string;
/** Somebody's browser, with a tab that they work in. */
let remote: BrowserProcess;
let owner: Browser;
let ownTab: Page;
let door: CdpDoor;

const key = 'secret-of-the-door';
const headers = { 'X-Door-Key': key };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-remote-'));
  const settings = { ...defaultBrowserSettings, directory: folder };
  const launcher = new BrowserLauncher(settings, process.env);
  [lapwing, site, remote] = await Promise.all([
    startLapwing({ LAPWING_RECORDING: 'off' }),
    startSite(),
    launcher.launch(new AbortController().signal),
  ]);
  door = await openCdpDoor(Number(new URL(remote.cdpUrl).port), key);
  owner = await chromium.connectOverCDP(remote.cdpUrl);
  ownTab = owner.contexts()[0]?.pages()[0] as Page;
  await ownTab.goto(`${site.url}/storage`);
  await ownTab.context().addCookies([{ name: 'theme', value: 'dark', url: site.url }]);
});
afterAll(async () => {
  await owner.close();
  await Promise.all([lapwing.close(), site.close(), door.close(), remote.end()]);
  await rm(folder, { recursive: true, force: true });
});

const tabs = () =>
  owner
    .contexts()[0]
    ?.pages()
    .map((page) => page.url());

it('works in the browser of the address, and leaves it and its own tab as they were', async () => {
  const run = await runBlocks(
    lapwing,
    [
      open('start', `${site.url}/downloads`),
      script(
        'work',
        `await page.getByText('Make a file by script').click();
        return { cookie: await page.evaluate(() => document.cookie), url: page.url() };`,
      ),
      open('tab', `${site.url}/popup`),
      script('pop', `await page.locator('#open').click(); return {}`),
      script('where', 'return page.url()'),
      { block_type: 'print_page', label: 'print' },
    ],
    { fields: { browser_address: remote.cdpUrl, extra_http_headers: { 'X-Tenant': 'a' } } },
  );
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  expect(run.output).toMatchObject({
    work_output: { url: `${site.url}/downloads`, cookie: expect.stringContaining('theme=dark') },
    where_output: `${site.url}/popup/confirm`,
  });
  expect(run.downloaded_files?.map(({ filename }) => filename)).toEqual([
    'made-by-script.txt',
    expect.stringMatching(/^page_\d+_\d+\.pdf$/),
  ]);
  expect(run.screenshot_urls).toHaveLength(3);
  expect(run.run_request?.browser_address).toBe(remote.cdpUrl);
  expect(await browsersOf(lapwing.directory)).toEqual([]);
  await expect.poll(tabs).toEqual([`${site.url}/storage`]);
  await ownTab.reload();
  const own = site.requests.filter(({ path }) => path === '/storage');
  expect(own.map((request) => request.headers['x-tenant'])).toEqual([undefined, undefined]);
});

it('lets go of the browser when the run is canceled', async () => {
  const workflowId = await lapwing.createWorkflow({
    blocks: [open('hang', `${site.url}/endless`)],
  });
  const runId = await startRun(lapwing, workflowId, { browser_address: remote.cdpUrl });
  await expect.poll(() => site.count('/endless'), { timeout: 10_000 }).toBe(1);
  await lapwing.request('POST', `/v1/runs/${runId}/cancel`);
  await expect.poll(tabs, { timeout: 2_000 }).toEqual([`${site.url}/storage`]);
  expect((await ended(lapwing, runId)).status).toBe('canceled');
  expect(await ownTab.title()).toContain('Storage');
});

it('sends cdp_connect_headers with every request to the address, and shows them to nobody', async () => {
  const fields = { browser_address: door.url, cdp_connect_headers: headers };
  const run = await runBlocks(
    lapwing,
    [open('start', `${site.url}/practice`), script('title', 'return await page.title()')],
    { fields },
  );
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  expect(run.output.title_output).toContain('Practice');
  expect(door.visitors.length).toBeGreaterThan(1);
  expect(door.visitors.map((visitor) => visitor.headers['x-door-key'])).toEqual(
    Array(door.visitors.length).fill(key),
  );
  expect(run.run_request?.cdp_connect_headers).toEqual({ 'X-Door-Key': '***' });
  for (const path of ['', '/timeline', '/artifacts']) {
    const { body } = await lapwing.request('GET', `/v1/runs/${run.run_id}${path}`);
    expect(JSON.stringify(body)).not.toContain(key);
  }
});

it.each<[string, () => { address: string; fields?: object }, RegExp]>([
  [
    'nobody listens',
    () => ({
      address: `http://127.0.0.1:${Number(new URL(lapwing.url).port)}`.replace(/\d+$/, '1'),
    }),
    /The browser at http:\/\/127\.0\.0\.1:1 could not be attached to: .*ECONNREFUSED/,
  ],
  ['something else answers', () => ({ address: site.url }), /could not be attached to: .*404/],
  [
    'the door stays closed',
    () => ({
      address: `${door.url}?token=${key}`,
      fields: { cdp_connect_headers: { 'X-Door-Key': 'another-secret' } },
    }),
    /could not be attached to: .*401/,
  ],
  [
    'a WebSocket is refused',
    () => ({ address: door.url.replace('http', 'ws') }),
    /could not be attached to: .*401/,
  ],
])('fails clearly where %s, and says no secret', async (_, wrong, reason) => {
  const { address, fields } = wrong();
  const run = await runBlocks(lapwing, [open('start', `${site.url}/practice`)], {
    fields: { browser_address: address, ...fields },
  });
  expect(run.status).toBe('failed');
  expect(run.failure_reason).toMatch(/^goto_url block failed\. failure reason: Failed to navigate/);
  expect(run.failure_reason).toMatch(reason);
  expect(run.failure_reason).not.toMatch(/secret/);
});
