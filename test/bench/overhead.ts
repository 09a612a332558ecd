import { chromium } from 'playwright-core';
import { findExecutable } from '../../packages/server/src/browser/executable.ts';
import { defaultBrowserSettings } from '../../packages/server/src/browser/settings.ts';
import { startSite } from '../site/site.ts';
import { startLapwing } from '../support/lapwing.ts';
import { portalBlockCount, portalBlocks, portalByHand } from './portal-steps.ts';
import { median, report, round } from './table.ts';

const rounds = 7;
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
];

/** Times a run against plain Playwright, turn by turn, so that a machine that slows down slows both. */
export async function overhead(): Promise<void> {
  const site = await startSite();
  const lapwing = await startLapwing({ LAPWING_RECORDING: 'off', LAPWING_WARM_BROWSERS: '1' });
  const { path } = await findExecutable(
    { ...defaultBrowserSettings, directory: '' },
    process.env.PATH,
  );
  const browser = await chromium.launch({ executablePath: path, args: flags });
  const byHand = async (pictures: boolean) => {
    const started = performance.now();
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    await portalByHand(await context.newPage(), site.url, pictures);
    await context.close();
    return performance.now() - started;
  };
  const workflow = await lapwing.createWorkflow({ blocks: portalBlocks(site.url) });
  const byRun = async () => {
    const run = await lapwing.run(workflow);
    if (run.status !== 'completed')
      throw new Error(`The run ended ${run.status}: ${run.failure_reason}`);
    return Date.parse(`${run.finished_at}Z`) - Date.parse(`${run.started_at}Z`);
  };
  const times: { raw: number[]; pictures: number[]; run: number[] } = {
    raw: [],
    pictures: [],
    run: [],
  };
  for (let round = 0; round <= rounds; round += 1) {
    const turn = { raw: await byHand(false), pictures: await byHand(true), run: await byRun() };
    // The first turn warms up.
    if (round > 0)
      for (const key of ['raw', 'pictures', 'run'] as const) times[key].push(turn[key]);
  }
  await browser.close();
  await lapwing.close();
  await site.close();
  const raw = median(times.raw);
  const pictures = median(times.pictures);
  const run = median(times.run);
  const row = (name: string, value: number) => ({
    what: name,
    'median ms': round(value, 0),
    'ms a block': round(value / portalBlockCount, 1),
    'over raw': round(value / raw),
    'over raw with pictures': round(value / pictures),
  });
  const rows = [
    row('plain Playwright', raw),
    row('plain Playwright, a picture a step', pictures),
    row('run', run),
  ];
  report('overhead', rows, {
    over_raw: round(run / raw),
    over_raw_with_pictures: round(run / pictures),
    ms_a_block: round((run - raw) / portalBlockCount, 1),
  });
}
