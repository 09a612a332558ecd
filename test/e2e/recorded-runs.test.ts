import { afterAll, beforeAll, expect, it } from 'vitest';
import { playVideo } from '../../scripts/demo/video.ts';
import { type Site, startSite } from '../site/site.ts';
import { artifactsOf } from '../support/artifacts.ts';
import { open, script } from '../support/blocks.ts';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { runBlocks } from '../support/runs.ts';

let lapwing: Lapwing;
let site: Site;

beforeAll(async () => {
  [lapwing, site] = await Promise.all([
    startLapwing({ LAPWING_RECORDING: 'on', LAPWING_VIEWPORT: '801x451' }),
    startSite(),
  ]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});

it('records a run as a video that plays and can be sought, whether it completes or fails', async () => {
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/popup`),
    script('pop', `await page.locator('#open').click(); return 1`),
    open('form', `${site.url}/form`),
    { block_type: 'wait', label: 'pause', wait_sec: 1 },
    script('bad', `await page.getByLabel('Company').fill('Alder'); throw new Error('stop')`),
  ]);
  expect(run.status).toBe('failed');
  const video = await playVideo(run.recording_url ?? '', lapwing.directory);
  expect(video).toMatchObject({ width: 800, height: 450 });
  expect(video.duration).toBeGreaterThan(1);
  expect(video.duration).toBeLessThan(30);
  expect(video.played).toBeGreaterThan(0);
  expect(video.soughtTo).toBeCloseTo(video.duration / 2, 0);
});

it('has no video of a run that opened no browser', async () => {
  const run = await runBlocks(lapwing, [script('sum', 'return 1 + 1')]);
  expect(run).toMatchObject({ status: 'completed', recording_url: null, screenshot_urls: null });
  expect(await artifactsOf(lapwing, run.run_id)).toEqual([]);
});
