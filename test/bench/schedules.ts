import { setTimeout } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Database } from '../../packages/server/src/db/database.ts';
import { runJob } from '../../packages/server/src/domain/runs/service.ts';
import { onPostgres } from '../support/database.ts';
import { startLapwing } from '../support/lapwing.ts';
import { createServerPlace } from '../support/server-process.ts';
import { numbers } from './arguments.ts';
import {
  announce,
  embedded,
  openServerDatabase,
  query,
  settleTables,
  warnWithoutPostgres,
} from './databases.ts';
import { holdJobs } from './held-jobs.ts';
import { residentMb } from './memory.ts';
import { type Asking, ask, createWorkflow, noOp, runToEnd } from './no-op.ts';
import { rowsOfRun, writeRun } from './run-rows.ts';
import { atOnce, percentile, report, round } from './table.ts';

/** As many transactions at a time as the scheduler has. */
const lanes = 4;
/** Lines that are written by raw SQL. */
const rawCount = 500;
const patienceMs = 15 * 60_000;

interface Options {
  readonly schedules: number;
  readonly workflows: number;
  /** Seconds until they are due. */
  readonly ahead: number;
  /** 0: their runs are carried out meanwhile, as in production. Else they are kept from the workers. */
  readonly hold: number;
}

interface Ground {
  readonly what: string;
  readonly server: Asking;
  readonly database: Database;
  /** The process that fires. */
  readonly pid: number;
}

interface Measured {
  readonly what: string;
  /** Milliseconds from the due instant to each line of the ledger. */
  readonly lateness: readonly number[];
  readonly rawPerSecond: number;
  /** Runs that had ended when the last line was written. */
  readonly ended: number;
  /** Of the process that fires. */
  readonly memoryMb: { readonly before: number; readonly highest: number; readonly after: number };
}

/** One schedule of each workflow by the API, the others as copies of those. All of them sleep for half a day. */
async function createSchedules({ server, database }: Ground, options: Options): Promise<void> {
  const { schedules, workflows } = options;
  const far = new Date(Date.now() + 12 * 3_600_000);
  const cron_expression = `${far.getUTCMinutes()} ${far.getUTCHours()} * * *`;
  await atOnce(lanes, workflows, async () => {
    const workflow = await createWorkflow(server, noOp);
    const path = `/v1/agents/${workflow}/schedules`;
    await ask(server, 'POST', path, { cron_expression, timezone: 'UTC' });
  });
  await query(
    database,
    `insert into workflow_schedules
     select (jsonb_populate_record(kept, jsonb_build_object('workflow_schedule_id', kept.workflow_schedule_id || '_' || n))).*
       from workflow_schedules as kept, generate_series(1, $1::int) as n order by n limit $2`,
    [Math.ceil(schedules / workflows), schedules - workflows],
  );
}

/** Lines a second by bare statements: the schedule that goes on, its line, its run and the job of that. */
async function rawLines({ server, database }: Ground): Promise<number> {
  const workflow = await createWorkflow(server, noOp);
  const rows = await rowsOfRun(database, await runToEnd(server, workflow));
  const release = await holdJobs(database, runJob);
  const waiting = await query<{ id: string; organization: string }>(
    database,
    'select workflow_schedule_id as id, organization_id as organization from workflow_schedules limit $1',
    [rawCount],
  );
  const count = waiting.length;
  const { seconds } = await atOnce(lanes, count, async () => {
    const { id, organization } = waiting.pop() ?? {};
    await database.transaction(async (tx) => {
      await tx.execute(
        sql`update workflow_schedules set runs_started = runs_started where workflow_schedule_id = ${id}`,
      );
      await writeRun(tx, rows, `wr_${id}`);
      await tx.execute(
        sql`insert into schedule_fires (schedule_fire_id, workflow_schedule_id, organization_id, due_at, cause, state, run_id)
            values (${`wsf_${id}`}, ${id}, ${organization}, now(), 'clock', 'started', ${`wr_${id}`})`,
      );
    });
  });
  for (const table of ['pgboss.job', 'schedule_fires'])
    await query(database, `delete from ${table}`);
  await release();
  return count / seconds;
}

