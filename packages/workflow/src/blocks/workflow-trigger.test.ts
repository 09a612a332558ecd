import { expect, test } from 'vitest';
import { BlockFailure } from '../errors.ts';
import { memoryJournal } from '../testing/journal.ts';
import { runBlocks, runOneBlock } from '../testing/run.ts';
import { fakeWorkflows } from '../testing/workflows.ts';

const block = {
  block_type: 'workflow_trigger',
  label: 'go',
  workflow_permanent_id: '{{ which }}',
  payload: { count: '{{ n | json }}', who: 'Mx {{ name }}', all: ['{{ order }}'], fixed: 1 },
};
const parameters = { which: 'wpid_2', n: 3, name: 'Ann', order: { id: 7 } };

test('it waits for the run that it starts, and hands on its outputs', async () => {
  const workflows = fakeWorkflows(() => ({
    status: 'completed',
    failureReason: null,
    outputs: { look_output: { price: 2 } },
  }));
  const outcome = await runOneBlock(block, { parameters, capabilities: { workflows } });
  expect(workflows.started).toEqual([
    {
      workflowPermanentId: 'wpid_2',
      parameters: { count: 3, who: 'Mx Ann', all: ['{"id": 7}'], fixed: 1 },
      awaited: true,
    },
  ]);
  expect(outcome).toMatchObject({
    status: 'completed',
    output: {
      workflow_run_id: 'wr_child_1',
      workflow_permanent_id: 'wpid_2',
      status: 'completed',
      failure_reason: null,
      outputs: { look_output: { price: 2 } },
    },
    details: { block_workflow_run_id: 'wr_child_1' },
  });
});

test('a run that ends otherwise fails the block, which says how', async () => {
  const workflows = fakeWorkflows(() => ({
    status: 'terminated',
    failureReason: 'Sold out',
    outputs: null,
  }));
  const { result, journal } = await runBlocks([block], { parameters, capabilities: { workflows } });
  expect(journal.outcome('go')).toMatchObject({
    status: 'failed',
    output: { status: 'terminated', failure_reason: 'Sold out', outputs: null },
  });
  expect(result.failureReason).toBe(
    'workflow_trigger block failed. failure reason: Triggered workflow run wr_child_1 ended as terminated: Sold out',
  );
});

test('without waiting it is over when the run is queued', async () => {
  const workflows = fakeWorkflows(() => {
    throw new Error('nobody asks for the end');
  });
  const outcome = await runOneBlock(
    { ...block, wait_for_completion: false },
    { parameters, capabilities: { workflows } },
  );
  expect(workflows.started[0]?.awaited).toBe(false);
  expect(outcome).toMatchObject({
    status: 'completed',
    output: {
      workflow_run_id: 'wr_child_1',
      workflow_permanent_id: 'wpid_2',
      status: 'queued',
    },
    details: { block_workflow_run_id: 'wr_child_1' },
  });
});

test('the timeline knows the run while it goes on', async () => {
  const journal = memoryJournal();
  await runOneBlock(block, { parameters, journal });
  expect(journal.events[1]).toEqual({
    kind: 'note',
    path: 'go',
    notes: { details: { block_workflow_run_id: 'wr_child_1' } },
  });
});

test.each([
  ['no workflow is named', { workflow_permanent_id: ' ' }, 'workflow_permanent_id is empty'],
  [
    'a session is named',
    { browser_session_id: 'pbs_1' },
    'browser_session_id = pbs_1 is not served',
  ],
  [
    "the parent's session is asked for",
    { use_parent_browser_session: true },
    'use_parent_browser_session = true is not served',
  ],
])('it fails and starts nothing when %s', async (_, fields, reason) => {
  const workflows = fakeWorkflows();
  const outcome = await runOneBlock(
    { ...block, ...fields },
    { parameters, capabilities: { workflows } },
  );
  expect(outcome.status).toBe('failed');
  expect(outcome.failureReason).toContain(`Failed to setup triggered workflow run: ${reason}`);
  expect(outcome.output).toEqual({ failure_reason: outcome.failureReason });
  expect(workflows.started).toEqual([]);
});

test('a session that renders to nothing is none', async () => {
  const fields = { browser_session_id: '{{ nothing }}' };
  expect((await runOneBlock({ ...block, ...fields }, { parameters })).status).toBe('completed');
});

test('what cannot be started fails with the reason', async () => {
  const workflows = {
    ...fakeWorkflows(),
    start: async () => {
      throw new BlockFailure('Workflow wpid_2 not found');
    },
  };
  const outcome = await runOneBlock(block, { parameters, capabilities: { workflows } });
  const reason = 'Failed to setup triggered workflow run: Workflow wpid_2 not found';
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: reason,
    output: { failure_reason: reason },
  });
});

test.each([
  ['{{ 1 / 0 }}', 'payload.items.1.price: '],
  ['a {{ n | json }} in a text', 'payload.items.1.price: '],
])('a payload that cannot be rendered fails naming the place: %s', async (template, place) => {
  const payload = { ok: '{{ n }}', items: [1, { price: template }] };
  const outcome = await runOneBlock({ ...block, payload }, { parameters });
  expect(outcome.failureReason).toContain(`Failed to format jinja template: ${place}`);
  expect(outcome.output).toEqual({ failure_reason: outcome.failureReason });
});
