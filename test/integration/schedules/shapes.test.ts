import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization } from '../../support/organizations.ts';
import { ended } from '../../support/runs.ts';
import { askingWorkflow, createSchedule } from '../../support/schedules.ts';

let lapwing: Lapwing;
let gate: Gate;
let workflow: string;

beforeAll(async () => {
  [lapwing, gate] = await Promise.all([startLapwing(), startGate()]);
  workflow = await askingWorkflow(lapwing, { title: 'Orders' });
});
afterAll(async () => {
  gate.open();
  await lapwing.close();
  await gate.close();
});

const naive = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$/);
const body = (fields: object = {}) => ({
  cron_expression: '0 9 * * *',
  timezone: 'UTC',
  ...fields,
});
const read = async (path: string) => (await lapwing.request('GET', path)).body;

describe('a schedule', () => {
  it('is answered with all its fields and the next five runs, on the clocks of its zone', async () => {
    const { id, body: answer } = await createSchedule(lapwing, workflow, {
      cron_expression: '30 9 * * *',
      timezone: 'America/New_York',
      name: 'Morning',
      description: 'Before work',
      parameters: { url: 'https://a.test' },
    });
    expect(answer.schedule).toEqual({
      workflow_schedule_id: expect.stringMatching(/^wfs_/),
      organization_id: expect.stringMatching(/^o_/),
      workflow_permanent_id: workflow,
      cron_expression: '30 9 * * *',
      timezone: 'America/New_York',
      enabled: true,
      parameters: { url: 'https://a.test' },
      temporal_schedule_id: `local-wf-sched-${id}`,
      name: 'Morning',
      description: 'Before work',
      created_at: naive,
      modified_at: naive,
      deleted_at: null,
      // Beyond the reference.
      overlap_policy: 'allow',
      catch_up: 'latest',
      catch_up_window_minutes: 1440,
      jitter_seconds: 0,
      max_runs: null,
      pause_after_failures: null,
      start_at: null,
      end_at: null,
      webhook_url: null,
      runs_started: 0,
      consecutive_failures: 0,
      disabled_reason: null,
    });
    expect(answer.next_runs).toHaveLength(5);
    for (const time of answer.next_runs) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:30:00Z$/);
      const there = { timeZone: 'America/New_York', hour: 'numeric', hour12: false } as const;
      expect(new Date(time).toLocaleString('en-US', there)).toBe('09');
      expect(Date.parse(time)).toBeGreaterThan(Date.now());
    }
    expect([...answer.next_runs].sort()).toEqual(answer.next_runs);
  });

  it('keeps what was asked for beyond the reference', async () => {
    const more = {
      overlap_policy: 'queue_one',
      catch_up: 'all',
      catch_up_window_minutes: 60,
      jitter_seconds: 30,
      max_runs: 7,
      pause_after_failures: 3,
      start_at: '2031-01-01T00:00:00Z',
      end_at: '2031-12-31T00:00:00Z',
      webhook_url: gate.url('hook'),
    };
    const { path, body: answer } = await createSchedule(lapwing, workflow, more);
    expect(answer.schedule).toMatchObject(more);
    expect(answer.next_runs[0]).toBe('2031-01-01T09:00:00Z');
    expect(await read(path)).toEqual(answer);
  });

  it('is enabled, or not, as was asked for, and has next runs in either case', async () => {
    const disabled = await createSchedule(lapwing, workflow, { enabled: false });
    expect(disabled.body.schedule.enabled).toBe(false);
    expect(disabled.body.next_runs).toHaveLength(5);
    const unsaid = await createSchedule(lapwing, workflow, { enabled: null });
    expect(unsaid.body.schedule.enabled).toBe(true);
  });

  it('drops parameters that are null', async () => {
    const { body: answer } = await createSchedule(lapwing, workflow, { parameters: { url: null } });
    expect(answer.schedule.parameters).toEqual({});
  });

  it('has one space between the fields of its cron expression', async () => {
    const { body: answer } = await createSchedule(lapwing, workflow, {
      cron_expression: ' 0  9 * *   MON-FRI ',
    });
    expect(answer.schedule.cron_expression).toBe('0 9 * * MON-FRI');
  });
});

