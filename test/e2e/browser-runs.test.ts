import type { Artifact } from '@lapwing/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from '../site/site.ts';
import { artifactsOf, bytesOf, sizeOfPng } from '../support/artifacts.ts';
import { open, script } from '../support/blocks.ts';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { rowsOf, runBlocks, timeline } from '../support/runs.ts';

let lapwing: Lapwing;
let site: Site;

beforeAll(async () => {
  [lapwing, site] = await Promise.all([
    startLapwing({
      LAPWING_RECORDING: 'off',
      LAPWING_WARM_BROWSERS: '1',
      LAPWING_VIEWPORT: '900x500',
      LAPWING_LOCALE: 'de-CH',
      LAPWING_TIME_ZONE: 'Asia/Tokyo',
    }),
    startSite(),
  ]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});

const isScreenshot = ({ artifact_type }: Artifact) => artifact_type.startsWith('screenshot');
/** `a_…` of a signed address. */
const idIn = (url: string) => /\/artifacts\/(a_\d+)\/content/.exec(url)?.[1];

it('takes a screenshot after every browser block, and shows the newest three first', async () => {
  const run = await runBlocks(lapwing, [
    open('first', `${site.url}/practice`),
    { block_type: 'wait', label: 'pause', wait_sec: 1 },
    script('fill', `await page.goto(${JSON.stringify(`${site.url}/form`)}); return 1`),
    script('sum', 'return 1 + 1'),
    { block_type: 'print_page', label: 'print' },
    open('last', `${site.url}/storage`),
  ]);
  expect(run).toMatchObject({ status: 'completed', recording_url: null });
  const blocks = rowsOf(await timeline(lapwing, run.run_id)).reverse();
  const shots = (await artifactsOf(lapwing, run.run_id)).filter(isScreenshot);
  const labelOf = (shot: Artifact) =>
    blocks.find((block) => block.workflow_run_block_id === shot.workflow_run_block_id)?.label;
  const labels = shots.map(labelOf);
  expect(new Set(labels)).toEqual(new Set(['first', 'fill', 'sum', 'print', 'last']));
  const urls = run.screenshot_urls ?? [];
  expect(urls.map(idIn)).toEqual(
    shots
      .slice(-3)
      .reverse()
      .map(({ artifact_id }) => artifact_id),
  );
  expect(labelOf(shots.at(-1) as Artifact)).toBe('last');
  for (const url of urls) {
    expect(sizeOfPng(await bytesOf(url))).toEqual({ width: 900, height: 500 });
  }
});

it('takes a screenshot of a failure, of a failing code block too, and none without a browser', async () => {
  const failing = await runBlocks(lapwing, [
    open('first', `${site.url}/practice`),
    script('bad', 'throw new Error("no such order")'),
  ]);
  expect(failing.status).toBe('failed');
  const [bad] = rowsOf(await timeline(lapwing, failing.run_id));
  const shots = (await artifactsOf(lapwing, failing.run_id)).filter(isScreenshot);
  expect(shots.at(-1)?.workflow_run_block_id).toBe(bad?.workflow_run_block_id);
  expect(failing.screenshot_urls).toHaveLength(2);
  const blind = await runBlocks(lapwing, [script('bad', 'throw new Error("no such order")')]);
  expect(blind).toMatchObject({ status: 'failed', screenshot_urls: null, recording_url: null });
  expect(await artifactsOf(lapwing, blind.run_id)).toEqual([]);
});

it('keeps what the network and the console said', async () => {
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/console`),
    script('press', `await page.locator('#throw').click(); return 1`),
  ]);
  const kept = await artifactsOf(lapwing, run.run_id);
  const read = async (type: Artifact['artifact_type']) =>
    (
      await bytesOf(kept.find(({ artifact_type }) => artifact_type === type)?.signed_url)
    ).toString();
  const { log } = JSON.parse(await read('har'));
  const seen = log.entries.map(
    (entry: { request: { url: string }; response: { status: number } }) => [
      entry.request.url.replace(site.url, ''),
      entry.response.status,
    ],
  );
  expect(seen).toEqual(
    expect.arrayContaining([
      ['/console', 200],
      ['/public/console.js', 200],
      ['/api/status/500', 500],
    ]),
  );
  const said = await read('browser_console_log');
  for (const line of [
    'The console page was opened.',
    'warning',
    'Stock is low.',
    'The price list could not be read.',
    'Error: Nobody caught this.',
    'TypeError: The button was pressed.',
  ]) {
    expect(said).toContain(line);
  }
});

it('shows pages the size, the languages and the time zone of the settings', async () => {
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/practice`),
    script(
      'look',
      `return await page.evaluate(() => ({
        size: [innerWidth, innerHeight],
        languages: navigator.languages,
        zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        hour: new Date(Date.UTC(2026, 0, 1, 0)).getHours(),
        amount: (1234.5).toLocaleString().replace('’', "'"),
      }))`,
    ),
    open('ask', `${site.url}/api/echo`),
    script('told', `return JSON.parse(await page.locator('body').innerText()).headers`),
  ]);
  expect(run.output.look_output).toEqual({
    size: [900, 500],
    languages: ['de-CH', 'de'],
    zone: 'Asia/Tokyo',
    hour: 9,
    amount: "1'234.5",
  });
  expect(run.output.told_output['accept-language']).toMatch(/^de-CH,de/);
});

