import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { onPostgres } from '../../support/database.ts';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended } from '../../support/runs.ts';
import {
  askingWorkflow,
  createSchedule,
  hourly,
  hoursBefore,
  ledgerOf,
  linesOnce,
  makeDue,
  patiently,
  type TestSchedule,
} from '../../support/schedules.ts';

let lapwing: Lapwing;
let gate: Gate;

beforeAll(async () => {
  lapwing = await startLapwing({ LAPWING_SLOTS: '8' });
});
afterAll(() => lapwing.close());
beforeEach(async () => {
  gate = await startGate();
});
afterEach(async () => {
  gate.open();
  await gate.close();
});

/** An instant of just now, so that it is in time however long the tests before took. */
let cron: string;
let last: Date;

beforeEach(() => {
  ({ cron, last } = hourly(2));
});

/** A schedule with one open run, and the id of that run. */
async function busySchedule(fields: object): Promise<TestSchedule & { readonly open: string }> {
  const workflow = await askingWorkflow(lapwing);
  const parameters = { url: gate.url('held') };
  const schedule = await createSchedule(lapwing, workflow, {
    cron_expression: cron,
    parameters,
    ...fields,
  });
  const fired = await lapwing.request('POST', `${schedule.path}/trigger`);
  expect(fired.body).toMatchObject({ outcome: 'triggered' });
  await gate.reached(1);
  return { ...schedule, open: fired.body.run_id };
}

/** The line of the last instant by the clock, once it is there. */
async function lineOf(schedule: TestSchedule) {
  const due_at = last.toISOString().replace('.000', '');
  const find = async () =>
    (await ledgerOf(lapwing, schedule)).find((line) => line.due_at === due_at);
  await expect.poll(find, patiently).toBeDefined();
  return find();
}

const runOf = async (runId: string) => (await lapwing.request('GET', `/v1/runs/${runId}`)).body;

describe('when an instant comes and a run of the schedule is open', () => {
  it('allow starts one more', async () => {
    const schedule = await busySchedule({});
    await makeDue(lapwing, schedule, last);
    await gate.reached(2);
    expect(gate.held).toHaveLength(2);
    expect(await lineOf(schedule)).toMatchObject({ outcome: 'started', reason: null });
  });

  it('skip starts none, and the line names the open run', async () => {
    const schedule = await busySchedule({ overlap_policy: 'skip' });
    await makeDue(lapwing, schedule, last);
    expect(await lineOf(schedule)).toMatchObject({
      ...{ outcome: 'skipped', run_id: null },
      reason: expect.stringContaining(schedule.open),
    });
    await gate.release();
    expect(await ended(lapwing, schedule.open)).toMatchObject({ status: 'completed' });
    expect(gate.arrived).toHaveLength(1);
  });

  it('queue_one starts one when the open run has ended, and one waits at most', async () => {
    const schedule = await busySchedule({ overlap_policy: 'queue_one', catch_up: 'all' });
    await makeDue(lapwing, schedule, hoursBefore(last, 1));
    const [waiting, skipped, first] = await linesOnce(lapwing, schedule, 3);
    expect(first).toMatchObject({ outcome: 'triggered', run_status: 'running' });
    expect(waiting).toMatchObject({ outcome: 'queued', run_id: null, reason: null });
    expect(skipped).toMatchObject({ outcome: 'skipped', reason: expect.stringMatching(/waits/) });
    expect(gate.arrived).toHaveLength(1);
    await gate.release();
    await gate.reached(2);
    const [started, still] = await ledgerOf(lapwing, schedule);
    expect(started).toMatchObject({
      schedule_fire_id: waiting?.schedule_fire_id,
      due_at: waiting?.due_at,
      outcome: 'caught_up',
      run_id: expect.stringMatching(/^wr_sched_/),
    });
    expect(still).toMatchObject({ outcome: 'skipped' });
    await gate.release();
    expect(await ended(lapwing, started?.run_id ?? '')).toMatchObject({ status: 'completed' });
    expect(gate.most).toBe(1);
  });

  it('cancel_previous cancels the open run and starts the new one', async () => {
    const schedule = await busySchedule({ overlap_policy: 'cancel_previous' });
    await makeDue(lapwing, schedule, last);
    await gate.reached(2);
    expect(await lineOf(schedule)).toMatchObject({ outcome: 'started', reason: null });
    expect(await runOf(schedule.open)).toMatchObject({ status: 'canceled' });
    const [, before] = await linesOnce(lapwing, schedule, 2);
    expect(before).toMatchObject({
      ...{ run_id: schedule.open, run_status: 'canceled' },
      reason: expect.stringContaining(last.toISOString()),
    });
  });

  it('terminate_previous terminates it, and the run says why', async () => {
    const schedule = await busySchedule({ overlap_policy: 'terminate_previous' });
    await makeDue(lapwing, schedule, last);
    await gate.reached(2);
    expect(await runOf(schedule.open)).toMatchObject({
      status: 'terminated',
      failure_reason: expect.stringContaining(last.toISOString()),
    });
    expect(await lineOf(schedule)).toMatchObject({ outcome: 'started' });
  });
});