describe('a change', () => {
  it('clears the fields of the reference that it leaves out, and keeps all others', async () => {
    const { path } = await createSchedule(lapwing, workflow, {
      ...{ name: 'Old', description: 'Old', parameters: { url: 'https://a.test' } },
      ...{ enabled: false, overlap_policy: 'skip', max_runs: 3, jitter_seconds: 10 },
    });
    const changed = await lapwing.request('PUT', path, body({ cron_expression: '0 10 * * *' }));
    expect(changed.status).toBe(200);
    expect(changed.body.schedule).toMatchObject({
      ...{ cron_expression: '0 10 * * *', name: null, description: null, parameters: null },
      ...{ enabled: false, overlap_policy: 'skip', max_runs: 3, jitter_seconds: 10 },
    });
    expect(changed.body.next_runs[0]).toMatch(/T10:00:00Z$/);
    expect(await read(path)).toEqual(changed.body);
  });

  it('gives a field beyond the reference that is null its default back, and enables', async () => {
    const { path } = await createSchedule(lapwing, workflow, {
      ...{ enabled: false, overlap_policy: 'skip', max_runs: 3, catch_up_window_minutes: 5 },
    });
    const nulls = { overlap_policy: null, max_runs: null, catch_up_window_minutes: null };
    const changed = await lapwing.request('PUT', path, body({ enabled: true, ...nulls }));
    expect(changed.body.schedule).toMatchObject({
      ...{ enabled: true, overlap_policy: 'allow', max_runs: null, catch_up_window_minutes: 1440 },
    });
  });

  it('enables and disables as often as is asked', async () => {
    const { path } = await createSchedule(lapwing, workflow);
    for (const [verb, enabled] of [
      ['disable', false],
      ['disable', false],
      ['enable', true],
      ['enable', true],
    ] as const) {
      const { status, body: answer } = await lapwing.request('POST', `${path}/${verb}`);
      expect(status).toBe(200);
      expect(answer.schedule.enabled).toBe(enabled);
      expect(answer.next_runs).toHaveLength(5);
      expect(await read(path)).toEqual(answer);
    }
  });
});

describe('a schedule that is deleted', () => {
  it('is nowhere any more, and its runs go on', async () => {
    const parameters = { url: gate.url('goes on') };
    const { id, path } = await createSchedule(lapwing, workflow, { parameters, name: 'Deleted' });
    const { body: fire } = await lapwing.request('POST', `${path}/trigger`);
    await gate.reached(1);
    const deleted = await lapwing.request('DELETE', path);
    expect(deleted).toMatchObject({ status: 200, body: { ok: true } });
    for (const [method, end, sent] of [
      ['GET', '', undefined],
      ['PUT', '', body()],
      ['DELETE', '', undefined],
      ['POST', '/enable', undefined],
      ['POST', '/trigger', undefined],
      ['GET', '/fires', undefined],
    ] as const) {
      const answer = await lapwing.request(method, path + end, sent);
      expect(answer.status, `${method} ${end}`).toBe(404);
      expect(answer.body.detail).toContain(id);
    }
    const { schedules } = await read(`/v1/agents/${workflow}/schedules`);
    expect(schedules.some((one: { name: string }) => one.name === 'Deleted')).toBe(false);
    await gate.release('goes on');
    expect(await ended(lapwing, fire.run_id)).toMatchObject({ status: 'completed' });
  });

  it('goes with its workflow', async () => {
    const gone = await askingWorkflow(lapwing, { title: 'Gone' });
    const { path } = await createSchedule(lapwing, gone, { name: 'Of a workflow that goes' });
    await lapwing.request('POST', `/v1/agents/${gone}/delete`);
    expect((await lapwing.request('GET', path)).status).toBe(404);
    expect((await lapwing.request('GET', `/v1/agents/${gone}/schedules`)).status).toBe(404);
    const list = await read('/v1/schedules?search=workflow that goes');
    expect(list).toMatchObject({ schedules: [], total_count: 0 });
  });
});

