import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended, type RunEvent, runEvents, startRun } from '../../support/runs.ts';
import { sql } from '../../support/schedules.ts';

let lapwing: Lapwing;
let gate: Gate;
let workflowId: string;
let runId: string;

/** The last event of a run that is held in its only block. */
async function lastEvent(): Promise<RunEvent> {
  for await (const event of runEvents(lapwing, runId))
    if (event.type === 'block.started') return event;
  throw new Error('The run ended');
}

const open = (id: string, after: number) =>
  fetch(`${lapwing.url}/v1/runs/${id}/events`, {
    headers: { 'x-api-key': lapwing.apiKey, 'last-event-id': String(after) },
    signal: AbortSignal.timeout(10_000),
  });

/** A reader reads first, then it waits for news. */
const hasBegunToWait = () => sleep(1_000);

beforeAll(async () => {
  [lapwing, gate] = await Promise.all([
    startLapwing({ LAPWING_DRAIN_SECONDS: '0', LAPWING_SLOTS: '1' }),
    startGate(),
  ]);
  workflowId = await lapwing.createWorkflow({
    blocks: [{ block_type: 'http_request', label: 'held', method: 'GET', url: gate.url('held') }],
  });
  runId = await startRun(lapwing, workflowId);
  await gate.reached(1);
});
afterAll(() => Promise.all([lapwing.close(), gate.close()]));

describe('a stream that is resumed where nothing happens', () => {
  it('begins its answer at once', async () => {
    const response = await open(runId, (await lastEvent()).id);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    await response.body?.cancel();
  });

  it('still says that there is no such run', async () => {
    const response = await open('wr_0', 1);
    expect(response.status).toBe(404);
    expect((await response.json()).detail).toBe('Run wr_0 not found');
  });
});

describe('news that no notification brought', () => {
  it('reaches a stream within seconds', async () => {
    const { id } = await lastEvent();
    const next = runEvents(lapwing, runId, id).next();
    await hasBegunToWait();
    await sql(
      lapwing.server.app,
      `insert into run_events (run_id, sequence, type, data)
        values ($1, $2, 'log', '{"message": "unannounced"}')`,
      [runId, id + 1],
    );
    expect((await next).value?.data).toEqual({ message: 'unannounced' });
  }, 12_000);

  it('reaches a read that waits', async () => {
    // It has no worker, which would notice.
    const queued = await startRun(lapwing, workflowId);
    const waiting = ended(lapwing, queued);
    await hasBegunToWait();
    await sql(
      lapwing.server.app,
      `update runs set status = 'failed', step_count = 1, finished_at = now() where run_id = $1`,
      [queued],
    );
    expect((await waiting).status).toBe('failed');
  }, 12_000);
});