/** Waits for the lines, and looks at the process meanwhile. @returns the most memory that it had. */
async function allWritten({ database, pid }: Ground, lines: number): Promise<number> {
  const late = performance.now() + patienceMs;
  let highest = 0;
  while (performance.now() < late) {
    const [written] = await query<{ count: number }>(
      database,
      'select count(*)::int as count from schedule_fires',
    );
    highest = Math.max(highest, residentMb(pid));
    if (written?.count === lines) return highest;
    await setTimeout(500);
  }
  throw new Error(`After ${patienceMs / 60_000} minutes not every schedule had its line`);
}

async function measure(ground: Ground, options: Options): Promise<Measured> {
  const { what, database, pid } = ground;
  await announce(database);
  await createSchedules(ground, options);
  const rawPerSecond = await rawLines(ground);
  await settleTables(database);
  if (options.hold !== 0) await holdJobs(database, runJob);
  const before = residentMb(pid);
  await query(database, 'update workflow_schedules set next_due_at = $1, next_fire_at = $1', [
    new Date(Date.now() + options.ahead * 1_000).toISOString(),
  ]);
  const highest = await allWritten(ground, options.schedules);
  const [runs] = await query<{ ended: number }>(
    database,
    `select count(*)::int as ended from runs where workflow_schedule_id is not null and status = 'completed'`,
  );
  const lines = await query<{ ms: number }>(
    database,
    `select (extract(epoch from created_at - due_at) * 1000)::float8 as ms from schedule_fires where state = 'started'`,
  );
  if (lines.length !== options.schedules)
    throw new Error(`Only ${lines.length} schedules have started a run`);
  return {
    what,
    lateness: lines.map(({ ms }) => ms),
    rawPerSecond,
    ended: runs?.ended ?? 0,
    memoryMb: { before, highest, after: residentMb(pid) },
  };
}

const settings = { LAPWING_RECORDING: 'off', LAPWING_LOG_LEVEL: 'error' };

/** This process is the server: nobody else may open its database. */
async function onPglite(options: Options): Promise<Measured> {
  const lapwing = await startLapwing({ ...settings, ...embedded });
  try {
    const { database } = lapwing.server.app;
    const ground = { what: 'PGlite, 1 process', server: lapwing, database, pid: process.pid };
    return await measure(ground, options);
  } finally {
    await lapwing.close();
  }
}

async function onServer(options: Options): Promise<Measured> {
  const place = await createServerPlace();
  try {
    const server = await place.start(settings, 'api');
    const { pid } = await place.start(settings, 'worker');
    const database = await openServerDatabase(place);
    const what = 'PostgreSQL, API and 1 worker';
    const measured = await measure({ what, server, database, pid }, options);
    await database.close();
    return measured;
  } finally {
    await place.remove();
  }
}

/**
 * How late the lines of the ledger are when many schedules are due at one instant, and what memory the process needs that
 * fires them. `--schedules` and `--workflows` say how many; with `--hold 1` nobody carries their runs out meanwhile.
 */
export async function schedules(): Promise<void> {
  const options = numbers({ schedules: 10_000, workflows: 200, ahead: 5, hold: 0 });
  warnWithoutPostgres();
  const measured = [await onPglite(options), ...(onPostgres ? [await onServer(options)] : [])];
  const rows = measured.map(({ what, lateness, rawPerSecond, ended, memoryMb }) => {
    const last = Math.max(...lateness);
    const perSecond = (lateness.length / last) * 1_000;
    return {
      what,
      'p50, s': round(percentile(lateness, 0.5) / 1_000),
      'p99, s': round(percentile(lateness, 0.99) / 1_000),
      'last, s': round(last / 1_000),
      'lines a second': round(perSecond, 0),
      'by raw SQL': round(rawPerSecond, 0),
      'raw over lines': round(rawPerSecond / perSecond),
      'runs ended by then': ended,
      'MB before': memoryMb.before,
      'highest MB': memoryMb.highest,
      'MB after': memoryMb.after,
    };
  });
  report('schedules', rows, { ...options, measured: rows });
}
