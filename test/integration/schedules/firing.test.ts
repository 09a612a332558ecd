import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended } from '../../support/runs.ts';
import {
  askingWorkflow,
  createSchedule,
  hourly,
  ledgerOf,
  linesOnce,
  makeDue,
  patiently,
  sql,
  type TestSchedule,
} from '../../support/schedules.ts';

let lapwing: Lapwing;
let gate: Gate;
let receiver: Receiver;
let workflow: string;

beforeAll(async () => {
  [lapwing, gate, receiver] = await Promise.all([startLapwing(), startGate(), startReceiver()]);
  gate.open();
  workflow = await askingWorkflow(lapwing, { webhook_callback_url: receiver.url });
});
afterAll(async () => {
  await lapwing.close();
  await Promise.all([gate.close(), receiver.close()]);
});

/** An instant of just now, so that it is in time however long the tests before took. */
let cron: string;
let last: Date;

beforeEach(() => {
  ({ cron, last } = hourly(2));
});
const wire = (instant: Date) => instant.toISOString().replace('.000', '');
const fields = (more: object = {}) => ({
  cron_expression: cron,
  parameters: { url: gate.url('asked') },
  ...more,
});
const read = async ({ path }: TestSchedule) => (await lapwing.request('GET', path)).body.schedule;

