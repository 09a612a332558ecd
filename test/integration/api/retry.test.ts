import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { script } from '../../support/blocks.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { blockStarted, ended, startRun, timeline } from '../../support/runs.ts';

let lapwing: Lapwing;
let receiver: Receiver;

beforeAll(async () => {
  [lapwing, receiver] = await Promise.all([startLapwing(), startReceiver()]);
});
afterAll(() => Promise.all([lapwing.close(), receiver.close()]));

const retry = (runId: string, headers: Record<string, string> = {}) =>
  lapwing.request('POST', `/v1/agents/runs/${runId}/retry`, undefined, headers);
const pause = (label: string) => ({
  block_type: 'conditional',
  label,
  branch_conditions: [{ is_default: true }],
});
const column = async (runId: string, name: string) => {
  const { database } = lapwing.server.app;
  const answer = await database
    .executor(database.sql)
    .executeSql(`select ${name} as value from runs where run_id = $1`, [runId]);
  return (answer.rows as { value: unknown }[])[0]?.value;
};

describe('a retry', () => {
  it('runs the same version with the same request', async () => {
    const key = { parameter_type: 'workflow', workflow_parameter_type: 'string', key: 'name' };
    const workflowId = await lapwing.createWorkflow({
      parameters: [key],
      blocks: [pause('first')],
    });
    const before = await lapwing.run(workflowId, {
      parameters: { name: 'Ada' },
      title: 'Mine',
      webhook_url: `${receiver.url}/hook`,
      extra_http_headers: { 'x-a': 'b' },
      cdp_connect_headers: { authorization: 'secret' },
      max_elapsed_time_minutes: 7,
      run_metadata: { team: 'blue' },
    });
    await lapwing.request('POST', `/v1/runs/${before.run_id}/tags`, {
      tags: [{ key: 'team', value: 'red' }, { value: 'label' }],
    });
    const changed = {
      title: 'Changed',
      workflow_definition: { parameters: [key], blocks: [pause('second')] },
    };
    await lapwing.request('POST', `/v1/agents/${workflowId}`, { json_definition: changed });
    const answer = await retry(before.run_id, { 'x-user-agent': 'skyvern-ui' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'created', queued_at: null, output: null });
    expect(answer.body.run_id).not.toBe(before.run_id);
    expect(answer.body.run_request).toEqual({
      ...before.run_request,
      run_metadata: { team: 'red' },
    });
    const after = await ended(lapwing, answer.body.run_id);
    expect(after.status).toBe('completed');
    expect((await timeline(lapwing, after.run_id)).map(({ block }) => block.label)).toEqual([
      'first',
    ]);
    expect(await column(after.run_id, 'trigger_type')).toBe('manual');
    expect(await column(after.run_id, 'cdp_headers_sealed')).toEqual(expect.any(String));
    const legacy = await lapwing.request('GET', `/v1/workflows/runs/${after.run_id}`);
    expect(legacy.body.retried_from_workflow_run_id).toBeNull();
  });

  it('keeps the step ceiling that its own request sends', async () => {
    const { run_id: runId } = await lapwing.run(
      await lapwing.createWorkflow({ blocks: [pause('one')] }),
    );
    expect(await column(runId, 'max_steps')).toBeNull();
    const again = await retry(runId, { 'x-max-steps-override': '12' });
    expect(await column(again.body.run_id, 'max_steps')).toBe(12);
    expect((await retry(runId, { 'x-max-steps-override': 'many' })).status).toBe(422);
  });

  it('is refused while the run goes on, and for one that is not there', async () => {
    const workflowId = await lapwing.createWorkflow({
      blocks: [{ block_type: 'wait', label: 'long', wait_sec: 600 }],
    });
    const runId = await startRun(lapwing, workflowId);
    await blockStarted(lapwing, runId, 'long');
    const early = await retry(runId);
    expect([early.status, early.body.detail]).toEqual([400, expect.stringContaining('running')]);
    await lapwing.request('POST', `/v1/runs/${runId}/cancel`);
    expect((await retry('wr_1')).status).toBe(404);
  });

  it('is refused when the workflow was deleted', async () => {
    const workflowId = await lapwing.createWorkflow({ blocks: [pause('one')] });
    const { run_id: runId } = await lapwing.run(workflowId);
    await lapwing.request('POST', `/v1/agents/${workflowId}/delete`);
    expect((await retry(runId)).status).toBe(404);
  });
});

