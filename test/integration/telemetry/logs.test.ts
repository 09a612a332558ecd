import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended, startRun } from '../../support/runs.ts';
import { sql } from '../../support/schedules.ts';

interface Entry {
  readonly level: number;
  readonly msg: string;
  readonly run_id?: string;
  readonly [field: string]: unknown;
}

const entries: Entry[] = [];
let lapwing: Lapwing;
let gate: Gate;

beforeAll(async () => {
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    for (const line of String(chunk).split('\n'))
      if (line.startsWith('{')) entries.push(JSON.parse(line));
    return true;
  });
  [lapwing, gate] = await Promise.all([
    startLapwing({ LAPWING_LOG_LEVEL: 'debug', LAPWING_DRAIN_SECONDS: '0' }),
    startGate(),
  ]);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await Promise.all([lapwing.close(), gate.close()]);
});

const about = (runId: string) => entries.filter(({ run_id: id }) => id === runId);
const block = (label: string) => ({
  ...{ block_type: 'http_request', label, method: 'GET', url: gate.url(label) },
});

it('tells of the end of each run with its id, several at the same time', async () => {
  const workflowId = await lapwing.createWorkflow({ blocks: [block('one'), block('two')] });
  const runIds = await Promise.all([1, 2, 3].map(() => startRun(lapwing, workflowId)));
  await gate.reached(3);
  gate.open();
  await Promise.all(runIds.map((runId) => ended(lapwing, runId)));
  for (const runId of runIds)
    expect(about(runId)).toEqual([
      expect.objectContaining({
        ...{ level: 30, msg: 'A run has ended', kind: 'run', job_id: expect.any(String) },
        ...{ status: 'completed', attempt: 1, seconds: expect.any(Number) },
      }),
    ]);
});

it('puts the id of the run into what the queue and the handler say of it', async () => {
  // No block can begin.
  await sql(lapwing.server.app, 'alter table run_blocks rename to run_blocks_away');
  const workflowId = await lapwing.createWorkflow({ blocks: [block('one')] });
  const runId = await startRun(lapwing, workflowId);
  await vi.waitFor(() => expect(about(runId).length).toBeGreaterThanOrEqual(2), 10_000);
  await sql(lapwing.server.app, 'alter table run_blocks_away rename to run_blocks');
  const said = about(runId).map(({ msg }) => msg);
  expect(said).toContain('A run ended by an error of Lapwing');
  expect(said).toContain('A job failed');
  const withoutId = entries.filter(({ level, run_id: id }) => level >= 40 && id === undefined);
  expect(withoutId).toEqual([]);
  await ended(lapwing, runId);
});

it('puts it into what is said of its webhook too', async () => {
  await sql(lapwing.server.app, 'alter table webhook_attempts rename to webhook_attempts_away');
  const workflowId = await lapwing.createWorkflow({ blocks: [block('one')] });
  const run = await lapwing.run(workflowId, { webhook_url: gate.url('hook') });
  const ofWebhook = () => about(run.run_id).filter(({ kind }) => kind === 'webhook');
  await vi.waitFor(() => expect(ofWebhook()).toHaveLength(1), 10_000);
  await sql(lapwing.server.app, 'alter table webhook_attempts_away rename to webhook_attempts');
  expect(ofWebhook()[0]).toMatchObject({
    level: 50,
    msg: 'A job failed',
    delivery_id: expect.stringMatching(/^whd_/),
  });
});
