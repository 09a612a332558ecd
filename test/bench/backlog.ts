import type { PgBoss } from 'pg-boss';
import type { Database } from '../../packages/server/src/db/database.ts';
import { runJob } from '../../packages/server/src/domain/runs/service.ts';
import { createEngine } from '../../packages/server/src/queue/engine.ts';
import { testLog } from '../support/database.ts';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { addOrganization } from '../support/organizations.ts';
import { startRun } from '../support/runs.ts';
import { numbers } from './arguments.ts';
import { copyRuns } from './copies.ts';
import {
  announce,
  embedded,
  kinds,
  query,
  settleTables,
  warnWithoutPostgres,
} from './databases.ts';
import { type Asking, ask, createWorkflow, noOp, runToEnd, waitsUnloaded } from './no-op.ts';
import { percentile, report, round } from './table.ts';

/** The embedded database gets a tenth: it is for one machine, and would take half an hour to be filled. */
const embeddedShare = 10;
/** Runs at a time that the crowded organization may have: fewer than a worker has slots, so that others find one. */
const limit = 2;

/** Milliseconds, one for each time. */
type Times = readonly number[];

interface Measured {
  readonly what: string;
  readonly starts: Times;
  readonly claims: Times;
  readonly admissions: Times;
}

/** A server with an organization whose limit is reached, and whose other runs wait. */
interface Crowd {
  readonly lapwing: Lapwing;
  /** No-op runs of the other organization. */
  readonly workflow: string;
  /** A run that waits for its place. */
  readonly waiting: string;
  /** A run of the other organization that is over. */
  readonly past: string;
  readonly crowded: string;
}

async function gather(lapwing: Lapwing): Promise<Crowd> {
  const { organizationId: crowded, headers } = await addOrganization(lapwing, 'crowded');
  const asThem: Asking = {
    request: (method, path, body) => lapwing.request(method, path, body, headers),
  };
  await ask(asThem, 'PUT', '/api/v1/organizations', { max_concurrent_runs: limit });
  // So long that none ends by itself.
  const long = await createWorkflow(asThem, [
    { block_type: 'wait', label: 'wait', wait_sec: 1_800 },
  ]);
  for (let count = 0; count < limit; count += 1) await startRun(asThem, long);
  // Its copies go before it: it is never let in.
  const waiting = await startRun(asThem, long, { priority: -1 });
  const workflow = await createWorkflow(lapwing, noOp);
  return { lapwing, workflow, waiting, past: await runToEnd(lapwing, workflow), crowded };
}

/** One statement of a worker that looks for a run to carry out. */
async function claim(boss: PgBoss, times: number[]) {
  const began = performance.now();
  const [job] = await boss.fetch<{ payload: { run_id: string } }>(runJob);
  times.push(performance.now() - began);
  if (job === undefined) throw new Error('No run was in the queue');
  return { id: job.id, runId: job.data.payload.run_id };
}

const result = {
  status: 'completed',
  failureReason: null,
  output: null,
  errors: [],
  stepCount: 0,
} as const;

/** Does a worker's work on runs of the crowded organization, whose every end lets the next one in. */
async function claimAndEnd({ server }: Lapwing, rounds: number) {
  const { database, runs } = server.app;
  const boss = createEngine(database, testLog);
  await boss.start();
  const claims: number[] = [];
  const admissions: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { id, runId } = await claim(boss, claims);
    const taken = await runs.execution.take(runId);
    if (taken === null) throw new Error(`Run ${runId} could not be taken up`);
    const began = performance.now();
    await runs.execution.end(taken, result);
    admissions.push(performance.now() - began);
    await boss.deleteJob(runJob, id);
  }
  await boss.stop({ graceful: false, close: false });
  return { claims, admissions };
}

