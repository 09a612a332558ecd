import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  ownTime,
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

/** An instant half an hour ago is late, and the next one is half an hour away. */
const { cron, last } = hourly(30);

/** What became of the instants of the last five hours, at which no worker was there. */
async function afterFiveHours(fields: object) {
  const schedule = await createSchedule(lapwing, workflow, {
    cron_expression: cron,
    parameters: { url: gate.url('asked') },
    ...fields,
  });
  await makeDue(lapwing, schedule, hoursBefore(last, 4));
  const lines = await linesOnce(lapwing, schedule, 5);
  const { body } = await lapwing.request('GET', schedule.path);
  expect(Date.parse(body.next_runs[0])).toBeGreaterThan(Date.now());
  return lines;
}

const outcomes = (lines: readonly { readonly outcome: string }[]) =>
  lines.map(({ outcome }) => outcome);

describe('when no worker was there for five hours', () => {
  it('the latest instant is caught up by default, and the lines of the others say why they are not', async () => {
    const lines = await afterFiveHours({});
    expect(outcomes(lines)).toEqual(['missed', 'missed', 'missed', 'missed', 'caught_up']);
    expect(lines[0]).toMatchObject({ run_id: null, reason: expect.stringContaining('latest') });
    expect(lines[4]).toMatchObject({ run_id: expect.stringMatching(/^wr_sched_/), reason: null });
    expect(lines[4]?.due_at).toBe(last.toISOString().replace('.000', ''));
  });

  it('none is caught up where catch_up is none', async () => {
    const lines = await afterFiveHours({ catch_up: 'none' });
    expect(outcomes(lines)).toEqual(Array(5).fill('missed'));
    expect(lines[4]?.reason).toContain('none');
  });

  it('all are, each once, where it is all', async () => {
    const lines = await afterFiveHours({ catch_up: 'all' });
    expect(outcomes(lines)).toEqual(Array(5).fill('caught_up'));
    expect(new Set(lines.map(({ run_id }) => run_id)).size).toBe(5);
  });

  it('none is that lies before the window', async () => {
    // Instants of half an hour, one and a half, … four and a half hours ago.
    const lines = await afterFiveHours({ catch_up: 'all', catch_up_window_minutes: 120 });
    expect(outcomes(lines)).toEqual(['missed', 'missed', 'missed', 'caught_up', 'caught_up']);
    expect(lines[0]?.reason).toContain('catch_up_window_minutes (120)');
    const latest = await afterFiveHours({ catch_up_window_minutes: 10 });
    expect(outcomes(latest)).toEqual(Array(5).fill('missed'));
  });

  it('what is caught up heeds the policy for open runs', async () => {
    const lines = await afterFiveHours({ catch_up: 'all', overlap_policy: 'skip' });
    expect(outcomes(lines)).toEqual(['caught_up', ...Array(4).fill('skipped')]);
    const replacing = { catch_up: 'all', overlap_policy: 'cancel_previous' };
    expect(outcomes(await afterFiveHours(replacing))).toEqual([
      ...Array(4).fill('skipped'),
      'caught_up',
    ]);
  });
});

it('an instant that is taken up within five minutes is in time, one that is not was missed', async () => {
  const own = await ownTime('2031-05-01T08:00:00Z', lapwing);
  const inTime = await own.create(workflow, { catch_up: 'none' });
  own.now = new Date('2031-05-01T09:05:00Z');
  await own.fire();
  expect(await ledgerOf(lapwing, inTime)).toMatchObject([{ outcome: 'started' }]);
  own.now = new Date('2031-05-02T09:05:01Z');
  await own.fire();
  expect(outcomes(await ledgerOf(lapwing, inTime))).toEqual(['started', 'missed']);
});

it('a long absence leaves a line for every instant', async () => {
  const own = await ownTime('2032-05-01T00:02:00Z', lapwing);
  const schedule = await own.create(workflow, { cron_expression: '*/5 * * * *' });
  own.now = new Date('2032-05-05T00:02:00Z');
  await own.fire();
  const lines = await ledgerOf(lapwing, schedule);
  expect(lines).toHaveLength(4 * 288);
  const times = lines.map(({ due_at }) => Date.parse(due_at));
  expect(times[0]).toBe(Date.parse('2032-05-01T00:05:00Z'));
  const gaps = new Set(times.slice(1).map((at, index) => at - (times[index] ?? 0)));
  expect([...gaps]).toEqual([5 * 60_000]);
  expect(lines.filter(({ outcome }) => outcome !== 'missed')).toMatchObject([
    { due_at: '2032-05-05T00:00:00Z', outcome: 'started' },
  ]);
});
