import { readRecord } from '../../packages/server/src/browser/process-record.ts';
import { killGroup, listProcesses } from '../../packages/server/src/browser/process-table.ts';
import type { Database } from '../../packages/server/src/db/database.ts';
import type { RunBrowserPlace } from '../../packages/server/src/db/tables/runs.ts';
import { startSite } from '../site/site.ts';
import { open, script } from '../support/blocks.ts';
import { onPostgres } from '../support/database.ts';
import { ended, startRun } from '../support/runs.ts';
import {
  createServerPlace,
  type ServerPlace,
  type ServerProcess,
} from '../support/server-process.ts';
import { numbers } from './arguments.ts';
import { announce, openServerDatabase, query, warnWithoutPostgres } from './databases.ts';
import { createWorkflow } from './no-op.ts';
import { percentile, report, round } from './table.ts';

/** A short lease, and the one that is the default. */
const usualLeases = [3, 15] as const;

/** What became of the browser when its worker was killed, and what the run says of that when it goes on. */
const ways = {
  attach: 'The run goes on in its browser, which still runs.',
  rebuild: 'The run goes on in a new browser, with the tabs and the storage it had.',
} as const;
type Way = keyof typeof ways;

/** Seconds from the kill. */
interface Resumed {
  readonly toStart: number;
  /** The block reads the page: by then the run has its browser. */
  readonly toEnd: number;
}

interface Ground {
  readonly place: ServerPlace;
  readonly api: ServerProcess;
  readonly database: Database;
  readonly settings: Record<string, string>;
  readonly workflow: string;
  /** Two, always. */
  readonly workers: ServerProcess[];
}

/** Over before another worker can have the run: no lease runs out sooner, as the last beat is a third of it old at most. */
const waitSeconds = (lease: number) => Math.max(1, Math.floor((lease * 2) / 3));

/** Where the browser of a run is, once the run waits and has noted until when. */
async function browserOf(database: Database, runId: string): Promise<RunBrowserPlace> {
  for (;;) {
    const [found] = await query<{ place: RunBrowserPlace }>(
      database,
      `select place from run_browsers join run_blocks using (run_id)
        where run_id = $1 and label = 'hold' and notes ->> 'until' is not null`,
      [runId],
    );
    if (found !== undefined) return found.place;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Kills the worker that has a browser. @returns when. */
async function killWorkerOf(ground: Ground, browser: RunBrowserPlace, way: Way): Promise<number> {
  const { workers } = ground;
  const owner = (await readRecord(browser.userDataDirectory))?.owner.pid;
  const worker = workers.find(({ pid }) => pid === owner);
  const main = (await listProcesses()).find(({ pid }) => pid === browser.pid);
  if (worker === undefined || main === undefined)
    throw new Error('The browser of the run, or its worker, is not there');
  const killed = Date.now();
  worker.signal('SIGKILL');
  if (way === 'rebuild') killGroup(main.group);
  await worker.exited;
  workers.splice(workers.indexOf(worker), 1);
  return killed;
}

async function resumeOnce(ground: Ground, way: Way): Promise<Resumed> {
  const { api, database, workflow, place, settings, workers } = ground;
  const runId = await startRun(api, workflow);
  const killed = await killWorkerOf(ground, await browserOf(database, runId), way);
  let run = await ended(api, runId);
  while (run.finished_at === null) run = await ended(api, runId);
  const [next] = await query<{ began: number; ended: number; said: boolean }>(
    database,
    `select (extract(epoch from created_at) * 1000)::float8 as began,
            (extract(epoch from finished_at) * 1000)::float8 as ended,
            exists (select 1 from run_events where run_events.run_id = $1 and data ->> 'message' = $2) as said
       from run_blocks where run_id = $1 and label = 'next'`,
    [runId, ways[way]],
  );
  if (run.status !== 'completed' || next?.said !== true)
    throw new Error(`${way}: ${runId} ${run.status} (${run.failure_reason}): ${ways[way]}?`);
  // Beside the run only its second worker was at work; the next round has two again.
  workers.push(await place.start(settings, 'worker'));
  return { toStart: (next.began - killed) / 1_000, toEnd: (next.ended - killed) / 1_000 };
}

async function withLease(lease: number, rounds: number, siteUrl: string) {
  const place = await createServerPlace();
  try {
    const settings = {
      LAPWING_LEASE_SECONDS: String(lease),
      LAPWING_RECORDING: 'off',
      LAPWING_MAX_BROWSERS: '2',
      // As it is by default.
      LAPWING_WARM_BROWSERS: '1',
      LAPWING_LOG_LEVEL: 'error',
    };
    const api = await place.start(settings, 'api');
    const workers = [await place.start(settings, 'worker'), await place.start(settings, 'worker')];
    const database = await openServerDatabase(place);
    await announce(database);
    const workflow = await createWorkflow(api, [
      open('page', `${siteUrl}/practice`),
      { block_type: 'wait', label: 'hold', wait_sec: waitSeconds(lease) },
      script('next', 'return await page.title()'),
    ]);
    const ground = { place, api, database, settings, workflow, workers };
    const rows: { lease: number; way: Way; resumed: Resumed[] }[] = [];
    for (const way of ['attach', 'rebuild'] as const) {
      const resumed: Resumed[] = [];
      for (let count = 0; count < rounds; count += 1) resumed.push(await resumeOnce(ground, way));
      rows.push({ lease, way, resumed });
    }
    await database.close();
    return rows;
  } finally {
    await place.remove();
  }
}

/**
 * How soon a run with a browser goes on after its worker was killed while it waited, with another worker on the same
 * machine: in the living browser, and in a new one. `--lease` and `--rounds` say with which lease and how often.
 */
export async function resume(): Promise<void> {
  warnWithoutPostgres();
  const { lease, rounds } = numbers({ lease: 0, rounds: 5 });
  const site = await startSite();
  const rows: Record<string, string | number>[] = [];
  for (const seconds of onPostgres ? (lease === 0 ? usualLeases : [lease]) : []) {
    for (const { way, resumed } of await withLease(seconds, rounds, site.url)) {
      const starts = resumed.map(({ toStart }) => toStart);
      rows.push({
        'lease, s': seconds,
        browser: way,
        rounds: resumed.length,
        'kill to next block p50, s': round(percentile(starts, 0.5)),
        'longest, s': round(Math.max(...starts)),
        'longest less the lease, s': round(Math.max(...starts) - seconds),
        'its end, with the browser, p50, s': round(
          percentile(
            resumed.map(({ toEnd }) => toEnd),
            0.5,
          ),
        ),
      });
    }
  }
  await site.close();
  report('resume', rows, { rounds, measured: rows });
}
