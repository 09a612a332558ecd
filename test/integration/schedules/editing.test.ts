import { ScheduleUpsert } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import {
  askingWorkflow,
  createSchedule,
  fire,
  hourly,
  ledgerOf,
  makeDue,
  ownTime,
  schedulesOf,
  type TestSchedule,
} from '../../support/schedules.ts';

let lapwing: Lapwing;
/** Runs are held here, so that none costs time. */
let gate: Gate;
let workflow: string;

beforeAll(async () => {
  [lapwing, gate] = await Promise.all([startLapwing({ LAPWING_SLOTS: '1' }), startGate()]);
  workflow = await askingWorkflow(lapwing);
});
afterAll(async () => {
  gate.open();
  await lapwing.close();
  await gate.close();
});

const { cron, last } = hourly(3);
const url = (name: string) => gate.url(name);
const runOf = async (runId: string | null | undefined) =>
  (await lapwing.request('GET', `/v1/runs/${runId}`)).body;

/** A schedule with an instant that has come, and that chance lets wait for a while. */
async function dueSchedule(): Promise<TestSchedule> {
  const fields = {
    cron_expression: cron,
    parameters: { url: url('before') },
    jitter_seconds: 3600,
  };
  const schedule = await createSchedule(lapwing, workflow, fields);
  await makeDue(lapwing, schedule, last, new Date(Date.now() + 20 * 60_000));
  return schedule;
}

describe('an instant that is due when its schedule is edited', () => {
  it('fires by what the schedule was before, and not again by what it is then', async () => {
    const schedule = await dueSchedule();
    const body = { cron_expression: cron, timezone: 'UTC', parameters: { url: url('after') } };
    const changed = await lapwing.request('PUT', schedule.path, body);
    expect(changed.body.schedule).toMatchObject({ parameters: { url: url('after') } });
    const [line, ...others] = await ledgerOf(lapwing, schedule);
    expect(others).toEqual([]);
    expect(line).toMatchObject({ outcome: 'started', reason: null });
    expect((await runOf(line?.run_id)).run_request.parameters).toEqual({ url: url('before') });
    expect(Date.parse(changed.body.next_runs[0])).toBeGreaterThan(Date.now());
  });

  it('fires before the schedule is disabled', async () => {
    const schedule = await dueSchedule();
    const disabled = await lapwing.request('POST', `${schedule.path}/disable`);
    expect(disabled.body.schedule).toMatchObject({ enabled: false, runs_started: 1 });
    expect(await ledgerOf(lapwing, schedule)).toMatchObject([{ outcome: 'started' }]);
  });

  it('does not fire when a change is refused', async () => {
    const schedule = await dueSchedule();
    const body = { cron_expression: '@daily', timezone: 'UTC' };
    expect((await lapwing.request('PUT', schedule.path, body)).status).toBe(400);
    expect(await ledgerOf(lapwing, schedule)).toEqual([]);
  });
});

