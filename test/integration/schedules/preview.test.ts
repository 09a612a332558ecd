import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';

let lapwing: Lapwing;

beforeAll(async () => {
  lapwing = await startLapwing();
});
afterAll(() => lapwing.close());

const preview = async (body: object) => lapwing.request('POST', '/v1/schedules/preview', body);

it('says in plain English what an expression means, and when that is', async () => {
  const { status, body } = await preview({
    cron_expression: '30 9 * *  MON-FRI',
    timezone: 'Europe/Berlin',
    from: '2026-07-31T07:30:00Z',
    count: 2,
  });
  expect(status).toBe(200);
  expect(body).toEqual({
    cron_expression: '30 9 * * MON-FRI',
    timezone: 'Europe/Berlin',
    description: 'At 09:30, Monday through Friday',
    // Behind `from`, which is an instant itself; the 1st and 2nd of August are a weekend.
    next_runs: ['2026-08-03T07:30:00Z', '2026-08-04T07:30:00Z'],
    next_runs_local: ['2026-08-03T09:30:00+02:00', '2026-08-04T09:30:00+02:00'],
  });
});

it('tells of five instants from now on, unless it is asked for others', async () => {
  const { body } = await preview({ cron_expression: '*/5 * * * *', timezone: 'UTC' });
  expect(body.next_runs).toHaveLength(5);
  const [first = ''] = body.next_runs;
  const waitMs = Date.parse(first) - Date.now();
  expect(waitMs).toBeGreaterThan(-60_000);
  expect(waitMs).toBeLessThanOrEqual(5 * 60_000);
  const many = await preview({ cron_expression: '*/5 * * * *', timezone: 'UTC', count: 100 });
  expect(many.body.next_runs).toHaveLength(100);
});

it('keeps between start_at and end_at', async () => {
  const { body } = await preview({
    ...{ cron_expression: '0 9 * * *', timezone: 'UTC', from: '2026-01-01T00:00:00Z' },
    ...{ start_at: '2026-06-02T09:00:00Z', end_at: '2026-06-03T09:00:00Z' },
  });
  expect(body.next_runs).toEqual(['2026-06-02T09:00:00Z', '2026-06-03T09:00:00Z']);
});

it.each([
  // Where the clocks are set forward, 02:00 to 03:00 does not exist.
  ['30 2 * * *', '2026-03-08T00:00:00-05:00', '2026-03-08T03:00:00-04:00'],
  // Where they are set back, 01:00 to 02:00 comes twice.
  ['30 1 * * *', '2026-11-01T00:00:00-04:00', '2026-11-01T01:30:00-04:00'],
])('%s fires once on the day on which the clocks change', async (cron_expression, from, first) => {
  const { body } = await preview({ cron_expression, timezone: 'America/New_York', from, count: 2 });
  const [one, next] = body.next_runs_local;
  expect(one).toBe(first);
  expect(next.slice(0, 10)).not.toBe(first.slice(0, 10));
});

it('an interval goes on through a change of the clocks without loss or doubling', async () => {
  for (const from of ['2026-03-08T00:00:00Z', '2026-11-01T00:00:00Z']) {
    const { body } = await preview({
      ...{ cron_expression: '*/15 * * * *', timezone: 'America/New_York', from, count: 96 },
    });
    const times = body.next_runs.map((time: string) => Date.parse(time));
    const gaps = new Set(times.slice(1).map((at: number, index: number) => at - times[index]));
    expect([...gaps]).toEqual([15 * 60_000]);
  }
});

it.each([
  [{ cron_expression: '@daily' }, 400, /0 0 \* \* \*/],
  [{ cron_expression: '* * * * *' }, 400, /at least 5 minutes/],
  [{ timezone: 'Nowhere' }, 400, /IANA/],
  [{ count: 0 }, 422, /count/],
  [{ count: 101 }, 422, /count/],
])('%j is refused with %i', async (fields, status, message) => {
  const answer = await preview({ cron_expression: '0 9 * * *', timezone: 'UTC', ...fields });
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).toMatch(message);
});

it('the address of one schedule is not mistaken for it', async () => {
  const { status } = await lapwing.request('POST', '/api/v1/schedules/preview', {
    ...{ cron_expression: '0 9 * * *', timezone: 'UTC' },
  });
  expect(status).toBe(200);
});