describe('lists', () => {
  it('of one workflow have its schedules, the newest first', async () => {
    const listed = await askingWorkflow(lapwing);
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c'])
      ids.unshift((await createSchedule(lapwing, listed, { name })).id);
    const { schedules } = await read(`/v1/agents/${listed}/schedules`);
    const of = (field: string) => schedules.map((one: Record<string, unknown>) => one[field]);
    expect(of('workflow_schedule_id')).toEqual(ids);
    expect(schedules[0]).toEqual((await read(`/v1/agents/${listed}/schedules/${ids[0]}`)).schedule);
    const twin = await read(`/v1/workflows/${listed}/schedules`);
    expect(twin).toEqual({ schedules });
  });

  it('of all workflows have pages, and are searched by name and by title of the workflow', async () => {
    const one = await askingWorkflow(lapwing, { title: '50% Zebra' });
    const other = await askingWorkflow(lapwing, { title: 'Giraffe' });
    await createSchedule(lapwing, one, { name: 'first' });
    await createSchedule(lapwing, one, { name: 'second', enabled: false });
    await createSchedule(lapwing, other, { name: 'a zebra too' });
    const find = async (query: string) => {
      const answer = await read(`/v1/schedules?${query}`);
      return [answer.total_count, answer.schedules.map(({ name }: { name: string }) => name)];
    };
    expect(await find('search=zebra')).toEqual([3, ['a zebra too', 'second', 'first']]);
    expect(await find('search=zebra&page_size=2')).toEqual([3, ['a zebra too', 'second']]);
    expect(await find('search=zebra&page_size=2&page=2')).toEqual([3, ['first']]);
    expect(await find('search=zebra&status=active')).toEqual([2, ['a zebra too', 'first']]);
    expect(await find('search=zebra&status=paused')).toEqual([1, ['second']]);
    // What is a pattern to SQL is a text to people.
    expect(await find('search=50%25%20z')).toEqual([2, ['second', 'first']]);
    expect(await find('search=5_%25')).toEqual([0, []]);
    const { schedules, ...page } = await read('/v1/schedules?search=zebra');
    expect(page).toEqual({ total_count: 3, page: 1, page_size: 10 });
    expect(schedules[2]).toEqual({
      workflow_schedule_id: expect.stringMatching(/^wfs_/),
      organization_id: expect.stringMatching(/^o_/),
      workflow_permanent_id: one,
      workflow_title: '50% Zebra',
      cron_expression: '0 9 * * *',
      timezone: 'UTC',
      enabled: true,
      parameters: null,
      name: 'first',
      description: null,
      next_run: expect.stringMatching(/T09:00:00Z$/),
      created_at: naive,
      modified_at: naive,
    });
    expect(schedules[1].next_run).toBeNull();
  });

  it.each(['page=0', 'page_size=101', 'page_size=0', 'status=off'])('refuse %s', async (query) =>
    expect((await lapwing.request('GET', `/v1/schedules?${query}`)).status).toBe(422),
  );
});

describe('whose it is', () => {
  it('a schedule of another organization is not there', async () => {
    const other = await addOrganization(lapwing, 'other');
    const { path } = await createSchedule(lapwing, workflow, { name: 'Only ours' });
    for (const [method, end, sent] of [
      ['GET', '', undefined],
      ['PUT', '', body()],
      ['DELETE', '', undefined],
      ['POST', '/enable', undefined],
      ['POST', '/disable', undefined],
      ['POST', '/trigger', undefined],
      ['POST', '/backfill', { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }],
      ['GET', '/fires', undefined],
    ] as const) {
      const answer = await lapwing.request(method, path + end, sent, other.headers);
      expect(answer.status, `${method} ${end}`).toBe(404);
    }
    const all = `/v1/agents/${workflow}/schedules`;
    for (const [method, sent] of [
      ['GET', undefined],
      ['POST', body()],
    ] as const)
      expect((await lapwing.request(method, all, sent, other.headers)).status).toBe(404);
    const list = await lapwing.request('GET', '/v1/schedules', undefined, other.headers);
    expect(list.body).toMatchObject({ schedules: [], total_count: 0 });
    expect((await read(path)).schedule).toMatchObject({ name: 'Only ours', enabled: true });
  });

  it('a schedule of another workflow is not there', async () => {
    const { id } = await createSchedule(lapwing, workflow);
    const another = await askingWorkflow(lapwing);
    const answer = await lapwing.request('GET', `/v1/agents/${another}/schedules/${id}`);
    expect(answer.status).toBe(404);
  });
});
