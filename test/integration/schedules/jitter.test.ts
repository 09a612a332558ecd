import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { askingWorkflow, ledgerOf, type OwnTime, ownTime } from '../../support/schedules.ts';

let lapwing: Lapwing;
/** Runs are held here, so that none costs time. */
let gate: Gate;
let workflow: string;
let own: OwnTime;

beforeAll(async () => {
  [lapwing, gate] = await Promise.all([startLapwing({ LAPWING_SLOTS: '1' }), startGate()]);
  workflow = await askingWorkflow(lapwing);
  own = await ownTime('2031-05-01T08:30:00Z', lapwing);
});
afterAll(async () => {
  gate.open();
  await lapwing.close();
  await gate.close();
});

const create = (fields: object) =>
  own.create(workflow, { parameters: { url: gate.url('asked') }, ...fields });

it('lets a run start late, as chance has it; it is in time all the same, and none is lost', async () => {
  own.now = new Date('2031-05-01T08:30:00Z');
  const some = await Promise.all(
    Array.from({ length: 8 }, () => create({ jitter_seconds: 3600, catch_up: 'none' })),
  );
  const firedAfter = new Map<string, number>();
  for (let minute = 0; minute <= 60; minute += 4) {
    own.now = new Date(Date.parse('2031-05-01T09:00:00Z') + minute * 60_000);
    if ((await own.fire()) === 0) continue;
    for (const schedule of some.filter(({ id }) => !firedAfter.has(id))) {
      const lines = await ledgerOf(lapwing, schedule);
      if (lines.length === 0) continue;
      expect(lines).toMatchObject([{ due_at: '2031-05-01T09:00:00Z', outcome: 'started' }]);
      firedAfter.set(schedule.id, minute);
    }
  }
  expect(firedAfter.size).toBe(8);
  expect(new Set(firedAfter.values()).size).toBeGreaterThan(2);
  // Some lie far behind the limit up to which an instant without jitter is in time.
  expect(Math.max(...firedAfter.values())).toBeGreaterThan(10);
});

it('never reaches the instant that follows', async () => {
  own.now = new Date('2031-06-01T08:58:00Z');
  const schedule = await create({ cron_expression: '*/5 * * * *', jitter_seconds: 3600 });
  for (let minute = 5; minute <= 60; minute += 5) {
    // A moment before the next instant, the one before it has its line.
    own.now = new Date(Date.parse('2031-06-01T09:00:00Z') + minute * 60_000 - 1);
    await own.fire();
    expect(await ledgerOf(lapwing, schedule)).toHaveLength(minute / 5);
  }
  const lines = await ledgerOf(lapwing, schedule);
  expect(new Set(lines.map(({ outcome }) => outcome))).toEqual(new Set(['started']));
  expect(new Set(lines.map(({ due_at }) => due_at)).size).toBe(12);
});
