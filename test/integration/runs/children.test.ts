import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { script } from '../../support/blocks.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import {
  blockStarted,
  ended,
  eventOf,
  rowsOf,
  runBlocks,
  startRun,
  timeline,
} from '../../support/runs.ts';
import { createServerPlace, type ServerPlace } from '../../support/server-process.ts';

const trigger = (workflowId: string, fields: object = {}) => ({
  block_type: 'workflow_trigger',
  label: 'go',
  workflow_permanent_id: workflowId,
  ...fields,
});
const hold = (seconds: number) => ({ block_type: 'wait', label: 'hold', wait_sec: seconds });
const parameter = (key: string, type: string) => ({
  parameter_type: 'workflow',
  key,
  workflow_parameter_type: type,
});

type Server = Pick<Lapwing, 'request' | 'url' | 'apiKey'>;

/** The run that a block has started, while the block waits for it. */
async function childOf(server: Server, runId: string): Promise<string> {
  await blockStarted(server, runId, 'go');
  for (;;) {
    const [row] = rowsOf(await timeline(server, runId));
    const id = row?.block_workflow_run_id ?? null;
    if (id !== null) return id;
  }
}

/** Resolves when the child has come to its block `hold`; with its id. */
async function heldChild(server: Server, runId: string): Promise<string> {
  const child = await childOf(server, runId);
  await blockStarted(server, child, 'hold');
  return child;
}

async function runsOf(server: Server, workflowId: string) {
  const answer = await server.request(
    'GET',
    `/v1/agents/${workflowId}/runs?page_size=100&include_child_runs=true`,
  );
  return answer.body as { workflow_run_id: string; [field: string]: unknown }[];
}

describe('a run that a block starts', () => {
  let lapwing: Lapwing;
  beforeAll(async () => {
    // One slot: whoever waits for a run must not be in its way.
    lapwing = await startLapwing({ LAPWING_SLOTS: '1' });
  });
  afterAll(() => lapwing.close());

  it('gets its parameters in their types, and hands its outputs to the block that waits', async () => {
    const child = await lapwing.createWorkflow({
      parameters: [parameter('count', 'integer'), parameter('items', 'json')],
      blocks: [
        script('look', 'return { next: count + 1, first: items[0], extracted_information: 7 }', {
          parameter_keys: ['count', 'items'],
        }),
      ],
    });
    const run = await runBlocks(lapwing, [
      script('make', 'return { n: 41, items: ["a"] }'),
      trigger(child, {
        payload: { count: '{{ make_output.n | json }}', items: '{{ make_output.items }}' },
      }),
      script('use', 'return go_output.outputs.look_output.next', { parameter_keys: ['go_output'] }),
    ]);
    const id = run.output.go_output.workflow_run_id;
    expect(run).toMatchObject({
      status: 'completed',
      output: {
        go_output: {
          workflow_run_id: expect.stringMatching(/^wr_/),
          workflow_permanent_id: child,
          status: 'completed',
          failure_reason: null,
        },
        use_output: 42,
        extracted_information: [7],
      },
    });
    const look = { next: 42, first: 'a', extracted_information: 7 };
    expect(run.output.go_output.outputs).toEqual({ look_output: look });
    const row = rowsOf(await timeline(lapwing, run.run_id)).find(({ label }) => label === 'go');
    expect(row?.block_workflow_run_id).toBe(id);
    const legacy = await lapwing.request('GET', `/api/v1/workflows/runs/${id}`);
    expect(legacy.body).toMatchObject({ status: 'completed' });
    const own = await lapwing.request('GET', `/v1/runs/${id}`);
    expect(own.body).toMatchObject({
      status: 'completed',
      run_request: { workflow_id: child, parameters: { count: 41, items: '["a"]' } },
    });
  });

  it('fails the block when it does not complete', async () => {
    const child = await lapwing.createWorkflow({
      blocks: [script('break_it', 'throw new Error("no stock")')],
    });
    const run = await runBlocks(lapwing, [trigger(child)]);
    expect(run).toMatchObject({
      status: 'failed',
      failure_reason: expect.stringMatching(
        /^workflow_trigger block failed\. failure reason: Triggered workflow run wr_\d+ ended as failed: code block failed/,
      ),
      output: {
        go_output: { status: 'failed', failure_reason: expect.stringContaining('code block') },
      },
    });
  });

  it('runs although nobody waits for it', async () => {
    const child = await lapwing.createWorkflow({ blocks: [script('work', 'return "done"')] });
    const run = await runBlocks(lapwing, [trigger(child, { wait_for_completion: false })]);
    const id = run.output.go_output.workflow_run_id;
    expect(run.output.go_output).toEqual({
      workflow_run_id: id,
      workflow_permanent_id: child,
      status: 'queued',
    });
    expect(await ended(lapwing, id)).toMatchObject({
      status: 'completed',
      output: { work_output: 'done' },
    });
  });

  it('does not wait behind the runs that wait for it, however many there are', async () => {
    const child = await lapwing.createWorkflow({ blocks: [script('work', 'return 1')] });
    const parent = await lapwing.createWorkflow({ blocks: [trigger(child)] });
    const ids = await Promise.all(Array.from({ length: 12 }, () => startRun(lapwing, parent)));
    const runs = await Promise.all(ids.map((id) => ended(lapwing, id)));
    expect(runs.map(({ status }) => status)).toEqual(ids.map(() => 'completed'));
    expect(await runsOf(lapwing, child)).toHaveLength(12);
  });

  it('starts ten levels of runs at most', async () => {
    const self = await lapwing.createWorkflow({ blocks: [hold(1)] });
    const again = {
      title: 'Again',
      workflow_definition: { parameters: [], blocks: [trigger(self)] },
    };
    await lapwing.request('POST', `/v1/workflows/${self}`, { json_definition: again });
    const run = await lapwing.run(self);
    expect(run.status).toBe('failed');
    expect(run.failure_reason).toContain(
      'Failed to setup triggered workflow run: Workflows may trigger each other 10 levels deep',
    );
    const runs = await runsOf(lapwing, self);
    expect(runs).toHaveLength(11);
    const parents = new Set(runs.map((one) => one.parent_workflow_run_id));
    expect(parents.size).toBe(11);
  });

  it.each([
    ['wpid_unknown', {}, 'Workflow wpid_unknown not found'],
    ['child', {}, 'Missing value for parameter count.'],
    ['child', { payload: { count: 'many' } }, 'Parameter count: '],
  ])('is not started when it cannot be: %s with %o', async (workflow, fields, reason) => {
    const child = await lapwing.createWorkflow({
      parameters: [parameter('count', 'integer')],
      blocks: [script('work', 'return 1')],
    });
    const run = await runBlocks(lapwing, [
      trigger(workflow === 'child' ? child : workflow, fields),
    ]);
    expect(run.status).toBe('failed');
    expect(run.output.go_output.failure_reason).toContain(
      `Failed to setup triggered workflow run: ${reason}`,
    );
    expect(await runsOf(lapwing, child)).toEqual([]);
  });

  it('is canceled with its parent, and so is what it has started itself', async () => {
    const grandchild = await lapwing.createWorkflow({ blocks: [hold(600)] });
    const child = await lapwing.createWorkflow({ blocks: [trigger(grandchild)] });
    const parent = await lapwing.createWorkflow({ blocks: [trigger(child)] });
    const runId = await startRun(lapwing, parent);
    const childId = await childOf(lapwing, runId);
    const grandchildId = await heldChild(lapwing, childId);
    await lapwing.request('POST', `/v1/runs/${runId}/cancel`);
    for (const id of [runId, childId, grandchildId])
      expect((await ended(lapwing, id)).status).toBe('canceled');
  });

  it('is canceled by its parent that has ended already', async () => {
    const child = await lapwing.createWorkflow({ blocks: [hold(600)] });
    const run = await runBlocks(lapwing, [trigger(child, { wait_for_completion: false })]);
    const id = run.output.go_output.workflow_run_id;
    await lapwing.request('POST', `/v1/runs/${run.run_id}/cancel`);
    expect((await ended(lapwing, id)).status).toBe('canceled');
    expect((await ended(lapwing, run.run_id)).status).toBe('completed');
  });

  it('fails its parent when somebody cancels it alone', async () => {
    const child = await lapwing.createWorkflow({ blocks: [hold(600)] });
    const runId = await startRun(
      lapwing,
      await lapwing.createWorkflow({ blocks: [trigger(child)] }),
    );
    const id = await heldChild(lapwing, runId);
    await lapwing.request('POST', `/v1/runs/${id}/cancel`);
    expect(await ended(lapwing, runId)).toMatchObject({
      status: 'failed',
      output: { go_output: { status: 'canceled' } },
    });
  });
});

