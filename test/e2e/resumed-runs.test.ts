import { afterEach, beforeEach, expect, it } from 'vitest';
import { playVideo } from '../../scripts/demo/video.ts';
import { type Site, startSite } from '../site/site.ts';
import { bytesOf } from '../support/artifacts.ts';
import { open, script } from '../support/blocks.ts';
import { alive, type BrowserProcesses, browsersOf } from '../support/browser-processes.ts';
import { createWorkflow } from '../support/durable.ts';
import { startGate } from '../support/gate.ts';
import { blockStarted, ended, rowsOf, runEvents, startRun, timeline } from '../support/runs.ts';
import {
  createServerPlace,
  type ServerPlace,
  type ServerProcess,
} from '../support/server-process.ts';

let place: ServerPlace;
let site: Site;

beforeEach(async () => {
  [place, site] = await Promise.all([createServerPlace(), startSite()]);
});
afterEach(async () => {
  await Promise.all([place.remove(), site.close()]);
});

const start = (settings: Record<string, string> = {}) =>
  place.start({ LAPWING_RECORDING: 'off', LAPWING_MAX_BROWSERS: '3', ...settings });

const hold = { block_type: 'wait', label: 'hold', wait_sec: 3 };

async function kill(server: ServerProcess): Promise<void> {
  server.signal('SIGKILL');
  await server.exited;
}

async function theBrowser(): Promise<BrowserProcesses> {
  const [browser, ...others] = await browsersOf(place.directory);
  if (browser === undefined || others.length > 0) throw new Error('There is not one browser');
  return browser;
}

/** What the log of an ended run says. */
async function logOf(server: ServerProcess, runId: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { type, data } of runEvents(server, runId))
    if (type === 'log') lines.push(data.message);
  return lines;
}

const remember = script(
  'remember',
  `await page.evaluate(() => {
    window.kept = 'in the script';
    localStorage.kept = 'in the storage';
    sessionStorage.kept = 'in the session';
    document.cookie = 'kept=in-the-jar';
  });
  return { random: Math.random() }`,
);
const recall = script(
  'recall',
  `return await page.evaluate(() => ({
    script: window.kept ?? null,
    storage: localStorage.kept ?? null,
    session: sessionStorage.kept ?? null,
    cookie: document.cookie.includes('kept=in-the-jar'),
    path: location.pathname,
  }))`,
);

it('goes on in the living browser after the worker was killed: its page as it was, its video in one piece', async () => {
  const first = await start({ LAPWING_RECORDING: 'on' });
  const blocks = [open('start', `${site.url}/downloads`), remember, hold, recall];
  const runId = await startRun(first, await createWorkflow(first, { blocks }));
  await blockStarted(first, runId, 'hold');
  const browser = await theBrowser();
  const opened = site.count('/downloads');
  await kill(first);

  const second = await start({ LAPWING_RECORDING: 'on' });
  const run = await ended(second, runId);
  expect(run.failure_reason).toBeNull();
  expect(run.output).toMatchObject({
    remember_output: { random: expect.any(Number) },
    recall_output: {
      script: 'in the script',
      storage: 'in the storage',
      session: 'in the session',
      cookie: true,
      path: '/downloads',
    },
  });
  expect(await logOf(second, runId)).toContain('The run goes on in its browser, which still runs.');
  // No page was opened again, no block was run again, and the browser is gone with the run.
  expect(site.count('/downloads')).toBe(opened);
  expect(rowsOf(await timeline(second, runId)).map(({ label }) => label)).toEqual([
    'recall',
    'hold',
    'remember',
    'start',
  ]);
  await expect.poll(() => alive(browser.members), { timeout: 10_000 }).toEqual([]);
  const artifacts = (await second.request('GET', `/v1/runs/${runId}/artifacts`)).body;
  const kinds = artifacts.map(({ artifact_type: type }: { artifact_type: string }) => type);
  expect(kinds.filter((type: string) => type === 'recording')).toHaveLength(1);
  const video = await playVideo(run.recording_url ?? '', place.directory);
  expect(video.duration).toBeGreaterThan(1);
  expect(video.soughtTo).toBeCloseTo(video.duration / 2, 0);
});

it('rebuilds the browser from its last saved state when that was killed too', async () => {
  const first = await start();
  const download = script(
    'download',
    `await page.getByText('Make a file by script').click(); return {}`,
  );
  const blocks = [
    open('start', `${site.url}/downloads`),
    download,
    open('next', `${site.url}/practice`),
    remember,
    hold,
    recall,
  ];
  const runId = await startRun(first, await createWorkflow(first, { blocks }));
  await blockStarted(first, runId, 'hold');
  const browser = await theBrowser();
  await kill(first);
  for (const pid of browser.members) process.kill(pid, 'SIGKILL');

  const second = await start();
  const run = await ended(second, runId);
  expect(run.failure_reason).toBeNull();
  expect(run.output).toMatchObject({
    recall_output: {
      script: null,
      storage: 'in the storage',
      session: 'in the session',
      cookie: true,
      path: '/practice',
    },
  });
  expect(await logOf(second, runId)).toContain(
    'The run goes on in a new browser, with the tabs and the storage it had.',
  );
  expect(run.downloaded_files?.map(({ filename }) => filename)).toEqual(['made-by-script.txt']);
  expect((await bytesOf(run.downloaded_files?.[0]?.url)).length).toBeGreaterThan(0);
  await expect.poll(() => browsersOf(place.directory), { timeout: 10_000 }).toEqual([]);
});

