import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import {
  askingWorkflow,
  createSchedule,
  hourly,
  hoursBefore,
  linesOnce,
  makeDue,
  patiently,
  sql,
  type TestSchedule,
} from '../../support/schedules.ts';
import { secretsOf, verify } from '../webhooks/support.ts';

let lapwing: Lapwing;
let receiver: Receiver;
let gate: Gate;
let workflow: string;

beforeAll(async () => {
  [lapwing, gate] = await Promise.all([startLapwing(), startGate()]);
  gate.open();
  workflow = await askingWorkflow(lapwing);
});
beforeEach(async () => {
  receiver = await startReceiver();
  return () => receiver.close();
});
afterAll(async () => {
  await lapwing.close();
  await gate.close();
});

const { cron, last } = hourly(30);
const create = (fields: object = {}) =>
  createSchedule(lapwing, workflow, {
    ...{ cron_expression: cron, webhook_url: `${receiver.url}/hook` },
    ...{ parameters: { url: gate.url('asked') }, ...fields },
  });
const trigger = ({ path }: TestSchedule, body?: object) =>
  lapwing.request('POST', `${path}/trigger`, body);
/** So many events, by name. */
async function events(count: number) {
  const deliveries = await receiver.waitFor(count, AbortSignal.timeout(30_000));
  const payloads = deliveries.map(({ rawBody }) => JSON.parse(rawBody));
  return payloads.sort((one, other) => one.event.localeCompare(other.event));
}

