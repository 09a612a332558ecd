import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { startMailServer } from '../../../packages/server/src/mail/testing/mail-server.ts';
import { type Gate, startGate } from '../../support/gate.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization } from '../../support/organizations.ts';
import { ended, startRun } from '../../support/runs.ts';
import { admissions, heldWorkflow, statusOf } from './support.ts';

let gate: Gate;
let lapwing: Lapwing;

beforeEach(async () => {
  gate = await startGate();
});
afterEach(async () => {
  gate.open();
  await lapwing.close();
  await gate.close();
});

const start = (workflowId: string, name: string, fields: object = {}) =>
  startRun(lapwing, workflowId, { parameters: { name }, ...fields });
const setLimit = async (fields: object) => {
  const answer = await lapwing.request('PUT', '/api/v1/organizations', fields);
  expect(answer.status).toBe(200);
  return answer.body;
};
const mend = () => lapwing.server.app.runs.upkeep.mend(new AbortController().signal);

it('no more runs go on than the organization allows; the others wait by priority, then in the order of coming', async () => {
  lapwing = await startLapwing({ LAPWING_SLOTS: '10' });
  expect(await setLimit({ max_concurrent_runs: 2 })).toMatchObject({ max_concurrent_runs: 2 });
  const workflow = await heldWorkflow(gate, lapwing);
  const ids = new Map<string, string>();
  const priorities = { a: 0, b: 0, c: 0, low: -5, high: 5, d: 0 };
  for (const [name, priority] of Object.entries(priorities))
    ids.set(name, await start(workflow, name, { priority }));
  await gate.reached(2);
  expect(await admissions(lapwing)).toEqual({ taken: 2, waiting: 4 });
  expect(await statusOf(lapwing, ids.get('d') ?? '')).toBe('queued');
  const order = ['a', 'b', 'high', 'c', 'd', 'low'];
  for (const [index, name] of order.entries()) {
    await gate.release(name);
    await gate.reached(Math.min(order.length, index + 3));
  }
  for (const id of ids.values())
    expect(await ended(lapwing, id)).toMatchObject({ status: 'completed' });
  expect(gate.arrived).toEqual(order);
  expect(gate.most).toBe(2);
  expect(await admissions(lapwing)).toEqual({ over: 6 });
});

it('a limit that is raised, or taken away, lets in those that wait', async () => {
  lapwing = await startLapwing({ LAPWING_SLOTS: '10' });
  await setLimit({ max_concurrent_runs: 1 });
  const workflow = await heldWorkflow(gate, lapwing);
  for (const name of ['a', 'b', 'c', 'd']) await start(workflow, name);
  await gate.reached(1);
  await setLimit({ max_concurrent_runs: 3 });
  await mend();
  await gate.reached(3);
  expect(await admissions(lapwing)).toEqual({ taken: 3, waiting: 1 });
  expect(await setLimit({ clear_max_concurrent_runs: true })).toMatchObject({
    max_concurrent_runs: null,
  });
  await mend();
  await gate.reached(4);
});

it('the limit of the server holds for each organization by itself, and an own limit wins over it', async () => {
  lapwing = await startLapwing({ LAPWING_SLOTS: '10', LAPWING_MAX_RUNS_PER_ORGANIZATION: '1' });
  const other = await addOrganization(lapwing, 'other');
  const workflow = await heldWorkflow(gate, lapwing);
  const theirs = await lapwing.request(
    'POST',
    '/v1/workflows',
    {
      json_definition: {
        title: 'Theirs',
        workflow_definition: {
          parameters: [],
          blocks: [
            { block_type: 'http_request', label: 'hold', method: 'GET', url: gate.url('theirs') },
          ],
        },
      },
    },
    other.headers,
  );
  await start(workflow, 'ours');
  await start(workflow, 'ours too');
  const body = { workflow_id: theirs.body.workflow_permanent_id };
  expect((await lapwing.request('POST', '/v1/run/workflows', body, other.headers)).status).toBe(
    200,
  );
  await gate.reached(2);
  expect([...gate.held].sort()).toEqual(['ours', 'theirs']);
  await setLimit({ max_concurrent_runs: 2 });
  await mend();
  await gate.reached(3);
});

