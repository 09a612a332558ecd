import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended, startRun } from '../../support/runs.ts';

let lapwing: Lapwing;
/** Two workflows: the first takes parameters, the second fails with an error code. */
let orders: string;
let failing: string;
/** Their runs, oldest first. */
const runs: string[] = [];

const nothingToDo = {
  block_type: 'conditional',
  label: 'pause',
  branch_conditions: [{ is_default: true }],
};
const get = (path: string) => lapwing.request('GET', path);
const idsOf = ({ body }: Answer): string[] =>
  body.map(
    (item: { run_id?: string; workflow_run_id?: string }) => item.run_id ?? item.workflow_run_id,
  );

beforeAll(async () => {
  lapwing = await startLapwing();
  orders = await lapwing.createWorkflow(
    {
      parameters: [
        {
          parameter_type: 'workflow',
          workflow_parameter_type: 'string',
          key: 'supplier',
          description: 'Who delivers',
          default_value: 'nobody',
        },
      ],
      blocks: [nothingToDo],
    },
    { title: 'Orders of the day' },
  );
  failing = await lapwing.createWorkflow({ blocks: [] }, { title: 'Nothing 100% sure' });
  const requests: [string, object][] = [
    [orders, { parameters: { supplier: 'Acme & Söhne' }, run_metadata: { team: 'blue' } }],
    [orders, { extra_http_headers: { 'X-Tenant': 'tenant-77' } }],
    [failing, {}],
    [orders, { run_metadata: { team: 'red' } }],
  ];
  for (const [workflowId, fields] of requests)
    runs.push(await startRun(lapwing, workflowId, fields));
  await Promise.all(runs.map((runId) => ended(lapwing, runId)));
});
afterAll(() => lapwing.close());

const pick = (...indexes: number[]) => indexes.map((index) => runs[index]);

