import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { type Exposition, parseExposition } from '../../support/prometheus.ts';
import { startRun } from '../../support/runs.ts';
import { createSchedule, hourly, makeDue, patiently, sql } from '../../support/schedules.ts';

const table = new URL('../../../packages/server/src/telemetry/metrics.ts', import.meta.url);
/** Every metric of ours, as the one table names it. */
const named = [...readFileSync(table, 'utf8').matchAll(/name: '(lapwing_\w+)'/g)].map(
  ([, name]) => name ?? '',
);

/** All values that each label of ours may have. */
const vocabulary: Readonly<Record<string, readonly string[]>> = {
  lapwing_queue_jobs: ['run', 'webhook', 'ready', 'delayed', 'active', 'dead'],
  lapwing_runs_open: ['created', 'queued', 'running', 'paused'],
  lapwing_runs_ended_total: ['completed', 'failed', 'terminated', 'timed_out', 'canceled'],
  lapwing_block_duration_seconds: [
    ...['code', 'http_request', 'for_loop', 'wait'],
    ...['completed', 'failed', 'canceled', 'interrupted'],
  ],
  lapwing_schedules: ['enabled', 'late', 'stranded'],
  lapwing_browsers: ['open', 'ready', 'waiting'],
  lapwing_webhook_attempts_total: ['delivered', 'retried', 'given_up'],
  lapwing_schedule_fires_total: [
    ...['started', 'caught_up', 'backfilled', 'triggered', 'queued', 'skipped', 'missed'],
  ],
};

const code = (label: string, text: string) => ({
  block_type: 'code',
  label,
  language: 'javascript',
  code: text,
});

const metricsOf = async ({ url }: Pick<Lapwing, 'url'>): Promise<Exposition> => {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseExposition(await response.text());
};

/** The next webhook that is queued is refused by the database. */
async function failOnce({ server }: Lapwing): Promise<void> {
  for (const statement of [
    'create sequence failures',
    `create function fail_once() returns trigger language plpgsql as $$ begin
      if nextval('failures') = 1 then raise exception 'not this time'; end if; return new; end $$`,
    'create trigger fail_once before insert on webhook_deliveries for each row execute function fail_once()',
  ])
    await sql(server.app, statement);
}

