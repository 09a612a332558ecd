import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { createSchedule } from '../../support/schedules.ts';

let lapwing: Lapwing;
let workflow: string;

beforeAll(async () => {
  lapwing = await startLapwing();
  workflow = await lapwing.createWorkflow({
    parameters: [
      { parameter_type: 'workflow', key: 'region', workflow_parameter_type: 'string' },
      {
        parameter_type: 'workflow',
        key: 'count',
        workflow_parameter_type: 'integer',
        default_value: 1,
      },
    ],
    blocks: [{ block_type: 'wait', label: 'wait', wait_sec: 1 }],
  });
});
afterAll(() => lapwing.close());

const valid = { cron_expression: '0 9 * * *', timezone: 'UTC', parameters: { region: 'north' } };
const all = () => `/v1/agents/${workflow}/schedules`;
/** What an answer says, as people read it. */
const said = ({ body }: Answer): string =>
  typeof body.detail === 'string' ? body.detail : JSON.stringify(body);
const count = async () => (await lapwing.request('GET', all())).body.schedules.length;
const refusals: [object, number, RegExp][] = [
  [{ cron_expression: '0 30 9 * * *' }, 400, /"30 9 \* \* \*" if its seconds stand first/],
  [{ cron_expression: '30 9 * * 1 0' }, 400, /"30 9 \* \* 1" if they stand last/],
  [{ cron_expression: '@hourly' }, 400, /write the five fields .*"0 \* \* \* \*"/],
  [{ cron_expression: '@reboot' }, 400, /five fields/],
  [{ cron_expression: '61 9 * * *' }, 400, /61 9 .*five fields/],
  [{ cron_expression: '* * * * *' }, 400, /at least 5 minutes.*LAPWING_SCHEDULE_MIN_MINUTES/],
  [{ cron_expression: '*/7 * * * *' }, 400, /00:56 and 01:00/],
  [{ cron_expression: '0 0 30 2 *' }, 400, /fits no date/],
  [{ cron_expression: undefined }, 422, /cron_expression/],
  [{ timezone: 'Mars/Phobos' }, 400, /Mars\/Phobos.*IANA/],
  [{ timezone: '+01:00' }, 400, /IANA/],
  [{ timezone: undefined }, 422, /timezone/],
  [{ parameters: undefined }, 400, /region/],
  [{ parameters: { region: null } }, 400, /region/],
  [{ parameters: { region: 'a', colour: 'red' } }, 400, /no parameter colour.*region, count/],
  [{ parameters: { region: 'a', count: 'many' } }, 400, /count/],
  [{ parameters: 'region' }, 422, /parameters/],
  [{ overlap_policy: 'wait' }, 422, /overlap_policy/],
  [{ catch_up: 'some' }, 422, /catch_up/],
  [{ catch_up_window_minutes: 0 }, 422, /catch_up_window_minutes/],
  [{ jitter_seconds: 3601 }, 422, /jitter_seconds/],
  [{ max_runs: 0 }, 422, /max_runs/],
  [{ pause_after_failures: 0 }, 422, /pause_after_failures/],
  [{ start_at: 'tomorrow' }, 422, /start_at/],
  [{ start_at: '2031-01-02T00:00', end_at: '2031-01-01T00:00' }, 400, /start_at .* after end_at/],
  [{ end_at: '2020-01-01T00:00:00Z' }, 400, /end_at.*enabled = false/],
  [{ webhook_url: 'http://10.0.0.1/hook' }, 400, /10\.0\.0\.1/],
  [{ webhook_url: 'no address' }, 400, /no address/],
];

describe('what cannot be right is refused, with the way out', () => {
  it.each(refusals)('%j: %i', async (fields, status, message) => {
    const answer = await lapwing.request('POST', all(), { ...valid, ...fields });
    expect(answer.status).toBe(status);
    expect(said(answer)).toMatch(message);
  });

  it('and nothing is left behind', async () => expect(await count()).toBe(0));
});

describe('a change that is refused', () => {
  it.each(refusals)('%j: %i', async (fields, status, message) => {
    const { path } = await createSchedule(lapwing, workflow, { ...valid, name: 'As it was' });
    const before = (await lapwing.request('GET', path)).body.schedule;
    const answer = await lapwing.request('PUT', path, { ...valid, ...fields });
    expect(answer.status).toBe(status);
    expect(said(answer)).toMatch(message);
    expect((await lapwing.request('GET', path)).body.schedule).toEqual(before);
  });
});

it('a workflow that is not there has no schedules', async () => {
  const answer = await lapwing.request('POST', '/v1/agents/wpid_1/schedules', valid);
  expect(answer.status).toBe(404);
  expect(answer.body.detail).toContain('wpid_1');
});

it('a schedule with nothing left to start is kept when it is disabled, and cannot be enabled', async () => {
  const over = { ...valid, end_at: '2020-01-01T00:00:00Z', enabled: false };
  const { path, body } = await createSchedule(lapwing, workflow, over);
  expect(body.next_runs).toEqual([]);
  const answer = await lapwing.request('POST', `${path}/enable`);
  expect(answer.status).toBe(400);
  expect(answer.body.detail).toMatch(/end_at/);
  expect((await lapwing.request('GET', path)).body.schedule.enabled).toBe(false);
});

it('how close two instants may be is a setting', async () => {
  const other = await startLapwing({ LAPWING_SCHEDULE_MIN_MINUTES: '60' });
  try {
    const id = await other.createWorkflow({
      blocks: [{ block_type: 'wait', label: 'wait', wait_sec: 1 }],
    });
    const post = (cron_expression: string) =>
      other.request('POST', `/v1/agents/${id}/schedules`, { cron_expression, timezone: 'UTC' });
    expect((await post('*/30 * * * *')).body.detail).toMatch(/at least 60 minutes/);
    expect((await post('0 * * * *')).status).toBe(200);
  } finally {
    await other.close();
  }
});