describe('GET /v1/runs', () => {
  it('lists runs, newest first, with what the reference tells of them', async () => {
    const answer = await get('/v1/runs');
    expect(idsOf(answer)).toEqual(pick(3, 2, 1, 0));
    expect(answer.body[1]).toEqual({
      task_run_id: runs[2]?.replace('wr_', 'tr_'),
      run_id: runs[2],
      task_run_type: 'workflow_run',
      status: 'failed',
      title: 'Nothing 100% sure',
      started_at: expect.any(String),
      finished_at: expect.any(String),
      created_at: expect.any(String),
      workflow_permanent_id: failing,
      workflow_deleted: false,
      script_run: false,
      trigger_type: 'api',
    });
  });

  it.each([
    ['status=failed', [2]],
    ['status=failed&status=completed', [3, 2, 1, 0]],
    ['status=running', []],
    ['run_type=task_v2', []],
    ['run_type=task_v2&run_type=workflow_run', [3, 2, 1, 0]],
    ['search_key=acme', [0]],
    ['search_key=S%C3%B6hne', [0]],
    ['search_key=SUPPLIER', [3, 1, 0]],
    ['search_key=who%20deliv', [3, 1, 0]],
    ['search_key=tenant-77', [1]],
    ['search_key=of%20the%20day', [3, 1, 0]],
    ['search_key=100%25', [2]],
    ['search_key=1_0', []],
    ['search_key=nowhere', []],
    ['tags=team:red', [3]],
    ['tags=team:*', [3, 0]],
    ['tags=team:red,team:blue', [3, 0]],
    ['tags=team:red&status=failed', []],
  ])('takes %s', async (query, expected) => {
    const answer = await get(`/v1/runs?${query}`);
    expect(answer.status).toBe(200);
    expect(idsOf(answer)).toEqual(pick(...expected));
  });

  it('finds runs by their id and by that of their workflow, and takes several workflows', async () => {
    expect(idsOf(await get(`/v1/runs?search_key=${runs[1]}`))).toEqual(pick(1));
    expect(idsOf(await get(`/v1/runs?search_key=${failing}`))).toEqual(pick(2));
    const both = `workflow_permanent_id=${orders}&workflow_permanent_id=${failing}`;
    expect(idsOf(await get(`/v1/runs?${both}`))).toEqual(pick(3, 2, 1, 0));
    expect(idsOf(await get(`/v1/runs?${both}&status=completed&page_size=2`))).toEqual(pick(3, 1));
    expect(idsOf(await get('/v1/runs?workflow_permanent_id=wpid_1'))).toEqual([]);
  });

  it('pages by number and by cursor, and ends without one', async () => {
    expect(idsOf(await get('/v1/runs?page=2&page_size=3'))).toEqual(pick(0));
    const first = await get('/v1/runs?page_size=3');
    expect(idsOf(first)).toEqual(pick(3, 2, 1));
    const cursor = first.headers.get('x-next-cursor');
    const second = await get(`/v1/runs?page_size=3&cursor=${cursor}`);
    expect(idsOf(second)).toEqual(pick(0));
    expect(second.headers.get('x-next-cursor')).toBeNull();
  });

  it.each([
    ['page=0', 422],
    ['page=101', 422],
    ['page_size=101', 422],
    ['search_key=ab', 422],
    ['status=lost', 422],
    [Array.from({ length: 51 }, (_, index) => `workflow_permanent_id=w${index}`).join('&'), 422],
    [Array.from({ length: 21 }, (_, index) => `tags=t${index}`).join('&'), 422],
    [`tags=${Array.from({ length: 21 }, (_, index) => `t${index}`).join(',')}`, 400],
    ['tags=a:', 400],
    ['cursor=nonsense', 400],
    [`cursor=${Buffer.from('999999999999999 wr_1').toString('base64url')}`, 400],
    [`cursor=${Buffer.from('1 wr_\0').toString('base64url')}`, 400],
    [`cursor=${Buffer.from('99999999999999 wr_1').toString('base64url')}`, 200],
    ['search_key=acme&page=11&page_size=100', 400],
    ['search_key=acme&page=10&page_size=100', 200],
    ['page=100&page_size=100', 200],
  ])('answers %s with %i', async (query, status) => {
    expect((await get(`/v1/runs?${query}`)).status).toBe(status);
  });

  it('says when the workflow of a run was deleted', async () => {
    const workflowId = await lapwing.createWorkflow({ blocks: [nothingToDo] });
    const { run_id: runId } = await lapwing.run(workflowId);
    await lapwing.request('POST', `/v1/agents/${workflowId}/delete`);
    const answer = await get(`/v1/runs?workflow_permanent_id=${workflowId}`);
    expect(answer.body).toMatchObject([{ run_id: runId, workflow_deleted: true }]);
  });
});

