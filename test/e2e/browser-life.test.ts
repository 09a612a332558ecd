import { setTimeout as pause } from 'node:timers/promises';
import type { RunResponse } from '@lapwing/protocol';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Site, startSite } from '../site/site.ts';
import { artifactsOf } from '../support/artifacts.ts';
import { open, script } from '../support/blocks.ts';
import { alive, type BrowserProcesses, browsersOf } from '../support/browser-processes.ts';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { blockStarted, ended, rowsOf, runBlocks, startRun, timeline } from '../support/runs.ts';

let lapwing: Lapwing;
let site: Site;

beforeAll(async () => {
  [lapwing, site] = await Promise.all([
    startLapwing({
      LAPWING_RECORDING: 'off',
      LAPWING_MAX_BROWSERS: '2',
      LAPWING_DRAIN_SECONDS: '0',
    }),
    startSite(),
  ]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});
afterEach(async () => {
  await expect.poll(() => browsersOf(lapwing.directory), { timeout: 3_000 }).toEqual([]);
});

const start = async (...blocks: object[]): Promise<string> =>
  startRun(lapwing, await lapwing.createWorkflow({ blocks }));
const requested = (path: string) =>
  expect.poll(() => site.count(path), { timeout: 10_000, interval: 20 });
const cancel = (runId: string) => lapwing.request('POST', `/v1/runs/${runId}/cancel`);

/** The only browser there is. */
async function theBrowser(): Promise<BrowserProcesses> {
  const [browser, ...others] = await browsersOf(lapwing.directory);
  if (browser === undefined || others.length > 0) throw new Error('There is not one browser');
  expect(browser.members.length).toBeGreaterThan(2);
  return browser;
}

/** A run whose browser waits for a page that never finishes. */
async function hangingRun(): Promise<string> {
  const before = site.count('/endless');
  const runId = await start(
    open('files', `${site.url}/downloads`),
    script('download', `await page.getByText('Make a file by script').click(); return {}`),
    open('hang', `${site.url}/endless`),
  );
  await requested('/endless').toBe(before + 1);
  return runId;
}

it('serves runs that compete for browsers in their order, and never opens more than allowed', async () => {
  const holder = await hangingRun();
  const most = { browsers: 0 };
  const watching = new AbortController();
  const watch = (async () => {
    while (!watching.signal.aborted) {
      const { length } = await browsersOf(lapwing.directory);
      most.browsers = Math.max(most.browsers, length);
      // Looked at often, yet with time left for those who are looked at.
      await pause(30);
    }
  })();
  const before = site.requests.length;
  const waiting: string[] = [];
  for (const turn of [1, 2, 3, 4, 5]) {
    const runId = await start(open('turn', `${site.url}/practice?turn=${turn}`));
    // The next one comes when this one has asked for its browser.
    await blockStarted(lapwing, runId, 'turn');
    waiting.push(runId);
  }
  const runs = await Promise.all(waiting.map((runId) => ended(lapwing, runId)));
  expect(runs.map(({ status }) => status)).toEqual(Array(5).fill('completed'));
  await cancel(holder);
  await ended(lapwing, holder);
  watching.abort();
  await watch;
  expect(most.browsers).toBe(2);
  const turns = site.requests.slice(before).filter(({ path }) => path === '/practice');
  expect(turns.map(({ query }) => query)).toEqual([1, 2, 3, 4, 5].map((turn) => `turn=${turn}`));
});

it('ends a canceled run and its browser within two seconds, and keeps its files', async () => {
  const runId = await hangingRun();
  const browser = await theBrowser();
  const canceledAt = performance.now();
  await cancel(runId);
  await expect.poll(() => alive(browser.members), { timeout: 2_000, interval: 20 }).toEqual([]);
  const kept = async () => (await artifactsOf(lapwing, runId)).map((one) => one.artifact_type);
  await expect.poll(kept, { timeout: 2_000, interval: 20 }).toContain('har');
  expect(performance.now() - canceledAt).toBeLessThan(2_000);
  const run = await ended(lapwing, runId);
  expect(run).toMatchObject({
    status: 'canceled',
    downloaded_files: [{ filename: 'made-by-script.txt' }],
  });
  expect(run.screenshot_urls).toHaveLength(2);
});

it('gives up its place in the line for a browser when it is canceled', async () => {
  const holders = [await hangingRun(), await hangingRun()];
  const waiting = await start(open('turn', `${site.url}/practice?canceled`));
  await blockStarted(lapwing, waiting, 'turn');
  await cancel(waiting);
  const run = await ended(lapwing, waiting);
  expect(run).toMatchObject({ status: 'canceled', screenshot_urls: null });
  await Promise.all(holders.map(cancel));
  await Promise.all(holders.map((runId) => ended(lapwing, runId)));
  expect(site.requests.some(({ query }) => query === 'canceled=')).toBe(false);
});

it.each<[string, () => object[]]>([
  ['as it opens', () => [open('crash', `${site.url}/crash?now=1`)]],
  [
    'under a code block',
    () => [
      open('start', `${site.url}/crash`),
      script('crash', `await page.locator('#crash').click(); await page.waitForTimeout(30_000)`),
    ],
  ],
  [
    'in a pop-up',
    () => [
      open('start', `${site.url}/practice`),
      script(
        'crash',
        `const [popup] = await Promise.all([
          page.waitForEvent('popup'),
          page.evaluate(() => { window.open('/crash'); }),
        ]);
        await popup.locator('#crash').click();
        await popup.waitForTimeout(30_000)`,
      ),
    ],
  ],
])('fails clearly when the page crashes %s', async (_, blocks) => {
  const run = await ended(lapwing, await start(...blocks()));
  expectFailure(run, /The page of this run crashed/);
});

it.each<[string, () => object[]]>([
  ['opens a page', () => [open('hang', `${site.url}/endless`)]],
  [
    'runs code',
    () => [
      open('start', `${site.url}/practice`),
      script(
        'hang',
        `await page.evaluate(() => fetch('/endless')); await page.waitForTimeout(60_000)`,
      ),
    ],
  ],
  [
    'does something else',
    () => [
      open('start', `${site.url}/practice`),
      {
        block_type: 'http_request',
        label: 'hang',
        url: `${site.url}/endless`,
        timeout: 1,
        continue_on_failure: true,
      },
      open('next', `${site.url}/practice`),
    ],
  ],
])(
  'fails within five seconds, saying why, when the browser is killed while it %s',
  async (_, blocks) => {
    const before = site.count('/endless');
    const runId = await start(...blocks());
    await requested('/endless').toBe(before + 1);
    const browser = await theBrowser();
    process.kill(browser.pid, 'SIGKILL');
    const killedAt = performance.now();
    const run = await ended(lapwing, runId);
    expect(performance.now() - killedAt).toBeLessThan(5_000);
    expectFailure(run, /The browser of this run crashed or was ended from outside/);
    expect(await alive(browser.members)).toEqual([]);
  },
);

it('leaves no browser when the server closes in the middle of a run', async () => {
  const runId = await hangingRun();
  const browser = await theBrowser();
  await lapwing.restart();
  expect(await alive(browser.members)).toEqual([]);
  // It was given back to the queue, and would be taken up again.
  await cancel(runId);
  expect((await ended(lapwing, runId)).status).toBe('canceled');
});

it('says what is wrong where no browser can be started, in a code block too', async () => {
  const without = await startLapwing({ LAPWING_BROWSER_PATH: '/nonexistent/chromium' });
  onTestFinished(() => without.close());
  const missing = /The browser executable \/nonexistent\/chromium .* is missing/;
  for (const block of [open('start', site.url), script('read', 'return await page.title()')]) {
    expectFailure(await runBlocks(without, [block]), missing);
  }
});

it('says what became of the page to every block behind its crash', async () => {
  const goOn = { continue_on_failure: true };
  const blocks = [
    open('crash', `${site.url}/crash?now=1`, goOn),
    script('read', 'return await page.title()', goOn),
    { block_type: 'print_page', label: 'print', ...goOn },
    open('again', `${site.url}/practice`, goOn),
    script('sum', 'return 1 + 1'),
  ];
  const run = await runBlocks(lapwing, blocks);
  expect(run.status).toBe('completed');
  expect(run.output.sum_output).toBe(2);
  const failed = rowsOf(await timeline(lapwing, run.run_id)).filter((row) => row.label !== 'sum');
  expect(failed.map(({ status }) => status)).toEqual(Array(4).fill('failed'));
  for (const row of failed) expect(row.failure_reason).toContain('The page of this run crashed');
});

function expectFailure(run: RunResponse, reason: RegExp): void {
  expect(run.status).toBe('failed');
  expect(run.failure_reason).toMatch(reason);
}