it('sends extra_http_headers with every request of its pages, pop-ups included', async () => {
  const before = site.requests.length;
  const run = await runBlocks(
    lapwing,
    [
      open('start', `${site.url}/popup`),
      script('pop', `await page.getByRole('link', { name: 'Read the terms' }).click(); return 1`),
      script('arrived', `await page.waitForURL('**/popup/terms'); return page.url()`),
    ],
    { fields: { extra_http_headers: { 'X-Tenant': 'northwind' } } },
  );
  expect(run.status).toBe('completed');
  expect(run.output.arrived_output).toBe(`${site.url}/popup/terms`);
  const requests = site.requests.slice(before);
  expect(requests.map(({ path }) => path)).toContain('/popup/terms');
  for (const { path, headers } of requests)
    expect([path, headers['x-tenant']]).toEqual([path, 'northwind']);
});

it('answers dialogs, so that none stops a page', async () => {
  const press = (name: string) => `
    await page.getByRole('button', { name: '${name}' }).click();
    answers.push(await page.locator('#answer').innerText());`;
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/dialogs`),
    script(
      'ask',
      `const answers = []; ${press('Alert')} ${press('Confirm')} ${press('Prompt')}
      await page.locator('#guard').check();
      return answers;`,
    ),
    // Leaving asks once more.
    open('leave', `${site.url}/practice`),
    script('where', 'return page.url()'),
  ]);
  expect(run.output).toMatchObject({
    ask_output: ['The alert was closed.', 'Confirmed.', 'Hello, Dana.'],
    where_output: `${site.url}/practice`,
  });
  const logs = rowsOf(await timeline(lapwing, run.run_id)).flatMap((row) => row.logs);
  const text = logs.map(({ message }) => message).join('\n');
  expect(text).toContain('Delete the draft?');
  expect(text).toContain('beforeunload');
});

it('works in a pop-up as soon as it opens, and in the page behind it when it has closed', async () => {
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/popup`),
    script('pop', `await page.locator('#open').click(); return page.url()`),
    script('confirm', `const url = page.url(); await page.locator('#confirm').click(); return url`),
    script('after', `return [page.url(), await page.locator('#result').innerText()]`),
    script('tab', `await page.getByRole('link', { name: 'Read the terms' }).click(); return 1`),
    script('read', `return [page.url(), await page.locator('main').innerText()]`),
    script('back', `await page.close(); return 1`),
    script('again', `return page.url()`),
  ]);
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  expect(run.output).toMatchObject({
    pop_output: `${site.url}/popup`,
    confirm_output: `${site.url}/popup/confirm`,
    after_output: [`${site.url}/popup`, 'Delivery D-17 is confirmed.'],
    read_output: [`${site.url}/popup/terms`, expect.stringContaining('Thirty days net.')],
    again_output: `${site.url}/popup`,
  });
});

it('fills a form in a frame of a frame, and one in a shadow root', async () => {
  const run = await runBlocks(lapwing, [
    open('frames', `${site.url}/frames`),
    script(
      'quote',
      `const inner = page.frameLocator('iframe[name=outer]').frameLocator('iframe[name=inner]');
      await inner.getByLabel('Reference').fill('Q-7');
      await inner.getByRole('button', { name: 'Ask for a quote' }).click();
      return await inner.getByRole('status').innerText();`,
    ),
    open('shadow', `${site.url}/shadow`),
    script(
      'search',
      `await page.getByLabel('Supplier').fill('wood');
      await page.getByRole('button', { name: 'Search' }).click();
      return await page.getByRole('listitem').allInnerTexts();`,
    ),
  ]);
  expect(run.output).toMatchObject({
    quote_output: 'Quote asked for Q-7.',
    search_output: ['Birchwood Tools', 'Dogwood, Ltd.'],
  });
});

it('goes on behind a failure in the browser that may be passed over', async () => {
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/practice`),
    script('miss', `await page.locator('#nothing').click({ timeout: 300 }); return 1`, {
      continue_on_failure: true,
    }),
    script('title', 'return await page.title()'),
  ]);
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  expect(run.output.title_output).toContain('Practice');
  const miss = rowsOf(await timeline(lapwing, run.run_id)).find(({ label }) => label === 'miss');
  expect(miss?.status).toBe('failed');
  expect(miss?.failure_reason).toMatch(/TimeoutError: .*300ms.*#nothing/);
});
