import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Site, startSite } from '../../site/site.ts';
import { createWorkflow } from '../../support/durable.ts';
import { blockStarted, ended, rowsOf, startRun, timeline } from '../../support/runs.ts';
import { createServerPlace, type ServerPlace } from '../../support/server-process.ts';

let place: ServerPlace;
let site: Site;

beforeEach(async () => {
  [place, site] = await Promise.all([createServerPlace(), startSite()]);
});
afterEach(async () => {
  await Promise.all([place.remove(), site.close()]);
});

const request = (label: string, path: string, method = 'GET') => ({
  block_type: 'http_request',
  label,
  method,
  url: site.url + path,
  timeout: 600,
});
const compute = {
  block_type: 'code',
  label: 'compute',
  language: 'javascript',
  code: 'return { at: Date.now(), random: Math.random() }',
};
const hold = { block_type: 'wait', label: 'hold', wait_sec: 600 };

it('lets a running block finish, begins no other, and goes on behind it after the restart', async () => {
  const first = await place.start({ LAPWING_SLOTS: '1' });
  const workflowId = await createWorkflow(first, {
    blocks: [
      compute,
      request('before', '/api/status/200'),
      request('running', '/api/slow?ms=1500', 'POST'),
      request('after', '/api/status/201'),
    ],
  });
  const interrupted = await startRun(first, workflowId);
  const waiting = await startRun(first, workflowId);
  await site.reached('/api/slow');
  first.signal('SIGTERM');
  expect(await first.exited).toBe(0);
  expect(site.count('/api/status/201')).toBe(0);

  const second = await place.start({ LAPWING_SLOTS: '1' });
  const run = await ended(second, interrupted);
  expect(run).toMatchObject({
    status: 'completed',
    output: {
      compute_output: { random: expect.any(Number) },
      running_output: { status_code: 200 },
      after_output: { status_code: 201 },
    },
  });
  expect(await ended(second, waiting)).toMatchObject({ status: 'completed' });
  expect(site.count('/api/status/200')).toBe(2);
  expect(site.count('/api/slow')).toBe(2);
  const rows = rowsOf(await timeline(second, interrupted));
  expect(rows.map(({ label }) => label)).toEqual(['after', 'running', 'before', 'compute']);
  second.signal('SIGTERM');
  expect(await second.exited).toBe(0);
});

it('gives back a block that takes too long, and waits for the rest of it after the restart', async () => {
  const first = await place.start({ LAPWING_DRAIN_SECONDS: '0' });
  const workflowId = await createWorkflow(first, {
    blocks: [compute, { ...hold, wait_sec: 4 }, request('after', '/api/status/201')],
  });
  const runId = await startRun(first, workflowId);
  const { data } = await blockStarted(first, runId, 'hold');
  first.signal('SIGTERM');
  expect(await first.exited).toBe(0);

  const second = await place.start();
  const run = await ended(second, runId);
  expect(run.status).toBe('completed');
  const holding = rowsOf(await timeline(second, runId)).find(({ label }) => label === 'hold');
  expect(holding?.workflow_run_block_id).toBe(data.workflow_run_block_id);
  expect(holding?.duration).toBeGreaterThanOrEqual(3.9);
  second.signal('SIGTERM');
  await second.exited;
});

it('never repeats a request that may have gone through: it fails by name, and the workflow cleans up', async () => {
  const first = await place.start({ LAPWING_DRAIN_SECONDS: '0' });
  const workflowId = await createWorkflow(first, {
    finally_block_label: 'clean_up',
    blocks: [
      compute,
      request('pay', '/api/slow?ms=60000', 'POST'),
      request('after', '/api/status/201'),
      request('clean_up', '/api/status/202'),
    ],
  });
  const runId = await startRun(first, workflowId);
  await site.reached('/api/slow');
  first.signal('SIGTERM');
  expect(await first.exited).toBe(0);

  const second = await place.start();
  const run = await ended(second, runId);
  expect(run.status).toBe('failed');
  expect(run.failure_reason).toMatch(
    /^http_request block failed\. failure reason: The worker was lost while block pay \(http_request\) ran: .*not repeated/,
  );
  expect(run.output).toMatchObject({
    compute_output: { random: expect.any(Number) },
    clean_up_output: { status_code: 202 },
  });
  expect(site.count('/api/slow')).toBe(1);
  expect(site.count('/api/status/201')).toBe(0);
  second.signal('SIGTERM');
  await second.exited;
});

it('ends at once at the second signal', async () => {
  const server = await place.start({ LAPWING_DRAIN_SECONDS: '600' });
  const runId = await startRun(server, await createWorkflow(server, { blocks: [hold] }));
  await blockStarted(server, runId, 'hold');
  server.signal('SIGTERM');
  await server.line(/Stopping/);
  // It still answers while it drains.
  expect((await server.request('GET', `/v1/runs/${runId}`)).body.status).toBe('running');
  server.signal('SIGTERM');
  expect(await server.exited).toBe(1);
});