describe('the webhook of a schedule', () => {
  it('tells of a run that has started, signed like all webhooks', async () => {
    const schedule = await create({ name: 'Told' });
    const { body: fire } = await trigger(schedule);
    const [event] = await events(1);
    const { run_status: _, ...line } = fire;
    expect(event).toMatchObject({
      event: 'schedule.started',
      created_at: expect.any(String),
      schedule: { workflow_schedule_id: schedule.id, name: 'Told', enabled: true },
      fires: [{ ...line, run_status: 'queued' }],
    });
    const [delivery] = receiver.deliveries;
    if (delivery === undefined) throw new Error('There is no delivery');
    expect(delivery.path).toBe('/hook');
    const [secret = ''] = await secretsOf(lapwing);
    expect(() => verify(secret, delivery)).not.toThrow();
    expect(delivery.headers['x-skyvern-signature']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('tells of what was missed and what was caught up, each at once', async () => {
    const schedule = await create();
    await makeDue(lapwing, schedule, hoursBefore(last, 2));
    const [missed, started] = await events(2);
    expect(missed).toMatchObject({
      event: 'schedule.missed',
      fires: [{ outcome: 'missed' }, { outcome: 'missed', reason: expect.any(String) }],
    });
    expect(started).toMatchObject({
      event: 'schedule.started',
      schedule: { runs_started: 1 },
      fires: [{ outcome: 'caught_up' }],
    });
  });

  it('tells of what was skipped, and of what waits', async () => {
    const held = await startGate();
    const schedule = await create({ parameters: { url: held.url('held') } });
    await trigger(schedule);
    await held.reached(1);
    await trigger(schedule, { overlap_policy: 'queue_one' });
    await trigger(schedule, { overlap_policy: 'skip' });
    const told = await events(3);
    expect(told.map(({ event, fires }) => [event, fires[0].outcome])).toEqual([
      ['schedule.queued', 'queued'],
      ['schedule.skipped', 'skipped'],
      ['schedule.started', 'triggered'],
    ]);
    held.open();
    const [, , , started] = await events(4);
    expect(started.fires).toMatchObject([{ outcome: 'triggered' }]);
    await held.close();
  });

  it('tells that the last run has started, and the schedule is disabled', async () => {
    const schedule = await create({ max_runs: 1 });
    await makeDue(lapwing, schedule, last);
    const [finished, started] = await events(2);
    expect(started).toMatchObject({ event: 'schedule.started' });
    expect(finished).toMatchObject({
      event: 'schedule.finished',
      schedule: { enabled: false, disabled_reason: expect.stringContaining('max_runs (1)') },
      fires: [],
    });
  });

  it('is not sent anywhere unless the schedule says where', async () => {
    const silent = await create({ webhook_url: null });
    await trigger(silent);
    await linesOnce(lapwing, silent, 1);
    const said = await create();
    await trigger(said);
    await events(1);
    expect(receiver.deliveries).toHaveLength(1);
    for (const status of ['pending', 'delivered', 'failed']) {
      const path = `/v1/webhook_deliveries?page_size=100&status=${status}`;
      const { body } = await lapwing.request('GET', path);
      const ids = body.map(({ subject_id }: { subject_id: string }) => subject_id);
      expect(ids).not.toContain(silent.id);
    }
  });
});

describe('a schedule whose runs fail', () => {
  const read = async ({ path }: TestSchedule) => (await lapwing.request('GET', path)).body.schedule;
  /** Waits until the end of a run has been counted. */
  async function counted(runId: string) {
    const noted = async () => {
      const text = 'select run_status from schedule_fires where run_id = $1';
      return (await sql(lapwing.server.app, text, [runId]))[0]?.run_status;
    };
    await expect.poll(noted, patiently).toEqual(expect.any(String));
  }
  async function runOnce(schedule: TestSchedule) {
    const { body } = await trigger(schedule);
    await counted(body.run_id);
  }
  const change = async (schedule: TestSchedule, fields: object) => {
    const body = { cron_expression: cron, timezone: 'UTC', ...fields };
    expect((await lapwing.request('PUT', schedule.path, body)).status).toBe(200);
  };
  const failures = async (schedule: TestSchedule) => (await read(schedule)).consecutive_failures;
  const well = () => ({ parameters: { url: gate.url('asked') } });

  it('is disabled after pause_after_failures in a row, and its webhook says so', async () => {
    const schedule = await create({ parameters: null, pause_after_failures: 2 });
    await runOnce(schedule);
    expect(await read(schedule)).toMatchObject({
      ...{ enabled: true, disabled_reason: null, consecutive_failures: 1 },
    });
    await runOnce(schedule);
    expect(await read(schedule)).toMatchObject({
      ...{ enabled: false, consecutive_failures: 2 },
      disabled_reason: expect.stringContaining('pause_after_failures is 2'),
    });
    const [paused] = await events(3);
    expect(paused).toMatchObject({
      event: 'schedule.paused',
      schedule: { enabled: false, consecutive_failures: 2 },
      fires: [{ run_status: 'failed' }],
    });
    const enabled = await lapwing.request('POST', `${schedule.path}/enable`);
    expect(enabled.body.schedule).toMatchObject({
      ...{ enabled: true, consecutive_failures: 0, disabled_reason: null },
    });
  });

  it('begins to count anew with a run that goes well, and with a new pause_after_failures', async () => {
    const schedule = await create({ parameters: null, pause_after_failures: 3 });
    await runOnce(schedule);
    await runOnce(schedule);
    expect(await failures(schedule)).toBe(2);
    await change(schedule, well());
    await runOnce(schedule);
    expect(await failures(schedule)).toBe(0);
    await change(schedule, {});
    await runOnce(schedule);
    expect(await failures(schedule)).toBe(1);
    await change(schedule, { pause_after_failures: null });
    await change(schedule, { pause_after_failures: 2 });
    expect(await read(schedule)).toMatchObject({ enabled: true, consecutive_failures: 0 });
  });

  it('fires what is due before it is disabled', async () => {
    const schedule = await create({ parameters: null, pause_after_failures: 1 });
    await makeDue(lapwing, schedule, last, new Date(Date.now() + 20 * 60_000));
    await runOnce(schedule);
    expect(await read(schedule)).toMatchObject({ enabled: false });
    const lines = await linesOnce(lapwing, schedule, 2);
    expect(lines.map(({ outcome }) => outcome)).toEqual(['caught_up', 'triggered']);
  });

  it('counts no run that was canceled', async () => {
    const held = await startGate();
    const parameters = { url: held.url('held') };
    const schedule = await create({ parameters, pause_after_failures: 1 });
    const { body } = await trigger(schedule);
    await held.reached(1);
    await lapwing.request('POST', `/v1/runs/${body.run_id}/cancel`);
    await counted(body.run_id);
    expect(await read(schedule)).toMatchObject({ enabled: true, consecutive_failures: 0 });
    held.open();
    await held.close();
  });
});
