import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startScheduler } from '../../../packages/server/src/worker/scheduler.ts';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import {
  askingWorkflow,
  createSchedule,
  hourly,
  hoursBefore,
  ledgerOf,
  linesOnce,
  makeDue,
  patiently,
  schedulesOf,
  sql,
  type TestSchedule,
} from '../../support/schedules.ts';

let lapwing: Lapwing;
let gate: Gate;
let schedule: TestSchedule;

beforeAll(async () => {
  [lapwing, gate] = await Promise.all([startLapwing(), startGate()]);
  gate.open();
});
afterAll(async () => {
  await lapwing.close();
  await gate.close();
});

const { cron, last } = hourly(30);

beforeEach(async () => {
  await sql(lapwing.server.app, 'delete from schedule_fires');
  await sql(lapwing.server.app, 'delete from workflow_schedules');
  const parameters = { url: gate.url('asked') };
  schedule = await createSchedule(lapwing, await askingWorkflow(lapwing), {
    ...{ cron_expression: cron, parameters },
  });
});

const health = async () => {
  const { status, body } = await lapwing.request('GET', '/health');
  return { status, overall: body.status, ...body.checks.schedules };
};
const metric = async (name: string) => {
  const { body } = await lapwing.request('GET', '/metrics');
  return Number(
    body
      .split('\n')
      .find((line: string) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );
};
/** Takes a schedule its next instant, as no code of ours does. */
const strand = (column: 'next_due_at' | 'next_fire_at', changedAt = new Date()) =>
  sql(
    lapwing.server.app,
    `update workflow_schedules set ${column} = null, modified_at = $2 where workflow_schedule_id = $1`,
    [schedule.id, changedAt.toISOString()],
  );
const times = async () => {
  const [row] = await sql(
    lapwing.server.app,
    'select next_due_at, next_fire_at from workflow_schedules where workflow_schedule_id = $1',
    [schedule.id],
  );
  return [row?.next_due_at, row?.next_fire_at];
};

/** One more scheduler, whose log is read, until the work is done. */
async function withScheduler(
  work: (log: readonly { msg: string }[]) => Promise<void>,
  hoursAhead = 0,
) {
  const lines: { msg: string }[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const { app } = lapwing.server;
  const schedules = schedulesOf(app, () => hoursBefore(new Date(), -hoursAhead));
  const stop = startScheduler({ schedules, runs: app.runs, log });
  try {
    await work(lines);
  } finally {
    await stop();
  }
}

describe('a schedule that is enabled and has no next instant', () => {
  it.each(['next_due_at', 'next_fire_at'] as const)(
    'without %s shows in health and metrics, is given one, and is in the log',
    async (column) => {
      expect(await health()).toMatchObject({
        ok: true,
        detail: '1 enabled, 0 put right in the last hour',
      });
      const before = await times();
      await strand(column);
      expect(await health()).toMatchObject({
        // The server works in spite of it.
        ...{ status: 200, overall: 'degraded', ok: false },
        detail: expect.stringContaining('1 without a next instant'),
      });
      expect(await metric('lapwing_schedules{state="stranded"}')).toBe(1);
      await withScheduler(async (log) => {
        await expect.poll(() => log.length, patiently).toBe(1);
        expect(log).toMatchObject([{ level: 40, schedule_ids: [schedule.id] }]);
      });
      expect(await times()).toEqual(before);
      expect(await health()).toMatchObject({
        ok: true,
        detail: '1 enabled, 1 put right in the last hour',
      });
      expect(await metric('lapwing_schedules{state="stranded"}')).toBe(0);
      expect(await metric('lapwing_schedules{state="enabled"}')).toBe(1);
    },
  );

  it('loses none of the instants that came meanwhile', async () => {
    await strand('next_due_at', hoursBefore(last, 2.5));
    await withScheduler(async () => {
      const lines = await linesOnce(lapwing, schedule, 3);
      expect(lines.map(({ outcome }) => outcome)).toEqual(['missed', 'missed', 'caught_up']);
    });
  });

  it('goes on behind the last instant that has a line', async () => {
    await makeDue(lapwing, schedule, hoursBefore(last, 1));
    await linesOnce(lapwing, schedule, 2);
    await strand('next_due_at', hoursBefore(last, 5));
    await lapwing.server.app.schedules.firing.repair();
    expect((await times())[0]).toEqual(hoursBefore(last, -1));
    expect(await ledgerOf(lapwing, schedule)).toHaveLength(2);
  });

  it('is repaired when a worker starts', async () => {
    await strand('next_due_at');
    await lapwing.restart();
    await expect.poll(async () => (await health()).ok, patiently).toBe(true);
    expect((await times())[0]).toEqual(hoursBefore(last, -1));
  });

  it('is left alone where it is disabled', async () => {
    await lapwing.request('POST', `${schedule.path}/disable`);
    expect(await times()).toEqual([null, null]);
    expect(await lapwing.server.app.schedules.firing.repair()).toEqual([]);
    expect(await health()).toMatchObject({ ok: true, detail: expect.stringMatching(/^0 enabled/) });
  });
});

describe('a schedule that is late', () => {
  it('by more than a minute is a fault, up to a minute is none', async () => {
    const { app } = lapwing.server;
    const next = hoursBefore(last, -1);
    const seen = (seconds: number) =>
      schedulesOf(app, () => new Date(next.getTime() + seconds * 1000));
    expect(await seen(60).checkHealth()).toBe('1 enabled, 0 put right in the last hour');
    expect(await seen(60).health()).toMatchObject({ late: 0, longestLateSeconds: 0 });
    await expect(seen(61).checkHealth()).rejects.toThrow(/1 late by up to 61 s/);
    expect(await seen(61).health()).toMatchObject({ late: 1, longestLateSeconds: 61 });
  });

  it('is fired, and shows in health and the log', async () => {
    // The next instant, two hours from now: the worker of the server does not think that it has come.
    await withScheduler(async (log) => {
      await expect.poll(() => log.length, patiently).toBe(1);
      expect(log).toMatchObject([
        { level: 40, msg: 'Schedules were late and have been fired', schedules: 1 },
      ]);
    }, 2);
    expect(await ledgerOf(lapwing, schedule)).toMatchObject([{}, { outcome: 'caught_up' }]);
    const [row] = await sql(lapwing.server.app, 'select repaired_at from workflow_schedules');
    expect(row?.repaired_at).not.toBeNull();
  });
});