describe('a server that has done everything there is to be counted', () => {
  let lapwing: Lapwing;
  let receiver: Receiver;
  let metrics: Exposition;
  const ids: string[] = [];
  const count = (name: string, labels: Record<string, string> = {}) => metrics.value(name, labels);

  async function doEverything(): Promise<void> {
    const loop = {
      block_type: 'for_loop',
      label: 'private_loop',
      loop_variable_reference: "{{ ['private-item', 'other-item'] }}",
      loop_blocks: [code('private_label', 'return 1')],
    };
    const good = await lapwing.createWorkflow({ blocks: [loop] }, { title: 'Private title' });
    const bad = await lapwing.createWorkflow({
      blocks: [code('private_failure', 'throw new Error("private reason")')],
    });
    const held = await lapwing.createWorkflow({
      blocks: [{ block_type: 'wait', label: 'hold', wait_sec: 600 }],
    });
    receiver.answerWith({ status: 200 }, { status: 400 });
    const delivered = await lapwing.run(good, { webhook_url: `${receiver.url}/private-hook` });
    await receiver.waitFor(1, AbortSignal.timeout(20_000));
    const failed = await lapwing.run(bad, { webhook_url: `${receiver.url}/private-hook` });
    await receiver.waitFor(2, AbortSignal.timeout(20_000));
    const schedule = await createSchedule(lapwing, good, { name: 'Private schedule' });
    await lapwing.request('POST', `${schedule.path}/trigger`, {});
    const { cron, last } = hourly(20);
    await makeDue(lapwing, await createSchedule(lapwing, good, { cron_expression: cron }), last);
    const canceled = await startRun(lapwing, held);
    await lapwing.request('POST', `/v1/runs/${canceled}/cancel`);
    ids.push(good, delivered.run_id, failed.run_id, canceled, schedule.id);
    await startRun(lapwing, held);
  }

  const isComplete = () =>
    (count('lapwing_runs_ended_total', { status: 'completed' }) ?? 0) >= 3 &&
    count('lapwing_runs_open', { status: 'running' }) === 1 &&
    count('lapwing_queue_jobs', { kind: 'run', state: 'active' }) === 1 &&
    count('lapwing_queue_jobs', { kind: 'webhook', state: 'dead' }) === 1;

  beforeAll(async () => {
    [lapwing, receiver] = await Promise.all([
      startLapwing({ LAPWING_DRAIN_SECONDS: '0' }),
      startReceiver(),
    ]);
    await doEverything();
    await vi.waitFor(async () => {
      metrics = await metricsOf(lapwing);
      expect(isComplete()).toBe(true);
    }, patiently);
  });
  afterAll(() => Promise.all([lapwing.close(), receiver.close()]));

  it('shows every metric of the table, each with samples', () => {
    expect(named).toHaveLength(11);
    const shown = [...metrics.types.keys()].filter((name) => name.startsWith('lapwing_'));
    expect(shown.sort()).toEqual([...named].sort());
    const empty = named.filter(
      (name) => !metrics.samples.some((sample) => sample.name.startsWith(name)),
    );
    expect(empty).toEqual([]);
  });

  it('shows what runs in the process: CPU, memory, event loop', () => {
    expect(count('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(count('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(count('nodejs_eventloop_lag_seconds')).toBeDefined();
  });

  it('counts runs by status, those that wait and those that have ended', () => {
    expect(count('lapwing_runs_ended_total', { status: 'failed' })).toBe(1);
    expect(count('lapwing_runs_ended_total', { status: 'canceled' })).toBe(1);
    expect(count('lapwing_runs_ended_total', { status: 'timed_out' })).toBe(0);
    expect(count('lapwing_runs_open', { status: 'queued' })).toBe(0);
    expect(count('lapwing_database_up')).toBe(1);
  });

  it('measures the wait of each run and the time of each block', () => {
    const started = count('lapwing_run_wait_seconds_count') ?? 0;
    expect(started).toBeGreaterThanOrEqual(5);
    expect(count('lapwing_run_wait_seconds_bucket', { le: '+Inf' })).toBe(started);
    const blocks = { type: 'code', status: 'completed' };
    expect(count('lapwing_block_duration_seconds_count', blocks)).toBeGreaterThanOrEqual(6);
    expect(count('lapwing_block_duration_seconds_sum', blocks)).toBeGreaterThan(0);
    const failed = { type: 'code', status: 'failed' };
    expect(count('lapwing_block_duration_seconds_count', failed)).toBe(1);
  });

  it('counts webhooks and instants of schedules by outcome', () => {
    expect(count('lapwing_webhook_attempts_total', { outcome: 'delivered' })).toBe(1);
    expect(count('lapwing_webhook_attempts_total', { outcome: 'given_up' })).toBe(1);
    expect(count('lapwing_schedule_fires_total', { outcome: 'triggered' })).toBe(1);
    expect(count('lapwing_schedule_fires_total', { outcome: 'caught_up' })).toBe(1);
    expect(count('lapwing_schedule_fires_total', { outcome: 'missed' })).toBe(0);
    expect(count('lapwing_schedules', { state: 'enabled' })).toBe(2);
    expect(count('lapwing_schedules', { state: 'late' })).toBe(0);
    expect(count('lapwing_schedule_lateness_seconds')).toBe(0);
  });

  it('has names of ours in its labels, and nothing of an organization anywhere', async () => {
    const text = await (await fetch(`${lapwing.url}/metrics`)).text();
    for (const id of ids) expect(text).not.toContain(id);
    expect(text).not.toMatch(/private|wpid_|wr_|wfs_|whd_|127\.0\.0\.1/i);
    for (const { name, labels } of metrics.samples.filter((one) =>
      one.name.startsWith('lapwing'),
    )) {
      const { le: _bucket, ...ours } = labels;
      const metric = name.replace(/_(bucket|sum|count)$/, '');
      for (const value of Object.values(ours)) expect(vocabulary[metric], name).toContain(value);
    }
  });

  it('counts a run by how it ended in the database, not by what was tried before', async () => {
    // The first transaction that ends the run fails behind everything that it has written of the end.
    await failOnce(lapwing);
    const workflowId = await lapwing.createWorkflow({ blocks: [code('quick', 'return 1')] });
    const run = await lapwing.run(workflowId, { webhook_url: `${receiver.url}/hook` });
    expect(run.status).toBe('failed');
    const after = await metricsOf(lapwing);
    const more = (status: string) =>
      (after.value('lapwing_runs_ended_total', { status }) ?? 0) -
      (count('lapwing_runs_ended_total', { status }) ?? 0);
    expect({ failed: more('failed'), completed: more('completed') }).toEqual({
      failed: 1,
      completed: 0,
    });
  });
});

describe('a server with a token for its metrics', () => {
  let lapwing: Lapwing;
  beforeAll(async () => {
    lapwing = await startLapwing({ LAPWING_METRICS_TOKEN: 'scrape-me-12345' });
  });
  // Its database is closed by then.
  afterAll(() => lapwing.close().catch(() => undefined));

  const bearer = { authorization: 'Bearer scrape-me-12345' };
  const ask = (headers: Record<string, string>) => fetch(`${lapwing.url}/metrics`, { headers });

  it('tells them to whoever shows it', async () => {
    const answer = await ask(bearer);
    expect(answer.status).toBe(200);
    expect(parseExposition(await answer.text()).value('lapwing_database_up')).toBe(1);
  });

  it.each([
    ['nothing', {}],
    ['another token', { authorization: 'Bearer scrape-me-12346' }],
    ['the token without its scheme', { authorization: 'scrape-me-12345' }],
    ['an API key', { 'x-api-key': 'test-key-0123456789' }],
  ])('tells nothing to who shows %s', async (_what, headers) => {
    const answer = await ask(headers);
    expect(answer.status).toBe(403);
    const text = await answer.text();
    expect(text).toContain('LAPWING_METRICS_TOKEN');
    expect(text).not.toContain('scrape-me');
    expect(text).not.toContain('lapwing_runs');
  });

  it('says that the database is out of reach, and still answers with what it knows itself', async () => {
    await lapwing.run(await lapwing.createWorkflow({ blocks: [code('quick', 'return 1')] }));
    await lapwing.server.app.database.close();
    const metrics = parseExposition(await (await ask(bearer)).text());
    expect(metrics.value('lapwing_database_up')).toBe(0);
    expect(metrics.value('lapwing_runs_ended_total', { status: 'completed' })).toBe(1);
    const ofDatabase = ['lapwing_queue_jobs', 'lapwing_runs_open', 'lapwing_schedules'];
    const stale = metrics.samples.filter(({ name }) => ofDatabase.includes(name));
    expect(stale).toEqual([]);
    expect(metrics.value('lapwing_schedule_lateness_seconds')).toBeUndefined();
  });
});