describe('an instant that has come', () => {
  it('starts a run of the workflow, whose id tells the instant', async () => {
    const schedule = await createSchedule(lapwing, workflow, fields());
    await makeDue(lapwing, schedule, last);
    const [line] = await linesOnce(lapwing, schedule, 1);
    const fireTime = `${wire(last).slice(0, -1)}+00:00`;
    const digest = createHash('sha256').update(`${schedule.id}:${fireTime}`).digest('hex');
    const runId = `wr_sched_${digest.slice(0, 32)}`;
    expect(line).toMatchObject({
      schedule_fire_id: expect.stringMatching(/^wsf_/),
      workflow_schedule_id: schedule.id,
      due_at: wire(last),
      outcome: 'started',
      reason: null,
      run_id: runId,
    });
    const run = await ended(lapwing, runId);
    expect(run).toMatchObject({
      status: 'completed',
      run_request: { workflow_id: workflow, parameters: { url: gate.url('asked') } },
    });
    const { body: listed } = await lapwing.request('GET', `/v1/agents/${workflow}/runs`);
    const found = listed.find((one: { workflow_run_id: string }) => one.workflow_run_id === runId);
    expect(found).toMatchObject({
      trigger_type: 'scheduled',
      workflow_schedule_id: schedule.id,
    });
    await expect
      .poll(() => ledgerOf(lapwing, schedule), patiently)
      .toMatchObject([{ run_status: 'completed' }]);
    expect(await read(schedule)).toMatchObject({ enabled: true, runs_started: 1 });
  });

  it('has a webhook of its run that is signed with the key of the organization', async () => {
    const before = receiver.deliveries.length;
    const schedule = await createSchedule(lapwing, workflow, fields());
    await makeDue(lapwing, schedule, last);
    await receiver.waitFor(before + 1, AbortSignal.timeout(30_000));
    const delivery = receiver.deliveries[before];
    expect(delivery?.headers['x-skyvern-signature']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('runs the newest version of the workflow', async () => {
    const changing = await askingWorkflow(lapwing);
    const schedule = await createSchedule(lapwing, changing, fields({ parameters: null }));
    const definition = {
      title: 'Newer',
      workflow_definition: {
        parameters: [],
        blocks: [{ block_type: 'http_request', label: 'newer', method: 'GET', url: gate.url('n') }],
      },
    };
    await lapwing.request('POST', `/v1/agents/${changing}`, { json_definition: definition });
    await makeDue(lapwing, schedule, last);
    const [line] = await linesOnce(lapwing, schedule, 1);
    expect((await ended(lapwing, line?.run_id ?? '')).output).toHaveProperty('newer_output');
  });

  it('starts nothing while the schedule is disabled', async () => {
    const asleep = await createSchedule(lapwing, workflow, fields({ enabled: false }));
    const awake = await createSchedule(lapwing, workflow, fields());
    // As if it had been enabled a moment ago.
    await makeDue(lapwing, asleep, last);
    await makeDue(lapwing, awake, last);
    await linesOnce(lapwing, awake, 1);
    expect(await ledgerOf(lapwing, asleep)).toEqual([]);
  });
});

describe('a run that cannot be started', () => {
  it('is missed, and the line says which parameter the workflow wants by now', async () => {
    const changing = await askingWorkflow(lapwing);
    const schedule = await createSchedule(lapwing, changing, fields());
    const parameters = ['url', 'region'].map((key) => ({
      ...{ parameter_type: 'workflow', key, workflow_parameter_type: 'string' },
    }));
    const blocks = [{ block_type: 'wait', label: 'wait', wait_sec: 1 }];
    const json_definition = { title: 'Wants more', workflow_definition: { parameters, blocks } };
    await lapwing.request('POST', `/v1/agents/${changing}`, { json_definition });
    await makeDue(lapwing, schedule, last);
    expect(await linesOnce(lapwing, schedule, 1)).toMatchObject([
      { outcome: 'missed', reason: expect.stringContaining('region'), run_id: null },
    ]);
    expect(await read(schedule)).toMatchObject({ enabled: true, runs_started: 0 });
  });

  it('is missed where the workflow has a parameter of the schedule no more', async () => {
    const changing = await askingWorkflow(lapwing);
    const schedule = await createSchedule(lapwing, changing, fields());
    const blocks = [{ block_type: 'wait', label: 'wait', wait_sec: 1 }];
    const json_definition = {
      title: 'Wants less',
      workflow_definition: { parameters: [], blocks },
    };
    await lapwing.request('POST', `/v1/agents/${changing}`, { json_definition });
    await makeDue(lapwing, schedule, last);
    expect(await linesOnce(lapwing, schedule, 1)).toMatchObject([
      { outcome: 'missed', reason: expect.stringContaining('no parameter url'), run_id: null },
    ]);
  });

  it('is missed where the workflow is not there', async () => {
    const gone = await askingWorkflow(lapwing);
    const schedule = await createSchedule(lapwing, gone, fields());
    // Its schedules would go with it, had the API deleted it.
    const remove = 'update workflows set deleted_at = now() where workflow_permanent_id = $1';
    await sql(lapwing.server.app, remove, [gone]);
    await makeDue(lapwing, schedule, last);
    const [line] = await ledgerInDatabase(schedule);
    expect(line).toMatchObject({ state: 'missed', run_id: null });
    expect(line?.reason).toBe(`Workflow ${gone} not found`);
  });

  const ledgerInDatabase = async ({ id }: TestSchedule) => {
    const lines = () =>
      sql(lapwing.server.app, 'select * from schedule_fires where workflow_schedule_id = $1', [id]);
    await expect.poll(lines, patiently).toHaveLength(1);
    return lines();
  };
});

describe('a schedule that ends', () => {
  it('starts no more than max_runs, and is disabled then', async () => {
    const more = { max_runs: 2, catch_up: 'all' };
    const schedule = await createSchedule(lapwing, workflow, fields(more));
    await makeDue(lapwing, schedule, new Date(last.getTime() - 4 * 3_600_000));
    const lines = await linesOnce(lapwing, schedule, 2);
    expect(lines.map(({ outcome }) => outcome)).toEqual(['caught_up', 'caught_up']);
    expect(await read(schedule)).toMatchObject({
      ...{ enabled: false, runs_started: 2 },
      disabled_reason: expect.stringContaining('max_runs (2)'),
    });
    const again = await lapwing.request('POST', `${schedule.path}/enable`);
    expect(again.status).toBe(400);
    expect(again.body.detail).toContain('max_runs');
  });

  it('starts nothing behind end_at, and is disabled then', async () => {
    const end_at = new Date(last.getTime() + 60_000).toISOString();
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const schedule = await createSchedule(
      lapwing,
      workflow,
      fields({ cron_expression: '*/5 * * * *', end_at: later }),
    );
    await sql(
      lapwing.server.app,
      `update workflow_schedules set cron_expression = $2, end_at = $3 where workflow_schedule_id = $1`,
      [schedule.id, cron, end_at],
    );
    await makeDue(lapwing, schedule, last);
    await linesOnce(lapwing, schedule, 1);
    expect(await read(schedule)).toMatchObject({
      enabled: false,
      disabled_reason: expect.stringContaining('end_at'),
    });
  });
});
