import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onPostgres } from '../../support/database.ts';
import { createWorkflow } from '../../support/durable.ts';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Exposition, parseExposition } from '../../support/prometheus.ts';
import { type QueryCounter, startQueryCounter } from '../../support/query-counter.ts';
import { ended, type RunEvent, runEvents, startRun } from '../../support/runs.ts';
import { patiently } from '../../support/schedules.ts';
import {
  createServerPlace,
  type ServerPlace,
  type ServerProcess,
} from '../../support/server-process.ts';

const clients = 50;
/** Between two looks of a process at the runs that its clients follow. */
const lookMs = 5_000;
const labels = Array.from({ length: 8 }, (_, index) => `step_${index}`);

const told = (events: readonly RunEvent[]) =>
  events.map(({ type, data }) => `${type} ${data.label ?? data.status}`);

const story = [
  ...['run.status queued', 'run.status running'],
  ...labels.flatMap((label) => [`block.started ${label}`, `block.finished ${label}`]),
  'run.status completed',
];

const metricsOf = async ({ url }: ServerProcess): Promise<Exposition> =>
  parseExposition(await (await fetch(`${url}/metrics`)).text());

// The embedded database is one process's: roles of their own meet in a server.
describe.runIf(onPostgres)('an API and a worker that are different processes', () => {
  let place: ServerPlace;
  let counter: QueryCounter;
  let gate: Gate;
  let api: ServerProcess;
  let worker: ServerProcess;
  let workflowId: string;
  let waitingId: string;

  beforeAll(async () => {
    place = await createServerPlace();
    [counter, gate] = await Promise.all([startQueryCounter(place.databaseUrl ?? ''), startGate()]);
    api = await place.start({ DATABASE_URL: counter.url }, 'api');
    workflowId = await createWorkflow(api, {
      blocks: labels.map((label) => ({
        ...{ block_type: 'http_request', label, method: 'GET', url: gate.url(label) },
      })),
    });
    waitingId = await startRun(api, workflowId);
  });
  afterAll(async () => {
    await place.remove();
    await Promise.all([counter.close(), gate.close()]);
  });

  /** Statements about runs that the API sends within one look and a bit. */
  async function askedMeanwhile(): Promise<readonly string[]> {
    const before = counter.statements.length;
    await sleep(lookMs + 1_000);
    return counter.statements.slice(before).filter((text) => /run_events|"runs"/.test(text));
  }

  /** As if its time had come three minutes ago. */
  async function makeLate(scheduleId: string): Promise<void> {
    const client = new pg.Client({ connectionString: place.databaseUrl ?? '' });
    await client.connect();
    await client.query(
      `update workflow_schedules set next_due_at = now() - interval '3 minutes',
        next_fire_at = now() - interval '3 minutes' where workflow_schedule_id = $1`,
      [scheduleId],
    );
    await client.end();
  }

  it('ask nothing for the clients of event streams while nothing happens', async () => {
    const streams = Array.from({ length: clients }, () => runEvents(api, waitingId));
    for (const first of await Promise.all(streams.map((stream) => stream.next())))
      expect(first.value?.data.status).toBe('queued');
    const silent = streams.map((stream) => stream.next());
    // The first look at a run has every client read it once more.
    await sleep(lookMs + 1_000);
    // From then on there are the looks of the process itself, each at all runs at once.
    const asked = await askedMeanwhile();
    expect(asked.length).toBeGreaterThanOrEqual(1);
    expect(asked.length).toBeLessThanOrEqual(2);
    await api.request('POST', `/v1/runs/${waitingId}/cancel`);
    for (const next of await Promise.all(silent)) expect(next.value?.data.status).toBe('canceled');
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  });

  it('look at nothing once the streams have been left', async () => {
    await sleep(500);
    expect(await askedMeanwhile()).toEqual([]);
  });

  it('tell of schedules that nobody fires, in health and metrics, until a worker does', async () => {
    const all = `/v1/agents/${workflowId}/schedules`;
    const rhythm = { cron_expression: '0 0 1 1 *', timezone: 'UTC' };
    const { body } = await api.request('POST', all, { ...rhythm, overlap_policy: 'skip' });
    await makeLate(body.schedule.workflow_schedule_id);
    const health = async () => (await api.request('GET', '/health')).body;
    const late = await health();
    expect(late.status).toBe('degraded');
    expect(late.checks.schedules).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/1 late by up to 1[89]\d s: does a worker run\?/),
    });
    const { value } = await metricsOf(api);
    expect(value('lapwing_schedules', { state: 'late' })).toBe(1);
    expect(value('lapwing_schedule_lateness_seconds')).toBeGreaterThanOrEqual(180);

    worker = await place.start({ LAPWING_WORKER_PORT: '0' }, 'worker');
    expect(JSON.parse(await worker.line(/Schedules were late/))).toMatchObject({ schedules: 1 });
    await expect.poll(health, patiently).toMatchObject({ status: 'ok' });
    const after = await metricsOf(api);
    expect(after.value('lapwing_schedules', { state: 'late' })).toBe(0);
    expect(after.value('lapwing_schedule_lateness_seconds')).toBe(0);
    await api.request('DELETE', `${all}/${body.schedule.workflow_schedule_id}`);
    gate.open();
  });

  it('show a run live to a client of the API: by notification, not by looking', async () => {
    const held = await startGate();
    const liveId = await startRun(
      api,
      await createWorkflow(api, {
        blocks: labels.map((label) => ({
          ...{ block_type: 'http_request', label, method: 'GET', url: held.url(label) },
        })),
      }),
    );
    const begun = performance.now();
    const events: RunEvent[] = [];
    for await (const event of runEvents(api, liveId)) {
      events.push(event);
      // Each block ends only when its beginning has been seen.
      if (event.type === 'block.started') await held.release(event.data.label);
    }
    expect(told(events)).toEqual(story);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    // Looking alone would take five seconds for each block.
    expect(performance.now() - begun).toBeLessThan((labels.length * lookMs) / 2);
    await held.close();
  });

  it('go on with a stream behind the last event that its client has', async () => {
    const runId = await startRun(api, workflowId);
    const seen: RunEvent[] = [];
    // Each connection is cut after three events, until the server ends one by itself.
    for (let cut = true; cut; ) {
      cut = false;
      let taken = 0;
      for await (const event of runEvents(api, runId, seen.at(-1)?.id ?? 0)) {
        seen.push(event);
        taken += 1;
        cut = taken === 3;
        if (cut) break;
      }
    }
    expect(told(seen)).toEqual(story);
  });

  it('answer probes each for itself', async () => {
    const ask = (path: string, method = 'GET') => fetch(worker.url + path, { method });
    const health = await (await ask('/health')).json();
    expect(health).toMatchObject({
      status: 'ok',
      checks: { database: { ok: true, detail: 'postgres' }, browsers: { ok: true } },
    });
    expect(await (await ask('/api/v1/heartbeat')).text()).toBe('The worker is running.');
    for (const path of ['/', '/v1/version', '/docs', '/healthy', '/v1/agents'])
      expect((await ask(path)).status, path).toBe(404);
    expect((await ask('/health', 'POST')).status).toBe(404);

    const ofWorker = await metricsOf(worker);
    const ofApi = await metricsOf(api);
    const completed = { status: 'completed' };
    expect(ofWorker.value('lapwing_runs_ended_total', completed)).toBeGreaterThanOrEqual(2);
    expect(ofApi.value('lapwing_runs_ended_total', completed)).toBe(0);
    expect(ofWorker.value('lapwing_browsers', { state: 'open' })).toBe(0);
    expect(ofApi.value('lapwing_browsers')).toBeUndefined();
    // What the database knows, each of them tells.
    for (const { value } of [ofWorker, ofApi])
      expect(value('lapwing_queue_jobs', { kind: 'run', state: 'ready' })).toBe(0);
  });

  it('answer probes while they drain, and then end', async () => {
    const held = await startGate();
    const runId = await startRun(
      api,
      await createWorkflow(api, {
        blocks: [{ block_type: 'http_request', label: 'held', url: held.url('held') }],
      }),
    );
    await held.reached(1);
    worker.signal('SIGTERM');
    await worker.line(/Stopping/);
    expect((await fetch(`${worker.url}/health`)).status).toBe(200);
    held.open();
    expect(await worker.exited).toBe(0);
    expect((await ended(api, runId)).status).toBe('completed');
    await held.close();
  });
});