it('runs code on the page again only where the workflow says so, and opens a page again by itself', async () => {
  const first = await start();
  const press = (label: string, fields: object = {}) =>
    script(
      label,
      `await page.evaluate((name) => fetch('/api/echo?pressed=' + name), '${label}');
      await page.waitForTimeout(3_000); return {}`,
      { continue_on_failure: true, ...fields },
    );
  const workflowOf = (...blocks: object[]) => createWorkflow(first, { blocks });
  const here = open('here', `${site.url}/practice`);
  const runs = [
    await startRun(first, await workflowOf(here, press('once'))),
    await startRun(first, await workflowOf(here, press('twice', { retry_on_interruption: true }))),
  ];
  const pressed = (name: string) =>
    site.requests.filter(({ query }) => query === `pressed=${name}`).length;
  for (const name of ['once', 'twice'])
    await site.reached('/api/echo', (query) => query.get('pressed') === name);
  const endless = await startRun(first, await workflowOf(open('endless', `${site.url}/endless`)));
  await site.reached('/endless');
  await kill(first);

  const second = await start();
  const [once, twice] = await Promise.all(runs.map((runId) => ended(second, runId)));
  expect(once?.status).toBe('completed');
  const [row] = rowsOf(await timeline(second, runs[0] ?? ''));
  expect(row).toMatchObject({
    label: 'once',
    status: 'failed',
    failure_reason: expect.stringMatching(/while block once \(code\) ran: .* not repeated/),
  });
  expect(twice?.status).toBe('completed');
  expect([pressed('once'), pressed('twice')]).toEqual([1, 2]);
  await expect.poll(() => site.count('/endless'), { timeout: 30_000 }).toBe(2);
  await second.request('POST', `/v1/runs/${endless}/cancel`);
  expect((await ended(second, endless)).status).toBe('canceled');
});

it('goes on after having been stopped, with all of its video', async () => {
  const first = await start({ LAPWING_RECORDING: 'on', LAPWING_DRAIN_SECONDS: '0' });
  const blocks = [open('start', `${site.url}/practice`), remember, hold, recall];
  const runId = await startRun(first, await createWorkflow(first, { blocks }));
  await blockStarted(first, runId, 'hold');
  first.signal('SIGTERM');
  expect(await first.exited).toBe(0);
  expect(await browsersOf(place.directory)).toEqual([]);

  const second = await start({ LAPWING_RECORDING: 'on' });
  const run = await ended(second, runId);
  expect(run).toMatchObject({
    status: 'completed',
    output: { recall_output: { script: null, session: 'in the session', path: '/practice' } },
  });
  const artifacts = (await second.request('GET', `/v1/runs/${runId}/artifacts`)).body;
  const kinds = artifacts.map(({ artifact_type: type }: { artifact_type: string }) => type);
  for (const kind of ['recording', 'har', 'browser_console_log'])
    expect(kinds.filter((type: string) => type === kind)).toHaveLength(1);
  const har = artifacts.find(
    ({ artifact_type: type }: { artifact_type: string }) => type === 'har',
  );
  const { log } = JSON.parse((await bytesOf(har.signed_url)).toString());
  const visits = log.entries.filter((entry: { request: { url: string } }) =>
    entry.request.url.endsWith('/practice'),
  );
  expect(visits).toHaveLength(2);
  expect(new Set(log.pages.map(({ id }: { id: string }) => id)).size).toBe(log.pages.length);
  const video = await playVideo(run.recording_url ?? '', place.directory);
  expect(video.duration).toBeGreaterThan(1);
});

it('does not take a browser that was being rebuilt when its worker died for what the run has come to', async () => {
  const gate = await startGate();
  try {
    const where = script('where', 'return await page.evaluate(() => location.pathname)', {
      retry_on_interruption: true,
    });
    const first = await start();
    const blocks = [open('start', gate.url('page')), hold, where];
    const runId = await startRun(first, await createWorkflow(first, { blocks }));
    await gate.release('page');
    await blockStarted(first, runId, 'hold');
    const browser = await theBrowser();
    await kill(first);
    for (const pid of browser.members) process.kill(pid, 'SIGKILL');

    const second = await start();
    await gate.reached(2);
    await kill(second);

    const third = await start();
    await gate.reached(3);
    gate.open();
    const run = await ended(third, runId);
    expect(run).toMatchObject({ status: 'completed', output: { where_output: '/page' } });
    await expect.poll(() => browsersOf(place.directory), { timeout: 60_000 }).toEqual([]);
  } finally {
    await gate.close();
  }
});