async function measure(crowd: Crowd, what: string, rounds: number): Promise<Measured> {
  const { lapwing, workflow } = crowd;
  await settleTables(lapwing.server.app.database);
  const starts = await waitsUnloaded(lapwing, workflow, rounds);
  // What a worker would do is done by hand, so that each step can be timed.
  await lapwing.server.worker?.close();
  const times = await claimAndEnd(lapwing, rounds);
  await lapwing.restart();
  console.log(`${what}: measured`);
  return { what, starts, ...times };
}

interface Sizes {
  readonly waiting: number;
  readonly past: number;
  readonly rounds: number;
}

async function ofKind(kind: Database['kind'], sizes: Sizes): Promise<Measured[]> {
  const { rounds, waiting, past } = sizes;
  const lapwing = await startLapwing({
    LAPWING_RECORDING: 'off',
    LAPWING_DRAIN_SECONDS: '0',
    ...(kind === 'pglite' && embedded),
  });
  try {
    await announce(lapwing.server.app.database);
    const crowd = await gather(lapwing);
    // Those that the measurement itself uses up.
    const few = 3 * rounds;
    const database = () => lapwing.server.app.database;
    const wait = (from: number, to: number) =>
      copyRuns(database(), { runId: crowd.waiting, from, to, differences: `'priority', 0` });
    await wait(1, few);
    const measured = [await measure(crowd, `${kind}: nothing else`, rounds)];
    await wait(few + 1, few + waiting);
    measured.push(await measure(crowd, `${kind}: ${waiting} wait`, rounds));
    // Every second one is the crowded organization's, and they ended one second after the other.
    await copyRuns(database(), {
      runId: crowd.past,
      from: 1,
      to: past,
      differences: `'organization_id', case when n % 2 = 0 then '${crowd.crowded}' else kept.organization_id end,
        'created_at', kept.created_at - n * interval '1 second', 'finished_at', kept.finished_at - n * interval '1 second'`,
    });
    measured.push(await measure(crowd, `${kind}: ${waiting} wait, ${past} are past`, rounds));
    await expectCounts(database(), waiting, past);
    return measured;
  } finally {
    await lapwing.close();
  }
}

/** What was measured has to be what was meant. */
async function expectCounts(database: Database, waiting: number, past: number): Promise<void> {
  const [counts] = await query<{ waiting: number; over: number }>(
    database,
    `select (count(*) filter (where admission = 'waiting'))::int as waiting,
            (count(*) filter (where admission = 'over'))::int as over from runs`,
  );
  if (counts === undefined || counts.waiting < waiting || counts.over < past)
    throw new Error(`The backlog was not as it should be: ${JSON.stringify(counts)}`);
}

/** Ratios are those of the middle values, to those with nothing else on the same database. */
function rowsOf(measured: readonly Measured[]): Record<string, string | number>[] {
  const [first] = measured;
  const columns = { start: 'starts', claim: 'claims', 'end and admit': 'admissions' } as const;
  return measured.map((one) => {
    const cells = Object.entries(columns).flatMap(([name, key]) => {
      const p50 = percentile(one[key], 0.5);
      return [
        [`${name} p50, ms`, round(p50)],
        [`${name} p99, ms`, round(percentile(one[key], 0.99))],
        [`${name} ratio`, round(p50 / percentile(first?.[key] ?? [], 0.5))],
      ];
    });
    return { what: one.what, ...Object.fromEntries(cells) };
  });
}

/**
 * What a start, a claim and an admission cost while 100,000 runs of another organization wait, and with a million past
 * runs, over the same with nothing else. `--waiting`, `--past` and `--rounds` say how many.
 */
export async function backlog(): Promise<void> {
  const sizes = numbers({ waiting: 100_000, past: 1_000_000, rounds: 200 });
  warnWithoutPostgres();
  const rows: Record<string, string | number>[] = [];
  for (const kind of kinds) {
    const share = kind === 'pglite' ? embeddedShare : 1;
    const own = { ...sizes, waiting: sizes.waiting / share, past: sizes.past / share };
    rows.push(...rowsOf(await ofKind(kind, own)));
  }
  report('backlog', rows, { ...sizes, measured: rows });
}
