import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import {
  askingWorkflow,
  fire,
  ledgerOf,
  type OwnTime,
  ownTime,
  schedulesOf,
  sql,
  type TestSchedule,
} from '../../support/schedules.ts';

let lapwing: Lapwing;
/** Runs are held here, so that none costs time. */
let gate: Gate;
let workflow: string;
let own: OwnTime;

beforeAll(async () => {
  [lapwing, gate] = await Promise.all([startLapwing({ LAPWING_SLOTS: '1' }), startGate()]);
  workflow = await askingWorkflow(lapwing);
});
beforeEach(async () => {
  own = await ownTime('2031-05-01T08:00:00Z', lapwing);
});
afterAll(async () => {
  gate.open();
  await lapwing.close();
  await gate.close();
});

const create = (fields: object = {}) =>
  own.create(workflow, { parameters: { url: gate.url('asked') }, ...fields });
const runsOf = ({ id }: TestSchedule) =>
  sql(lapwing.server.app, 'select run_id from runs where workflow_schedule_id = $1', [id]);
const fireAt = (time: string) => {
  own.now = new Date(time);
  return own.fire();
};

describe('the ledger', () => {
  it('has the newest instant first, in pages, and by what became of them', async () => {
    const schedule = await create();
    await fireAt('2031-05-03T09:00:00Z');
    await fireAt('2031-05-04T12:00:00Z');
    const read = async (query: string) => {
      const { body } = await lapwing.request('GET', `${schedule.path}/fires?${query}`);
      const lines = body.fires as { due_at: string; outcome: string }[];
      return [body.total_count, lines.map((one) => `${one.due_at.slice(8, 10)} ${one.outcome}`)];
    };
    expect(await read('')).toEqual([4, ['04 caught_up', '03 started', '02 missed', '01 missed']]);
    expect(await read('page_size=3&page=2')).toEqual([4, ['01 missed']]);
    expect(await read('outcome=missed')).toEqual([2, ['02 missed', '01 missed']]);
    expect(await read('outcome=started')).toEqual([1, ['03 started']]);
    expect(await read('outcome=caught_up')).toEqual([1, ['04 caught_up']]);
    expect(await read('outcome=queued')).toEqual([0, []]);
    const refused = await lapwing.request('GET', `${schedule.path}/fires?outcome=lost`);
    expect(refused.status).toBe(422);
  });

  it('has one line for an instant, however often it is fired', async () => {
    const schedule = await create();
    await fireAt('2031-05-01T09:00:00Z');
    // As if the schedule had been restored from a copy.
    const back = `update workflow_schedules set next_due_at = $2, next_fire_at = $2, last_due_at = null
      where workflow_schedule_id = $1`;
    await sql(lapwing.server.app, back, [schedule.id, '2031-05-01T09:00:00Z']);
    const [before] = await ledgerOf(lapwing, schedule);
    expect(await fireAt('2031-05-01T09:00:30Z')).toBe(0);
    const [after, ...others] = await ledgerOf(lapwing, schedule);
    expect(others).toEqual([]);
    expect(after?.schedule_fire_id).toBe(before?.schedule_fire_id);
    expect(await runsOf(schedule)).toHaveLength(1);
    const { body } = await lapwing.request('GET', schedule.path);
    expect(body.schedule.runs_started).toBe(1);
  });

  it('refuses a second line for an instant, whoever writes it', async () => {
    const schedule = await create();
    await fireAt('2031-05-01T09:00:00Z');
    const copy = `insert into schedule_fires
      (schedule_fire_id, workflow_schedule_id, organization_id, due_at, cause, state)
      select 'wsf_copy', workflow_schedule_id, organization_id, due_at, cause, 'missed'
      from schedule_fires where workflow_schedule_id = $1`;
    await expect(sql(lapwing.server.app, copy, [schedule.id])).rejects.toThrow(/unique/);
  });
});

describe('a line is written with its run and job, or not at all', () => {
  const ofRun = "new.data -> 'payload' ->> 'run_id' like 'wr_sched_%'";

  it.each([
    ['the run', 'runs', 'new.workflow_schedule_id is not null'],
    ['the job', 'pgboss.job', ofRun],
    ['the next instant', 'workflow_schedules', 'true'],
  ])(
    'when %s cannot be written, nothing is, and the instant stays due',
    async (_, table, which) => {
      const { app } = lapwing.server;
      const schedule = await create();
      await sql(
        app,
        `create function refuse() returns trigger language plpgsql as $$ begin
         if ${which} then raise exception 'The disk is full'; end if; return new; end $$;
       create trigger refuse before insert or update on ${table} for each row execute function refuse()`,
      );
      own.now = new Date('2031-05-01T09:00:00Z');
      const { lines, problems } = await own.service.firing.fireDue(new AbortController().signal);
      await sql(app, `drop trigger refuse on ${table}; drop function refuse()`);
      expect(lines).toBe(0);
      expect(problems).toMatchObject([{ scheduleId: schedule.id }]);
      expect(await ledgerOf(lapwing, schedule)).toEqual([]);
      expect(await runsOf(schedule)).toEqual([]);
      // Another scheduler does not wait until this one tries again.
      expect(await fire(schedulesOf(app, () => own.now))).toBe(1);
      expect(await ledgerOf(lapwing, schedule)).toMatchObject([{ outcome: 'started' }]);
      expect(await runsOf(schedule)).toHaveLength(1);
    },
  );
});