it('a run and those that it waits for are one to the limit; those that it does not wait for are not', async () => {
  lapwing = await startLapwing({ LAPWING_SLOTS: '10', LAPWING_MAX_RUNS_PER_ORGANIZATION: '1' });
  const inner = await heldWorkflow(gate, lapwing);
  const call = (label: string, fields: object = {}) => ({
    block_type: 'workflow_trigger',
    label,
    workflow_permanent_id: inner,
    payload: { name: label },
    ...fields,
  });
  const outer = await lapwing.createWorkflow({
    blocks: [call('left_alone', { wait_for_completion: false }), call('awaited')],
  });
  const parent = await startRun(lapwing, outer);
  await gate.reached(1);
  expect(gate.held).toEqual(['awaited']);
  expect(await admissions(lapwing)).toEqual({ taken: 2, waiting: 1 });
  await gate.release('awaited');
  expect(await ended(lapwing, parent)).toMatchObject({ status: 'completed' });
  await gate.release('left_alone');
});

it('a paused run keeps its place', async () => {
  const relay = await startMailServer({ disabledCommands: ['STARTTLS', 'AUTH'] });
  onTestFinished(() => relay.close());
  lapwing = await startLapwing({
    LAPWING_MAX_RUNS_PER_ORGANIZATION: '1',
    LAPWING_SMTP_URL: `smtp://127.0.0.1:${relay.port}`,
    LAPWING_MAIL_FROM: 'Lapwing <lapwing@server.test>',
  });
  const asking = await lapwing.createWorkflow({
    blocks: [{ block_type: 'human_interaction', label: 'ask', recipients: ['ann@b.co'] }],
  });
  const paused = await startRun(lapwing, asking);
  await expect.poll(() => statusOf(lapwing, paused), { timeout: 30_000 }).toBe('paused');
  await start(await heldWorkflow(gate, lapwing), 'next');
  expect(await admissions(lapwing)).toEqual({ taken: 1, waiting: 1 });
  await lapwing.request('POST', `/v1/runs/${paused}/cancel`);
  await gate.reached(1);
});

it('a backlog is no more in the queue than a window of it, and another organization does not notice it', async () => {
  lapwing = await startLapwing({ LAPWING_SLOTS: '1' });
  const other = await addOrganization(lapwing, 'other');
  const workflow = await heldWorkflow(gate, lapwing);
  await start(workflow, 'busy');
  await gate.reached(1);
  for (let index = 0; index < 40; index += 1) await start(workflow, `backlog ${index}`);
  expect(await admissions(lapwing)).toEqual({ taken: 1, ready: 32, waiting: 8 });
  const definition = {
    title: 'Theirs',
    workflow_definition: {
      parameters: [],
      blocks: [
        { block_type: 'http_request', label: 'hold', method: 'GET', url: gate.url('theirs') },
      ],
    },
  };
  const theirs = await lapwing.request(
    'POST',
    '/v1/workflows',
    { json_definition: definition },
    other.headers,
  );
  const body = { workflow_id: theirs.body.workflow_permanent_id };
  await lapwing.request('POST', '/v1/run/workflows', body, other.headers);
  await gate.release('busy');
  // The next turn is that of whoever came first; the one after it is the other organization's.
  await gate.release();
  await gate.release();
  expect(gate.arrived.slice(0, 3)).toContain('theirs');
  const last = await start(workflow, 'last');
  gate.open();
  expect(await ended(lapwing, last)).toMatchObject({ status: 'completed' });
  await expect.poll(() => admissions(lapwing), { timeout: 30_000 }).toEqual({ over: 43 });
  const ours = gate.arrived.filter((name) => name.startsWith('backlog'));
  expect(ours).toEqual([...Array(40).keys()].map((index) => `backlog ${index}`));
});