describe('a run of some blocks', () => {
  const ui = { 'x-user-agent': 'skyvern-ui' };
  let workflowId: string;
  const runBlocks = (body: object, headers: Record<string, string> = ui) =>
    lapwing.request(
      'POST',
      '/v1/run/workflows/blocks',
      { workflow_id: workflowId, ...body },
      headers,
    );

  beforeAll(async () => {
    workflowId = await lapwing.createWorkflow({
      finally_block_label: 'last',
      blocks: [
        script('price', 'return 6', { next_block_label: 'total' }),
        script('total', 'return price_output * 7', {
          parameter_keys: ['price_output'],
          next_block_label: 'each',
        }),
        {
          block_type: 'for_loop',
          label: 'each',
          next_block_label: 'last',
          loop_variable_reference: '{{ [1] }}',
          loop_blocks: [pause('inner')],
        },
        pause('last'),
      ],
    });
  });

  it('runs the listed ones in their order, nested ones too, and the finally block', async () => {
    const answer = await runBlocks({ block_labels: ['inner', 'price'] });
    expect(answer.status).toBe(200);
    expect(answer.body.block_labels).toEqual(['inner', 'price']);
    const run = await ended(lapwing, answer.body.run_id);
    expect(run).toMatchObject({ status: 'completed', output: { price_output: 6 } });
    const rows = (await timeline(lapwing, run.run_id)).map(({ block }) => block.label);
    expect(rows).toEqual(['last', 'price', 'inner']);
    const again = await retry(run.run_id);
    expect([again.status, again.body.detail]).toEqual([400, expect.stringContaining('blocks')]);
  });

  it('sees the outputs that it is given, which are none of its own', async () => {
    const answer = await runBlocks({ block_labels: ['total'], block_outputs: { price: 3 } });
    const run = await ended(lapwing, answer.body.run_id);
    expect(run.output).toMatchObject({ total_output: 21 });
    expect(run.output).not.toHaveProperty('price_output');
  });

  it('belongs to the editor alone', async () => {
    const body = { block_labels: ['price'] };
    expect((await runBlocks(body, {})).status).toBe(403);
    expect((await runBlocks(body, { ...ui, 'x-api-key': 'wrong' })).status).toBe(403);
  });

  it('is in no list when it belongs to a session of the editor', async () => {
    const listed = async () =>
      (await lapwing.request('GET', `/v1/agents/${workflowId}/runs`)).body.map(
        (row: { workflow_run_id: string }) => row.workflow_run_id,
      );
    const plain = (await runBlocks({ block_labels: ['inner'] })).body.run_id;
    const hidden = (await runBlocks({ block_labels: ['inner'], debug_session_id: 'ds_1' })).body
      .run_id;
    expect(await listed()).toContain(plain);
    expect(await listed()).not.toContain(hidden);
  });

  it.each([
    [{}, 422],
    [{ block_labels: [] }, 422],
    [{ block_labels: 'price' }, 422],
    [{ block_labels: ['price', 'gone'] }, 404],
    [{ block_labels: ['price'], block_outputs: [] }, 422],
    [{ block_labels: ['price'], workflow_id: 'wpid_1' }, 404],
  ])('answers %j with %i', async (body, status) => {
    const answer = await runBlocks(body);
    expect(answer.status).toBe(status);
    if (status === 404) expect(answer.body.detail).toMatch(/gone|wpid_1/);
  });
});
