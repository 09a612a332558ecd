import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { query } from '../../bench/databases.ts';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { blockStarted, ended, startRun } from '../../support/runs.ts';

let gate: Gate;
let lapwing: Lapwing;

beforeEach(async () => {
  [gate, lapwing] = await Promise.all([startGate(), startLapwing()]);
});
afterEach(async () => {
  gate.open();
  await lapwing.close();
  await gate.close();
});

const held = () => ({
  block_type: 'http_request',
  label: 'hold',
  method: 'GET',
  url: gate.url('x'),
});
const never = new AbortController().signal;

it('a question that nobody answered in time stays unanswered, whoever asks again', async () => {
  const workflow = await lapwing.createWorkflow({ blocks: [held()] });
  const runId = await startRun(lapwing, workflow);
  const { data } = await blockStarted(lapwing, runId, 'hold');
  const { pauses } = lapwing.server.app.runs;
  const asking = { runId, blockId: data.workflow_run_block_id, until: new Date() };
  await pauses.pause(runId);
  expect(await pauses.answer(asking, never)).toBeNull();
  // The next life of the run finds it running; so does somebody whose answer was lost.
  expect(await pauses.answer(asking, never)).toBeNull();
  await pauses.pause(runId);
  await pauses.goOn(runId);
  const other = { ...asking, blockId: 'wrb_0' };
  expect(await pauses.answer(other, never)).toBe('running');
});

it('a run that is canceled at the moment its worker gives it back is canceled', async () => {
  const workflow = await lapwing.createWorkflow({ blocks: [held()] });
  const runId = await startRun(lapwing, workflow);
  await gate.reached(1);
  const { runs, database } = lapwing.server.app;
  const [row] = await query<{ organization_id: string }>(
    database,
    'select organization_id from runs where run_id = $1',
    [runId],
  );
  const life = { runId, attempt: 1 };
  await Promise.all([
    runs.execution.giveBack(life, null),
    runs.cancel(row?.organization_id ?? '', runId),
  ]);
  gate.open();
  expect(await ended(lapwing, runId)).toMatchObject({ status: 'canceled' });
});

it('a run that waits for another one asks the database only when there is news', async () => {
  const child = await lapwing.createWorkflow({ blocks: [held()] });
  const parent = await lapwing.createWorkflow({
    blocks: [{ block_type: 'workflow_trigger', label: 'call', workflow_permanent_id: child }],
  });
  const runId = await startRun(lapwing, parent);
  await gate.reached(1);
  const find = vi.spyOn(lapwing.server.app.database.sql, 'select');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(find.mock.calls.length).toBeLessThan(50);
  gate.open();
  expect(await ended(lapwing, runId)).toMatchObject({ status: 'completed' });
});
