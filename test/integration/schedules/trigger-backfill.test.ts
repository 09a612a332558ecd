import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
  type TestSchedule,
} from '../../support/schedules.ts';

let lapwing: Lapwing;
/** Runs are held here, so that none costs time. */
let gate: Gate;
let workflow: string;
let schedule: TestSchedule;

beforeAll(async () => {
  [lapwing, gate] = await Promise.all([startLapwing({ LAPWING_SLOTS: '1' }), startGate()]);
  workflow = await askingWorkflow(lapwing);
});
afterAll(async () => {
  gate.open();
  await lapwing.close();
  await gate.close();
});

const { cron, last } = hourly(30);
const wire = (instant: Date) => instant.toISOString().replace('.000', '');
/** Wants a parameter that no schedule of this file has. */
const wanting = {
  title: 'Wants more',
  workflow_definition: {
    parameters: [{ parameter_type: 'workflow', key: 'region', workflow_parameter_type: 'string' }],
    blocks: [{ block_type: 'wait', label: 'wait', wait_sec: 1 }],
  },
};

beforeEach(async () => {
  const parameters = { url: gate.url('asked') };
  schedule = await createSchedule(lapwing, workflow, { cron_expression: cron, parameters });
});

describe('a trigger', () => {
  const trigger = (body?: object, headers?: Record<string, string>) =>
    lapwing.request('POST', `${schedule.path}/trigger`, body, headers);

  it('starts a run now, which is one of the schedule and none of the clock', async () => {
    const before = Date.now();
    const { status, body } = await trigger(undefined, { 'x-user-agent': 'skyvern-ui' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      schedule_fire_id: expect.stringMatching(/^wsf_/),
      workflow_schedule_id: schedule.id,
      outcome: 'triggered',
      reason: null,
      run_id: expect.stringMatching(/^wr_sched_/),
    });
    expect(Math.abs(Date.parse(body.due_at) - before)).toBeLessThan(60_000);
    const { body: listed } = await lapwing.request('GET', `/v1/agents/${workflow}/runs`);
    expect(listed[0]).toMatchObject({
      ...{ workflow_run_id: body.run_id, workflow_schedule_id: schedule.id },
      trigger_type: 'manual',
    });
    const { body: read } = await lapwing.request('GET', schedule.path);
    expect(read.schedule.runs_started).toBe(0);
  });

  it('starts one though the schedule is disabled', async () => {
    await lapwing.request('POST', `${schedule.path}/disable`);
    expect((await trigger()).body.outcome).toBe('triggered');
  });

  it('that comes several times at once starts as many', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => trigger()));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(6);
    expect(new Set(answers.map(({ body }) => body.due_at)).size).toBe(6);
  });

  it('under a key starts one run, however often it comes and whatever became of the schedule', async () => {
    const key = { 'idempotency-key': 'once' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => trigger({}, key)));
    const ids = new Set(answers.map(({ body }) => body.schedule_fire_id));
    expect([...ids]).toHaveLength(1);
    await lapwing.request('PUT', schedule.path, {
      ...{ cron_expression: cron, timezone: 'UTC', overlap_policy: 'skip' },
      parameters: { url: gate.url('asked') },
    });
    expect(ids).toContain((await trigger(undefined, key)).body.schedule_fire_id);
    expect(await ledgerOf(lapwing, schedule)).toHaveLength(1);
    const other = await trigger({ overlap_policy: 'allow' }, key);
    expect(other.status).toBe(409);
    expect(other.body.detail).toContain('once');
  });

  it.each([
    [{ overlap_policy: 'wait' }, 422],
    [{ overlap_policy: 1 }, 422],
  ])('%j is refused', async (body, status) => {
    expect((await trigger(body)).status).toBe(status);
  });

  it('is refused where the parameters do not fit, and leaves no line', async () => {
    const changing = await askingWorkflow(lapwing);
    const other = await createSchedule(lapwing, changing);
    await lapwing.request('POST', `/v1/agents/${changing}`, { json_definition: wanting });
    const answer = await lapwing.request('POST', `${other.path}/trigger`);
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain('region');
    expect(await ledgerOf(lapwing, other)).toEqual([]);
  });
});