describe('edits at the same time', () => {
  it('do not undo each other: what one leaves out stays as the other has set it', async () => {
    const put = (path: string, fields: object) =>
      lapwing.request('PUT', path, { cron_expression: cron, timezone: 'UTC', ...fields });
    for (let round = 1; round <= 10; round += 1) {
      const { path } = await createSchedule(lapwing, workflow, { cron_expression: cron });
      const answers = await Promise.all([
        put(path, { max_runs: round }),
        put(path, { overlap_policy: 'skip' }),
        put(path, {}),
        lapwing.request('POST', `${path}/disable`),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const { body } = await lapwing.request('GET', path);
      expect(body.schedule).toMatchObject({
        ...{ max_runs: round, overlap_policy: 'skip', enabled: false },
      });
    }
  });
});

describe('in a time of their own', () => {
  it('an instant that has fired does not come again by another rhythm', async () => {
    const own = await ownTime('2031-05-01T08:00:00Z', lapwing);
    const schedule = await own.create(workflow, { timezone: 'Europe/Berlin' });
    own.now = new Date('2031-05-02T07:00:00Z');
    await own.fire();
    // Nine in Berlin is seven in UTC: the same instant, said otherwise.
    await own.update(schedule, { cron_expression: '0 7 * * *', timezone: 'UTC' });
    own.now = new Date('2031-05-02T07:00:30Z');
    expect(await own.fire()).toBe(0);
    // A process whose clock is behind does not fire it again either.
    own.now = new Date('2031-05-02T06:59:00Z');
    await own.update(schedule, { cron_expression: '0 7 * * *', timezone: 'UTC', name: 'New' });
    own.now = new Date('2031-05-02T07:00:00Z');
    expect(await own.fire()).toBe(0);
    own.now = new Date('2031-05-03T07:00:00Z');
    expect(await own.fire()).toBe(1);
    const times = (await ledgerOf(lapwing, schedule)).map(({ due_at }) => due_at);
    expect(times).toEqual(
      ['2031-05-01T07:00:00Z', '2031-05-02T07:00:00Z', '2031-05-03T07:00:00Z'].slice(-2),
    );
  });

  it('an instant that comes while an edit is under way has its line, at whatever moment it comes', async () => {
    const own = await ownTime('2031-05-01T08:00:00Z', lapwing);
    for (let looks = 0; looks < 8; looks += 1) {
      own.now = new Date('2031-05-01T08:00:00Z');
      const schedule = await own.create(workflow);
      let left = looks;
      // The clock strikes nine when the edit has looked at it so often.
      const striking = schedulesOf(lapwing.server.app, () => {
        left -= 1;
        return new Date(left < 0 ? '2031-05-01T09:00:00Z' : '2031-05-01T08:59:59Z');
      });
      const renamed = { cron_expression: '0 9 * * *', timezone: 'UTC', name: 'New' };
      await striking.update(schedule.name, ScheduleUpsert.parse(renamed));
      own.now = new Date('2031-05-01T09:00:30Z');
      await own.fire();
      const times = (await ledgerOf(lapwing, schedule)).map(({ due_at }) => due_at);
      expect(times, `after ${looks} looks`).toEqual(['2031-05-01T09:00:00Z']);
    }
  });

  it('nothing is made up for that lies before a schedule was enabled', async () => {
    const own = await ownTime('2031-06-01T08:00:00Z', lapwing);
    const schedule = await own.create(workflow, { catch_up: 'all', enabled: false });
    own.now = new Date('2031-06-05T08:00:00Z');
    await own.service.setEnabled(schedule.name, true);
    own.now = new Date('2031-06-05T09:00:00Z');
    await own.fire();
    expect(await ledgerOf(lapwing, schedule)).toMatchObject([{ due_at: '2031-06-05T09:00:00Z' }]);
  });

  it('edits without end, beside several schedulers, neither drop an instant nor fire one twice', async () => {
    const own = await ownTime('2031-07-01T00:01:00Z', lapwing);
    const schedule = await own.create(workflow, {
      cron_expression: '*/5 * * * *',
      catch_up: 'all',
    });
    const schedulers = Array.from({ length: 3 }, () =>
      schedulesOf(lapwing.server.app, () => own.now),
    );
    // Two ways to write the same rhythm.
    const rhythms = ['*/5 * * * *', '0-55/5 * * * *'];
    const rounds = 30;
    for (let round = 1; round <= rounds; round += 1) {
      const edits = rhythms.map((cron_expression) =>
        own.service.update(
          schedule.name,
          ScheduleUpsert.parse({ cron_expression, timezone: 'UTC', name: `Round ${round}` }),
        ),
      );
      // Time goes on under their hands.
      const firing = schedulers.map(fire);
      own.now = new Date(Date.parse('2031-07-01T00:01:00Z') + round * 5 * 60_000);
      await Promise.all([...edits, ...firing, ...schedulers.map(fire)]);
    }
    await own.fire();
    const lines = await ledgerOf(lapwing, schedule);
    const expected = Array.from({ length: rounds }, (_, index) =>
      new Date(Date.parse('2031-07-01T00:05:00Z') + index * 5 * 60_000)
        .toISOString()
        .replace('.000', ''),
    );
    expect(lines.map(({ due_at }) => due_at)).toEqual(expected);
    expect(new Set(lines.map(({ run_id }) => run_id)).size).toBe(rounds);
  });
});