describe('GET /v1/agents/runs and GET /v1/agents/{id}/runs', () => {
  it('tell of the runs of one workflow, under every name of the list', async () => {
    const paths = ['/v1/agents', '/v1/workflows', '/api/v1/workflows'];
    for (const path of paths) {
      expect(idsOf(await get(`${path}/${orders}/runs`))).toEqual(pick(3, 1, 0));
      expect(idsOf(await get(`${path}/runs?search_key=acme`))).toEqual(pick(0));
    }
    expect((await get('/v1/agents/wpid_1/runs')).body).toEqual([]);
  });

  it('show the run as its workflow sees it', async () => {
    const [row] = (await get(`/v1/agents/${orders}/runs?search_key=tenant-77`)).body;
    expect(row).toMatchObject({
      workflow_run_id: runs[1],
      workflow_permanent_id: orders,
      workflow_id: expect.stringMatching(/^w_/),
      status: 'completed',
      extra_http_headers: { 'X-Tenant': 'tenant-77' },
      workflow_title: 'Orders of the day',
      parent_workflow_run_id: null,
      trigger_type: 'api',
    });
  });

  it('take times, with and without an offset', async () => {
    const [row] = (await get(`/v1/agents/${orders}/runs?search_key=acme`)).body;
    const at = row.created_at;
    const path = `/v1/agents/${orders}/runs`;
    expect(idsOf(await get(`${path}?created_at_start=${at}`))).toEqual(pick(3, 1, 0));
    expect(idsOf(await get(`${path}?created_at_end=${at}`))).toEqual([]);
    const shifted = encodeURIComponent('2020-01-01T00:00:00+02:00');
    expect(idsOf(await get(`${path}?created_at_start=${shifted}`))).toHaveLength(3);
    for (const far of ['0000-01-01T00:00:00', '9999-12-31T23:59:59-12:00']) {
      const answer = await get(`${path}?created_at_start=${encodeURIComponent(far)}`);
      expect(answer.status).toBeLessThan(500);
    }
    expect((await get(`${path}?created_at_start=yesterday`)).status).toBe(422);
  });

  it('find runs by a whole error code', async () => {
    const sql = lapwing.server.app.database;
    await sql
      .executor(sql.sql)
      .executeSql('update runs set errors = $2::json where run_id = $1', [
        runs[2],
        JSON.stringify([{ error_code: 'OUT_OF_STOCK', reasoning: 'none left' }]),
      ]);
    expect(idsOf(await get('/v1/agents/runs?error_code=OUT_OF_STOCK'))).toEqual(pick(2));
    expect(idsOf(await get('/v1/agents/runs?error_code=OUT'))).toEqual([]);
    expect(idsOf(await get(`/v1/agents/${orders}/runs?error_code=OUT_OF_STOCK`))).toEqual([]);
  });

  it('leave out the runs that other runs started, unless they are asked for', async () => {
    const { database } = lapwing.server.app;
    const child = (await lapwing.run(orders)).run_id;
    const setParent = (parent: string | undefined) =>
      database
        .executor(database.sql)
        .executeSql('update runs set parent_run_id = $2 where run_id = $1', [
          child,
          parent ?? null,
        ]);
    await setParent(runs[0]);
    expect(idsOf(await get('/v1/runs'))).not.toContain(child);
    expect(idsOf(await get(`/v1/agents/${orders}/runs`))).not.toContain(child);
    expect(idsOf(await get(`/v1/agents/${orders}/runs?include_child_runs=true`))).toContain(child);
    expect(idsOf(await get(`/api/v1/workflows/${orders}/runs`))).toContain(child);
  });

  it('answer an enormous page with a thousand rows at most', async () => {
    const answer = await get('/v1/agents/runs?page_size=2147483647');
    expect(answer.status).toBe(200);
    expect((await get('/v1/agents/runs?page=2147483647&page_size=2147483647')).body).toEqual([]);
  });
});

describe('output for the UI', () => {
  it('is cut where one value is larger than 2 MiB', async () => {
    const workflowId = await lapwing.createWorkflow({
      parameters: [
        { parameter_type: 'workflow', workflow_parameter_type: 'string', key: 'text' },
        { parameter_type: 'workflow', workflow_parameter_type: 'string', key: 'small' },
      ],
      blocks: [nothingToDo],
    });
    const parameters = { text: 'x'.repeat(2 * 1024 * 1024), small: 'kept' };
    const { run_id: runId } = await lapwing.run(workflowId, { parameters });
    const whole = await get(`/v1/runs/${runId}`);
    expect(whole.body.run_request.parameters).toEqual(parameters);
    const ui = { 'x-user-agent': 'skyvern-ui' };
    const cut = await lapwing.request('GET', `/v1/runs/${runId}`, undefined, ui);
    const shown = {
      text: {
        truncated: true,
        reason: 'exceeded_max_run_response_value_size',
        original_size_bytes: 2 * 1024 * 1024 + 2,
        limit_bytes: 2 * 1024 * 1024,
      },
      small: 'kept',
    };
    expect(cut.body.run_request.parameters).toEqual(shown);
    const legacy = await lapwing.request('GET', `/v1/workflows/runs/${runId}`, undefined, ui);
    expect(legacy.body.parameters).toEqual(shown);
  });
});
