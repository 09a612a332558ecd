import type { Database } from '../../packages/server/src/db/database.ts';
import { runJob } from '../../packages/server/src/domain/runs/service.ts';
import { onPostgres, testSeeds } from '../support/database.ts';
import { startLapwing } from '../support/lapwing.ts';
import { createServerPlace } from '../support/server-process.ts';
import { numbers } from './arguments.ts';
import { bareJobs, bareJobsHere } from './bare-queue.ts';
import {
  announce,
  embedded,
  openServerDatabase,
  query,
  settleTables,
  warnWithoutPostgres,
} from './databases.ts';
import { holdJobs } from './held-jobs.ts';
import { type Asking, ask, createWorkflow, noOp, waitsUnloaded } from './no-op.ts';
import { atOnce, percentile, report, round } from './table.ts';

const workerCounts = [1, 2, 4] as const;
/** So many clients post at a time. */
const clients = 16;

interface Options {
  /** Runs of the backlog, and jobs of the bare loop. */
  readonly runs: number;
  /** Runs one after another. */
  readonly single: number;
  readonly slots: number;
}

interface Measured {
  readonly what: string;
  readonly waits: readonly number[];
  readonly runs: number;
  readonly jobs: number;
}

const settingsOf = ({ slots }: Options) => ({
  LAPWING_RECORDING: 'off',
  LAPWING_SLOTS: String(slots),
  LAPWING_LOG_LEVEL: 'error',
});

const post = (server: Asking, workflow: string, count: number) =>
  atOnce(clients, count, () => ask(server, 'POST', '/v1/run/workflows', { workflow_id: workflow }));

async function allEnded(database: Database, workflow: string): Promise<void> {
  for (;;) {
    const [open] = await query<{ count: number }>(
      database,
      `select count(*)::int as count from runs
        where workflow_permanent_id = $1 and status in ('created', 'queued', 'running')`,
      [workflow],
    );
    if (open?.count === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Runs a second of a backlog that was complete before it was begun: first start to last end, by the rows of the runs. */
async function workOff(server: Asking, database: Database, count: number): Promise<number> {
  const warmUp = await createWorkflow(server, noOp);
  await post(server, warmUp, Math.ceil(count / 10));
  await allEnded(database, warmUp);
  const workflow = await createWorkflow(server, noOp);
  const release = await holdJobs(database, runJob);
  await post(server, workflow, count);
  await settleTables(database);
  await release();
  await allEnded(database, workflow);
  const [span] = await query<{ seconds: number; completed: number }>(
    database,
    `select extract(epoch from max(finished_at) - min(started_at))::float8 as seconds,
            (count(*) filter (where status = 'completed'))::int as completed
       from runs where workflow_permanent_id = $1`,
    [workflow],
  );
  if (span === undefined || span.completed !== count)
    throw new Error(`Of ${count} runs ${span?.completed} were completed`);
  return count / span.seconds;
}

/** One process on the embedded database. Those who only ask do so from another one; the backlog is worked off in this. */
async function onPglite(options: Options): Promise<Measured> {
  const settings = { ...settingsOf(options), ...embedded };
  await testSeeds();
  const place = await createServerPlace();
  const waits: number[] = [];
  try {
    const server = await place.start(settings);
    waits.push(
      ...(await waitsUnloaded(server, await createWorkflow(server, noOp), options.single)),
    );
  } finally {
    await place.remove();
  }
  const lapwing = await startLapwing(settings);
  try {
    const { database } = lapwing.server.app;
    await announce(database);
    const runs = await workOff(lapwing, database, options.runs);
    const jobs = await bareJobsHere(database, { jobs: options.runs, loops: options.slots });
    return { what: 'PGlite, 1 process', waits, runs, jobs };
  } finally {
    await lapwing.close();
  }
}

async function onServer(options: Options): Promise<Measured[]> {
  const settings = settingsOf(options);
  const place = await createServerPlace();
  const measured: Measured[] = [];
  try {
    const api = await place.start(settings, 'api');
    const database = await openServerDatabase(place);
    await announce(database);
    const workflow = await createWorkflow(api, noOp);
    let started = 0;
    for (const workers of workerCounts) {
      for (; started < workers; started += 1) await place.start(settings, 'worker');
      const waits = await waitsUnloaded(api, workflow, options.single);
      const runs = await workOff(api, database, options.runs);
      // The workers are there meanwhile, and have nothing to do.
      const jobs = await bareJobs(database, place.databaseUrl ?? '', {
        jobs: options.runs,
        loops: options.slots,
        processes: workers,
      });
      measured.push({
        what: `PostgreSQL, API and ${workers} worker${workers === 1 ? '' : 's'}`,
        waits,
        runs,
        jobs,
      });
    }
    await database.close();
    return measured;
  } finally {
    await place.remove();
  }
}

/**
 * How soon and how many runs without a browser start, over the queue library's jobs on the same database, by as many
 * processes with as many loops as a worker has slots. `--runs`, `--single` and `--slots` say how many.
 */
export async function workers(): Promise<void> {
  const options = numbers({ runs: 2_000, single: 200, slots: 10 });
  warnWithoutPostgres();
  const measured = [await onPglite(options), ...(onPostgres ? await onServer(options) : [])];
  const rows = measured.map(({ what, waits, runs, jobs }) => ({
    what,
    'POST to start p50, ms': round(percentile(waits, 0.5), 1),
    'p99, ms': round(percentile(waits, 0.99), 1),
    'runs a second': round(runs, 1),
    'bare jobs a second': round(jobs, 1),
    'runs over jobs': round(runs / jobs),
  }));
  report('workers', rows, { ...options, measured: rows });
}