describe('a run that gives way', () => {
  it('is no failure', async () => {
    const fields = { overlap_policy: 'terminate_previous', pause_after_failures: 1 };
    const schedule = await busySchedule(fields);
    await makeDue(lapwing, schedule, last);
    await gate.reached(2);
    const statuses = async () =>
      (await ledgerOf(lapwing, schedule)).map(({ run_status }) => run_status).sort();
    await expect.poll(statuses, patiently).toEqual(['running', 'terminated']);
    const { body } = await lapwing.request('GET', schedule.path);
    expect(body.schedule).toMatchObject({ enabled: true, consecutive_failures: 0 });
  });

  // The embedded database does one thing after another.
  it.runIf(onPostgres)(
    'is none for those either who note its end before all have ended',
    async () => {
      const schedule = await busySchedule({ pause_after_failures: 1 });
      const { app } = lapwing.server;
      const { body: second } = await lapwing.request('POST', `${schedule.path}/trigger`);
      await gate.reached(2);
      const locked = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      const holding = app.database.transaction(async (tx) => {
        const lock = 'select 1 from runs where run_id = $1 for update';
        await app.database.executor(tx).executeSql(lock, [second.run_id]);
        locked.resolve();
        await release.promise;
      });
      await locked.promise;
      const policy = { overlap_policy: 'terminate_previous' };
      const third = lapwing.request('POST', `${schedule.path}/trigger`, policy);
      const status = async () => (await runOf(schedule.open)).status;
      await expect.poll(status, patiently).toBe('terminated');
      // One of the two has ended, the other cannot yet.
      await app.schedules.ends.note([schedule.open], new AbortController().signal);
      release.resolve();
      await holding;
      expect((await third).body).toMatchObject({ outcome: 'triggered' });
      const { body } = await lapwing.request('GET', schedule.path);
      expect(body.schedule).toMatchObject({ enabled: true, consecutive_failures: 0 });
      const lines = await ledgerOf(lapwing, schedule);
      expect(lines.map(({ reason }) => reason !== null)).toEqual([true, true, false]);
    },
  );
});

describe('a run that waits for the open one', () => {
  it('is not started where the parameters do not fit by then', async () => {
    const schedule = await busySchedule({ overlap_policy: 'queue_one' });
    await makeDue(lapwing, schedule, last);
    expect(await lineOf(schedule)).toMatchObject({ outcome: 'queued' });
    const blocks = [{ block_type: 'wait', label: 'wait', wait_sec: 1 }];
    await lapwing.request('POST', `/v1/agents/${schedule.name.workflowPermanentId}`, {
      json_definition: { title: 'Other', workflow_definition: { parameters: [], blocks } },
    });
    await gate.release();
    const outcome = async () => (await lineOf(schedule))?.outcome;
    await expect.poll(outcome, patiently).toBe('missed');
    expect(await lineOf(schedule)).toMatchObject({
      reason: expect.stringContaining('no parameter url'),
    });
  });

  it('starts though the schedule was disabled meanwhile, like one that had started', async () => {
    const schedule = await busySchedule({ overlap_policy: 'queue_one' });
    await makeDue(lapwing, schedule, last);
    expect(await lineOf(schedule)).toMatchObject({ outcome: 'queued' });
    await lapwing.request('POST', `${schedule.path}/disable`);
    await gate.release();
    await gate.reached(2);
  });

  it('is told by who asked for it: a trigger that waits is no run of the clock', async () => {
    const schedule = await busySchedule({ overlap_policy: 'queue_one' });
    const trigger = await lapwing.request('POST', `${schedule.path}/trigger`);
    expect(trigger.body).toMatchObject({ outcome: 'queued', run_id: null });
    await gate.release();
    await gate.reached(2);
    const [, started] = await linesOnce(lapwing, schedule, 2);
    expect(started).toMatchObject({ outcome: 'triggered' });
    const { body } = await lapwing.request(
      'GET',
      `/v1/agents/${schedule.name.workflowPermanentId}/runs`,
    );
    expect(body.map((run: { trigger_type: string }) => run.trigger_type)).toEqual(['api', 'api']);
  });
});

it('a trigger says by itself what is to become of the open run', async () => {
  const schedule = await busySchedule({ overlap_policy: 'skip' });
  const trigger = (overlap_policy?: string) =>
    lapwing.request('POST', `${schedule.path}/trigger`, { overlap_policy });
  expect((await trigger()).body).toMatchObject({
    outcome: 'skipped',
    reason: expect.stringContaining(schedule.open),
  });
  expect((await trigger('allow')).body).toMatchObject({ outcome: 'triggered' });
  await gate.reached(2);
  const third = await trigger('cancel_previous');
  await gate.reached(3);
  const lines = await linesOnce(lapwing, schedule, 4);
  const statuses = lines.map(({ run_id, run_status }) => [run_id === null, run_status]);
  expect(statuses.slice(0, 3)).toEqual([
    [false, 'canceled'],
    [true, null],
    [false, 'canceled'],
  ]);
  expect(await runOf(third.body.run_id)).toMatchObject({ status: 'running' });
});
