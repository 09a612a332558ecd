import { afterAll, beforeAll, expect, it } from 'vitest';
import { type App, createApp } from '../../../packages/server/src/app.ts';
import { onPostgres, testSeeds } from '../../support/database.ts';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import {
  askingWorkflow,
  createSchedule,
  fire,
  hourly,
  hoursBefore,
  linesOnce,
  makeDue,
  type OwnTime,
  ownTime,
  schedulesOf,
  sql,
} from '../../support/schedules.ts';

let lapwing: Lapwing;
/** Runs are held here, so that none costs time. */
let gate: Gate;
let workflow: string;
let own: OwnTime;
/** On a PostgreSQL server, servers of their own with a pool each; the embedded database is one process's. */
const others: App[] = [];

beforeAll(async () => {
  [lapwing, gate] = await Promise.all([startLapwing({ LAPWING_SLOTS: '1' }), startGate()]);
  workflow = await askingWorkflow(lapwing);
  const { config } = lapwing.server.app;
  const seeds = await testSeeds();
  if (onPostgres)
    others.push(...(await Promise.all(Array.from({ length: 3 }, () => createApp(config, seeds)))));
});
afterAll(async () => {
  gate.open();
  await Promise.all(others.map((app) => app.close()));
  await lapwing.close();
  await gate.close();
});

/** Four schedulers. */
const schedulers = () =>
  [lapwing.server.app, ...others, ...Array(3).fill(lapwing.server.app)]
    .slice(0, 4)
    .map((app) => schedulesOf(app, () => own.now));

/** How many lines and runs there are, and how many instants, runs and jobs they tell of. */
async function tally() {
  const [row] = await sql(
    lapwing.server.app,
    `select count(*)::int as lines, count(distinct (workflow_schedule_id, due_at))::int as instants,
       count(run_id)::int as started, count(distinct run_id)::int as run_ids,
       (select count(*)::int from runs where workflow_schedule_id is not null) as runs,
       (select count(*)::int from pgboss.job where data -> 'payload' ->> 'run_id' like 'wr_sched_%') as jobs,
       (select sum(runs_started)::int from workflow_schedules) as counted
     from schedule_fires`,
  );
  return row;
}

it('many schedules that are due at once have one line, one run and one job each, whoever fires them', async () => {
  own = await ownTime('2031-05-01T08:00:00Z', lapwing);
  const count = 40;
  for (let index = 0; index < count; index += 1)
    await own.create(workflow, { parameters: { url: gate.url('asked') } });
  own.now = new Date('2031-05-01T09:00:00Z');
  const written = await Promise.all(schedulers().map(fire));
  const all = { lines: count, instants: count, started: count, run_ids: count, runs: count };
  expect(await tally()).toMatchObject({ ...all, counted: count });
  expect(written.reduce((sum, lines) => sum + lines, 0)).toBe(count);
  expect(await Promise.all(schedulers().map(fire))).toEqual([0, 0, 0, 0]);
});

it('instants of several hours are caught up by several schedulers, each once and in order', async () => {
  own = await ownTime('2031-05-01T08:00:00Z', lapwing);
  await sql(lapwing.server.app, 'delete from schedule_fires');
  await sql(lapwing.server.app, 'update runs set workflow_schedule_id = null');
  await sql(lapwing.server.app, 'update workflow_schedules set runs_started = 0');
  for (let index = 0; index < 6; index += 1) {
    const fields = { cron_expression: '0 * * * *', catch_up: 'all' };
    await own.create(workflow, { ...fields, parameters: { url: gate.url('asked') } });
  }
  own.now = new Date('2031-05-02T08:30:00Z');
  await Promise.all(schedulers().map(fire));
  const all = { lines: 144, instants: 144, started: 144, run_ids: 144, runs: 144 };
  expect(await tally()).toMatchObject({ ...all, counted: 144 });
});

it('beside the worker of the server, which fires by itself', async () => {
  own = await ownTime(new Date().toISOString(), lapwing);
  const { cron, last } = hourly(30);
  const schedule = await createSchedule(lapwing, workflow, {
    ...{ cron_expression: cron, catch_up: 'all' },
    parameters: { url: gate.url('asked') },
  });
  own.now = new Date();
  const services = schedulers();
  await makeDue(lapwing, schedule, hoursBefore(last, 9));
  await Promise.all(services.map(fire));
  const lines = await linesOnce(lapwing, schedule, 10);
  expect(new Set(lines.map(({ run_id }) => run_id)).size).toBe(10);
});