describe('when the server goes down while a run waits for its child', () => {
  let place: ServerPlace;
  beforeEach(async () => {
    place = await createServerPlace();
  });
  afterEach(() => place.remove());

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'after %s both go on, and there is still one child',
    async (signal) => {
      const first = await place.start();
      const create = async (blocks: readonly object[]) => {
        const json_definition = {
          title: 'Kill',
          workflow_definition: { parameters: [], blocks },
        };
        const answer = await first.request('POST', '/v1/workflows', { json_definition });
        return answer.body.workflow_permanent_id as string;
      };
      const child = await create([hold(3), script('work', 'return "done"')]);
      const runId = await startRun(first, await create([trigger(child)]));
      const childId = await heldChild(first, runId);
      first.signal(signal);
      await first.exited;

      const second = await place.start();
      expect(await ended(second, runId)).toMatchObject({
        status: 'completed',
        output: {
          go_output: { workflow_run_id: childId, outputs: { work_output: 'done' } },
        },
      });
      expect(await runsOf(second, child)).toHaveLength(1);
    },
  );
});

it('takes its child with it when its own time is over', async () => {
  const lapwing = await startLapwing();
  try {
    const child = await lapwing.createWorkflow({ blocks: [hold(600)] });
    const parent = await lapwing.createWorkflow({ blocks: [trigger(child)] });
    const runId = await startRun(lapwing, parent, { max_elapsed_time_minutes: 1 });
    const id = await heldChild(lapwing, runId);
    // As if the minute had passed: the run is taken up by another life of the server.
    const { database } = lapwing.server.app;
    await database.sql.execute(
      `update runs set started_at = now() - interval '59 seconds' where run_id = '${runId}'`,
    );
    await lapwing.restart();
    await eventOf(lapwing, id, ({ data }) => data.status === 'canceled');
    expect((await ended(lapwing, runId)).status).toBe('timed_out');
  } finally {
    await lapwing.close();
  }
});