describe('a backfill', () => {
  const backfill = (from: Date, to: Date, fields: object = {}) =>
    lapwing.request('POST', `${schedule.path}/backfill`, { from, to, ...fields });
  const outcomes = (fires: readonly { readonly outcome: string }[]) =>
    fires.map(({ outcome }) => outcome);

  it('starts a run for each past instant from the first to the last, and none twice', async () => {
    const { status, body } = await backfill(hoursBefore(last, 3), last);
    expect(status).toBe(200);
    expect(body.unchanged).toBe(0);
    expect(body.fires.map(({ due_at }: { due_at: string }) => due_at)).toEqual(
      [3, 2, 1, 0].map((hours) => wire(hoursBefore(last, hours))),
    );
    expect(outcomes(body.fires)).toEqual(Array(4).fill('backfilled'));
    const again = await backfill(hoursBefore(last, 4), last);
    expect(again.body.unchanged).toBe(4);
    expect(again.body.fires).toMatchObject([{ due_at: wire(hoursBefore(last, 4)) }]);
    expect(await ledgerOf(lapwing, schedule)).toHaveLength(5);
    const { body: read } = await lapwing.request('GET', schedule.path);
    expect(read.schedule.runs_started).toBe(0);
  });

  it('that comes several times at once starts each run once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => backfill(hoursBefore(last, 30), last)),
    );
    const fires = answers.flatMap(({ body }) => body.fires);
    expect(fires).toHaveLength(31);
    expect(answers.reduce((sum, { body }) => sum + body.unchanged, 0)).toBe(3 * 31);
    expect(await ledgerOf(lapwing, schedule)).toHaveLength(31);
  });

  it('gives instants that were missed their runs, on the lines that they have', async () => {
    await makeDue(lapwing, schedule, hoursBefore(last, 2));
    const before = await linesOnce(lapwing, schedule, 3);
    expect(outcomes(before)).toEqual(['missed', 'missed', 'caught_up']);
    const { body } = await backfill(hoursBefore(last, 2), last);
    expect(body.unchanged).toBe(1);
    expect(outcomes(body.fires)).toEqual(['backfilled', 'backfilled']);
    const after = await ledgerOf(lapwing, schedule);
    const ids = (lines: typeof after) => lines.map((line) => line.schedule_fire_id);
    expect(ids(after)).toEqual(ids(before));
    expect(after[0]).toMatchObject({ reason: null, run_id: expect.stringMatching(/^wr_sched_/) });
  });

  it('comes before the clock: an instant that it had is none of the clock any more', async () => {
    await makeDue(lapwing, schedule, last, new Date(Date.now() + 20 * 60_000));
    expect((await backfill(last, last)).body.fires).toMatchObject([{ outcome: 'backfilled' }]);
    await lapwing.request('POST', `${schedule.path}/disable`);
    expect(outcomes(await ledgerOf(lapwing, schedule))).toEqual(['backfilled']);
    const { body } = await lapwing.request('GET', schedule.path);
    expect(body.schedule.runs_started).toBe(0);
  });

  it('heeds the policy for open runs that it names', async () => {
    const { body } = await backfill(hoursBefore(last, 3), last, { overlap_policy: 'skip' });
    expect(outcomes(body.fires)).toEqual(['backfilled', 'skipped', 'skipped', 'skipped']);
    // What was skipped has no run: it may be asked for once more.
    const again = await backfill(hoursBefore(last, 3), last, { overlap_policy: 'allow' });
    expect(again.body.unchanged).toBe(1);
    expect(outcomes(again.body.fires)).toEqual(Array(3).fill('backfilled'));
  });

  it('starts the last run only where one gives way to the next', async () => {
    const policy = { overlap_policy: 'cancel_previous' };
    const { body } = await backfill(hoursBefore(last, 59), last, policy);
    expect(outcomes(body.fires)).toEqual([...Array(59).fill('skipped'), 'backfilled']);
  });

  it.each([
    ['that ends in the future', [last, new Date(Date.now() + 3_600_000)], /nor to after now/],
    ['that ends before it begins', [last, hoursBefore(last, 1)], /from must not be after to/],
    ['of more than 500 instants', [hoursBefore(last, 500), last], /more than 500.*first/],
  ] as const)('%s is refused', async (_, [from, to], message) => {
    const { status, body } = await backfill(from, to);
    expect(status).toBe(400);
    expect(body.detail).toMatch(message);
    expect(await ledgerOf(lapwing, schedule)).toEqual([]);
  });

  it('without instants does nothing', async () => {
    const { status, body } = await backfill(
      new Date(last.getTime() + 1),
      new Date(last.getTime() + 60_000),
    );
    expect([status, body]).toEqual([200, { fires: [], unchanged: 0 }]);
  });

  it.each([{ from: 'yesterday' }, { to: null }, { overlap_policy: 'wait' }])(
    '%j is refused',
    async (fields) => expect((await backfill(last, last, fields)).status).toBe(422),
  );
});
