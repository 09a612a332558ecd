import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended, startRun } from '../../support/runs.ts';
import { admissions, heldWorkflow, statusOf } from './support.ts';

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

const start = (workflowId: string, name: string, fields: object = {}) =>
  startRun(lapwing, workflowId, { parameters: { name }, ...fields });

it('runs of a sequential workflow go one after another, in the order of coming, whatever their priority', async () => {
  const workflow = await heldWorkflow(gate, lapwing, { run_sequentially: true });
  const names = ['a', 'b', 'c', 'd'];
  const ids: string[] = [];
  for (const [priority, name] of names.entries())
    ids.push(await start(workflow, name, { priority }));
  for (const name of names) {
    await gate.release(name);
    await ended(lapwing, ids[names.indexOf(name)] ?? '');
  }
  expect(gate.arrived).toEqual(names);
  expect(gate.most).toBe(1);
  expect(await admissions(lapwing)).toEqual({ over: 4 });
  const saved = await lapwing.request('GET', `/v1/agents/${workflow}`);
  expect(saved.body).toMatchObject({ run_sequentially: true, sequential_key: null });
});

it('runs with the same key go one after another, those of other keys beside them', async () => {
  const workflow = await heldWorkflow(gate, lapwing, { sequential_key: 'portal-{{ key }}' });
  const ids = new Map<string, string>();
  for (const name of ['x1', 'y1', 'x2', 'y2', 'x3'])
    ids.set(name, await startRun(lapwing, workflow, { parameters: { name, key: name[0] } }));
  await gate.reached(2);
  expect([...gate.held].sort()).toEqual(['x1', 'y1']);
  for (const name of ['x1', 'x2', 'x3', 'y1', 'y2']) await gate.release(name);
  for (const id of ids.values())
    expect(await ended(lapwing, id)).toMatchObject({ status: 'completed' });
  expect(gate.arrived.filter((name) => name.startsWith('x'))).toEqual(['x1', 'x2', 'x3']);
  expect(gate.most).toBe(2);
  const { body } = await lapwing.request('GET', `/v1/agents/${workflow}/runs?page_size=100`);
  const keys = (body as { workflow_run_id: string; sequential_key: string }[]).map((run) => [
    run.workflow_run_id,
    run.sequential_key,
  ]);
  expect(Object.fromEntries(keys)[ids.get('x2') ?? '']).toBe('portal-x');
});

it('a key that cannot be rendered is refused, and no run is left behind', async () => {
  const workflow = await heldWorkflow(gate, lapwing, { sequential_key: '{{ key.first.second }}' });
  const answer = await lapwing.request('POST', '/v1/run/workflows', { workflow_id: workflow });
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).toContain('sequential_key');
  expect(await admissions(lapwing)).toEqual({});
});

it('a run that is canceled while it waits is passed over, at once', async () => {
  const workflow = await heldWorkflow(gate, lapwing, { run_sequentially: true });
  const first = await start(workflow, 'first');
  const canceled = await start(workflow, 'canceled');
  const last = await start(workflow, 'last');
  await gate.reached(1);
  await lapwing.request('POST', `/v1/runs/${canceled}/cancel`);
  expect(await statusOf(lapwing, canceled)).toBe('canceled');
  expect(await admissions(lapwing)).toEqual({ taken: 1, blocked: 1, over: 1 });
  await gate.release('first');
  await gate.release('last');
  expect(await ended(lapwing, last)).toMatchObject({ status: 'completed' });
  expect(await ended(lapwing, first)).toMatchObject({ status: 'completed' });
  expect(gate.arrived).toEqual(['first', 'last']);
});

it('a run that is canceled while it works lets the next one in', async () => {
  const workflow = await heldWorkflow(gate, lapwing, { run_sequentially: true });
  const first = await start(workflow, 'first');
  const next = await start(workflow, 'next');
  await gate.reached(1);
  await lapwing.request('POST', `/v1/runs/${first}/cancel`);
  await gate.release('next');
  expect(await ended(lapwing, next)).toMatchObject({ status: 'completed' });
  expect(await ended(lapwing, first)).toMatchObject({ status: 'canceled' });
  expect(gate.most).toBe(1);
});

it('a run that its parent waits for goes on in what the parent has, even in the same workflow', async () => {
  const inner = await heldWorkflow(gate, lapwing, { run_sequentially: true });
  const outer = await lapwing.createWorkflow({
    blocks: [
      {
        block_type: 'workflow_trigger',
        label: 'call',
        workflow_permanent_id: inner,
        payload: { name: 'inner' },
      },
    ],
  });
  const holder = await start(inner, 'holder');
  await gate.reached(1);
  const parent = await startRun(lapwing, outer);
  await gate.release('inner');
  expect(await ended(lapwing, parent)).toMatchObject({ status: 'completed' });
  await gate.release('holder');
  expect(await ended(lapwing, holder)).toMatchObject({ status: 'completed' });
});
