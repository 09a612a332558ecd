import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runs } from '../../../packages/server/src/db/tables/runs.ts';
import { type Site, startSite } from '../../site/site.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { blockStarted, ended, rowsOf, startRun, timeline } from '../../support/runs.ts';

let lapwing: Lapwing;
let site: Site;

beforeAll(async () => {
  [lapwing, site] = await Promise.all([startLapwing({ LAPWING_SLOTS: '1' }), startSite()]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});

const hold = { block_type: 'wait', label: 'hold', wait_sec: 600 };

/**
 * Starts a run whose limit of a minute has but `leftMs` left when a worker takes it up. A limit is whole minutes on the
 * wire: the run is kept waiting behind another one, and its clock is put forward meanwhile.
 */
async function startLate(workflowId: string, leftMs: number): Promise<string> {
  const blocker = await startRun(lapwing, await lapwing.createWorkflow({ blocks: [hold] }));
  await blockStarted(lapwing, blocker, 'hold');
  const runId = await startRun(lapwing, workflowId, { max_elapsed_time_minutes: 1 });
  const startedAt = new Date(Date.now() - 60_000 + leftMs);
  await lapwing.server.app.database.sql
    .update(runs)
    .set({ startedAt })
    .where(eq(runs.runId, runId));
  await lapwing.request('POST', `/v1/runs/${blocker}/cancel`);
  return runId;
}

it('ends a run at its limit, with what it has, and without its finally block', async () => {
  const workflowId = await lapwing.createWorkflow({
    finally_block_label: 'clean_up',
    blocks: [
      { block_type: 'http_request', label: 'get', url: `${site.url}/api/status/200` },
      {
        block_type: 'for_loop',
        label: 'each',
        loop_variable_reference: '{{ [1] }}',
        loop_blocks: [hold],
      },
      { block_type: 'http_request', label: 'clean_up', url: `${site.url}/api/status/204` },
    ],
  });
  const runId = await startLate(workflowId, 4_000);
  const run = await ended(lapwing, runId);
  expect(run).toMatchObject({
    status: 'timed_out',
    failure_reason: 'Workflow run exceeded max elapsed runtime limit of 1 minutes.',
    output: { get_output: { status_code: 200 } },
  });
  expect(site.count('/api/status/204')).toBe(0);
  const rows = rowsOf(await timeline(lapwing, runId));
  expect(rows.map(({ label, status }) => [label, status])).toEqual([
    ['each', 'timed_out'],
    ['hold', 'timed_out'],
    ['get', 'completed'],
  ]);
});

it('runs no block of a run whose limit has passed already', async () => {
  const workflowId = await lapwing.createWorkflow({
    blocks: [{ block_type: 'http_request', label: 'get', url: `${site.url}/api/status/203` }],
  });
  const run = await ended(lapwing, await startLate(workflowId, -1_000));
  expect(run).toMatchObject({ status: 'timed_out', output: null });
  expect(site.count('/api/status/203')).toBe(0);
});
