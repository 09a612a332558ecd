import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import {
  askingWorkflow,
  createSchedule,
  hourly,
  ledgerOf,
  linesOnce,
  makeDue,
  patiently,
  sql,
} from '../../support/schedules.ts';

let lapwing: Lapwing;
let gate: Gate;

beforeAll(async () => {
  [lapwing, gate] = await Promise.all([startLapwing({ LAPWING_SLOTS: '8' }), startGate()]);
});
afterAll(async () => {
  gate.open();
  await lapwing.close();
  await gate.close();
});

/** An instant of just now, so that it is in time however long the tests before took. */
let cron: string;
let last: Date;

beforeEach(() => {
  ({ cron, last } = hourly(2));
});
const create = (workflow: string, fields: object = {}) =>
  createSchedule(lapwing, workflow, {
    ...{ cron_expression: cron, parameters: { url: gate.url('held') } },
    ...fields,
  });
/** Headers that nobody can open: as after the key of the server was lost. */
const damage = (workflow: string) =>
  sql(
    lapwing.server.app,
    `update workflows set settings = jsonb_set(settings::jsonb, '{cdp_connect_headers}', '{"a": "lost"}')
      where workflow_permanent_id = $1`,
    [workflow],
  );
const health = async () => (await lapwing.request('GET', '/health')).body;

it('a schedule that an internal error stops is late, then missed, and keeps no other from firing', async () => {
  const [damaged, sound] = [await askingWorkflow(lapwing), await askingWorkflow(lapwing)];
  const stopped = await create(damaged);
  await damage(damaged);
  await makeDue(lapwing, stopped, last);
  await expect.poll(async () => (await health()).checks.schedules.ok, patiently).toBe(false);
  const other = await create(sound);
  await makeDue(lapwing, other, last);
  expect(await linesOnce(lapwing, other, 1)).toMatchObject([{ outcome: 'started' }]);
  expect(await ledgerOf(lapwing, stopped)).toEqual([]);
  expect(await health()).toMatchObject({
    status: 'degraded',
    checks: { schedules: { detail: expect.stringMatching(/1 late by up to \d+ s/) } },
  });
  // Tried three times, and given up fifteen seconds behind the last: half a minute.
  const lines = () => ledgerOf(lapwing, stopped);
  await expect.poll(lines, { timeout: 50_000, interval: 250 }).toHaveLength(1);
  expect(await lines()).toMatchObject([
    { outcome: 'missed', reason: expect.stringContaining('internal error'), run_id: null },
  ]);
  expect((await health()).checks.schedules).toMatchObject({
    ...{ ok: true, detail: expect.stringContaining('2 put right') },
  });
});

it('a run that waits and that an internal error stops keeps no other from starting', async () => {
  const waiting = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const workflow = await askingWorkflow(lapwing);
      const schedule = await create(workflow, { overlap_policy: 'queue_one' });
      const trigger = () => lapwing.request('POST', `${schedule.path}/trigger`);
      await trigger();
      expect((await trigger()).body.outcome).toBe('queued');
      return { workflow, schedule };
    }),
  );
  const [first, ...others] = waiting;
  await damage(first?.workflow ?? '');
  gate.open();
  const outcomes = async () => {
    const all = await Promise.all(others.map(({ schedule }) => ledgerOf(lapwing, schedule)));
    return all.flat().map(({ outcome, run_status }) => `${outcome} ${run_status}`);
  };
  await expect.poll(outcomes, patiently).toEqual(Array(6).fill('triggered completed'));
});
