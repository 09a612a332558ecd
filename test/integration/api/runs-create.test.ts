import { RunResponse } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runs } from '../../../packages/server/src/db/tables/runs.ts';
import { findRun } from '../../../packages/server/src/domain/runs/store.ts';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';

/** Properties of `WorkflowRunResponse` in the reference's OpenAPI document. */
const referenceFields = [
  'run_id',
  'status',
  'output',
  'downloaded_files',
  'recording_url',
  'recording_archived',
  'screenshot_urls',
  'failure_reason',
  'created_at',
  'modified_at',
  'queued_at',
  'started_at',
  'finished_at',
  'app_url',
  'browser_session_id',
  'browser_profile_id',
  'max_screenshot_scrolls',
  'script_run',
  'errors',
  'step_count',
  'run_type',
  'run_with',
  'ai_fallback',
  'script_id',
  'browser_seed_source',
  'run_request',
];

let lapwing: Lapwing;
let workflowId: string;

beforeAll(async () => {
  lapwing = await startLapwing();
  workflowId = await lapwing.createWorkflow({
    blocks: [{ block_type: 'wait', label: 'pause', wait_sec: 1 }],
  });
});
afterAll(() => lapwing.close());

const start = (fields: object, headers = {}): Promise<Answer> =>
  lapwing.request('POST', '/v1/run/workflows', { workflow_id: workflowId, ...fields }, headers);
const started = async (fields: object = {}, headers = {}): Promise<Answer['body']> => {
  const answer = await start(fields, headers);
  expect(answer.body).toMatchObject({ run_id: expect.any(String) });
  expect(answer.status).toBe(200);
  return answer.body;
};
const countRuns = async (): Promise<number> => {
  return lapwing.server.app.database.sql.$count(runs);
};

/** What a request that is refused leaves behind: nothing. */
async function refused(status: number, fields: object): Promise<Answer['body']> {
  const before = await countRuns();
  const answer = await start(fields);
  expect(answer.body).toHaveProperty('detail');
  expect(answer.status).toBe(status);
  expect(await countRuns()).toBe(before);
  return answer.body.detail;
}

describe('a run that is started', () => {
  it.each(['/v1/run/workflows', '/v1/run/agents'])('by %s is answered at once', async (path) => {
    const answer = await lapwing.request('POST', path, { workflow_id: workflowId });
    expect(answer.status).toBe(200);
    expect(RunResponse.parse(answer.body)).toEqual(answer.body);
    expect(Object.keys(answer.body).sort()).toEqual([...referenceFields].sort());
    expect(answer.body).toMatchObject({
      run_id: expect.stringMatching(/^wr_\d+$/),
      run_type: 'workflow_run',
      status: 'created',
      output: null,
      downloaded_files: null,
      recording_url: null,
      screenshot_urls: null,
      failure_reason: null,
      errors: null,
      step_count: null,
      queued_at: null,
      started_at: null,
      finished_at: null,
      run_with: 'agent',
      run_request: { workflow_id: workflowId, title: 'Test', proxy_location: 'RESIDENTIAL' },
    });
  });

  it('can be read at once, and to its end', async () => {
    const { run_id: runId } = await started();
    const read = await lapwing.request('GET', `/v1/runs/${runId}`);
    expect(['queued', 'running']).toContain(read.body.status);
    expect(read.body.queued_at).not.toBeNull();
    const ended = await lapwing.request('GET', `/v1/runs/${runId}?wait=30`);
    expect(ended.body).toMatchObject({ status: 'completed', errors: [] });
  });

  it('is of the workflow that agent_id names, when workflow_id names another', async () => {
    const run = await started({ workflow_id: 'wpid_1', agent_id: workflowId });
    expect(run.run_request.workflow_id).toBe(workflowId);
    expect(run.run_request).not.toHaveProperty('agent_id');
    expect((await start({ agent_id: 'wpid_1' })).status).toBe(404);
  });

  it('keeps its own title, and else has that of its workflow', async () => {
    const { run_id: runId } = await started({ title: '  Mine  ' });
    const read = await lapwing.request('GET', `/v1/runs/${runId}`);
    expect(read.body.run_request.title).toBe('Mine');
    expect((await started({ title: ' ' })).run_request.title).toBe('Test');
    await refused(422, { title: 'x'.repeat(1001) });
  });

  it('echoes what it was started with, header values masked', async () => {
    const request = {
      parameters: { unknown: [1] },
      webhook_url: 'https://example.com/hook',
      totp_identifier: 'me',
      max_screenshot_scrolls: 5000,
      max_elapsed_time_minutes: '7',
      extra_http_headers: { a: 'b' },
      cdp_connect_headers: { authorization: 'hush' },
      run_metadata: { ' team ': ' ops ', blank: ' ', 'skyvern.own': 'x' },
      start_fresh_browser: 'true',
      run_with: 'code_v2',
    };
    const { run_id: runId, run_request: echo } = await started(request);
    expect(echo).toMatchObject({
      ...request,
      max_screenshot_scrolls: 1000,
      max_elapsed_time_minutes: 7,
      cdp_connect_headers: { authorization: '***' },
      run_metadata: { team: 'ops' },
      start_fresh_browser: true,
      run_with: 'code',
    });
    const row = await findRun(lapwing.server.app.database.sql, runId);
    expect(JSON.stringify(row)).not.toContain('hush');
  });

  it.each([
    ['skyvern-ui', 'manual'],
    ['skyvern-mcp', 'mcp'],
    ['curl', 'api'],
    [undefined, 'api'],
  ])('by a client named %s is marked as %s', async (agent, trigger) => {
    const run = await started({}, agent === undefined ? {} : { 'x-user-agent': agent });
    const row = await findRun(lapwing.server.app.database.sql, run.run_id);
    expect(row?.triggerType).toBe(trigger);
  });

  it('may name a step ceiling, but only a whole one', async () => {
    await started({}, { 'x-max-steps-override': '5' });
    const answer = await start({}, { 'x-max-steps-override': 'few' });
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0]).toMatchObject({
      type: 'int_parsing',
      loc: ['header', 'x-max-steps-override'],
    });
  });
});

describe('parameters', () => {
  let typedId: string;
  const typed = (key: string, workflow_parameter_type: string, more = {}) => ({
    parameter_type: 'workflow',
    key,
    workflow_parameter_type,
    ...more,
  });

  beforeAll(async () => {
    typedId = await lapwing.createWorkflow({
      parameters: [
        typed('name', 'string'),
        typed('count', 'integer'),
        typed('ratio', 'float'),
        typed('flag', 'boolean', { default_value: true }),
        typed('data', 'json', { default_value: { a: 1 } }),
      ],
      blocks: [],
    });
  });

  it('that are wrong are all named in one 400, and leave no run behind', async () => {
    const parameters = { ratio: 'half', flag: 'perhaps', data: '{' };
    const detail = await refused(400, { workflow_id: typedId, parameters });
    for (const key of ['count, name', 'ratio', 'flag', 'data', typedId])
      expect(detail).toContain(key);
  });

  it('are converted, filled in and kept; unknown ones are ignored', async () => {
    const parameters = { name: 7, count: '12', ratio: '0.5', other: 'x', flag: null };
    const run = await started({ workflow_id: typedId, parameters });
    const row = await findRun(lapwing.server.app.database.sql, run.run_id);
    expect(row?.parameters).toEqual({
      name: '7',
      count: 12,
      ratio: 0.5,
      flag: true,
      data: { a: 1 },
    });
    expect(run.run_request.parameters).toEqual(parameters);
  });
});

describe('a field that this version does not serve', () => {
  it.each([
    ['browser_session_id', 'pbs_1'],
    ['browser_profile_id', 'bp_1'],
    ['reuse_browser_session', true],
    ['proxy_location', 'RESIDENTIAL_DE'],
    ['proxy_location', { country: 'DE' }],
    ['proxy_location', { url: 'http://proxy.example.com' }],
  ])('%s = %j is refused by name', async (field, value) => {
    expect(await refused(400, { [field]: value })).toMatch(new RegExp(`^${field} = `));
  });

  it('is refused when the workflow asks for it, too', async () => {
    for (const fields of [{ browser_profile_id: 'bp_1' }, { reuse_browser_session: true }]) {
      const id = await lapwing.createWorkflow({ blocks: [] }, fields);
      expect(await refused(400, { workflow_id: id })).toContain(Object.keys(fields)[0]);
    }
    const proxied = await lapwing.createWorkflow({ blocks: [] }, { proxy_location: 'US-CA' });
    const asked = { workflow_id: proxied, proxy_location: null };
    expect(await refused(400, asked)).toContain('US-CA');
    await started({ workflow_id: proxied });
  });

  it.each([
    [{ 'a\r\nb': 'x' }, 'has no valid name'],
    [{ 'a b': 'x' }, 'has no valid name'],
    [{ '': 'x' }, 'has no valid name'],
    [{ Host: 'x' }, 'is set by the browser itself'],
    [{ 'x-a': 'x\r\ny: z' }, 'has a value with line breaks'],
  ])('is a header that no browser can send: %j', async (extra_http_headers, problem) => {
    expect(await refused(400, { extra_http_headers })).toContain(problem);
  });

  it.each(['NONE', 'RESIDENTIAL', null])('is not proxy_location %j', async (proxy_location) => {
    const run = await started({ proxy_location });
    expect(run.run_request.proxy_location).toBe(proxy_location);
  });
});

describe('a value out of its bounds', () => {
  it.each([
    ['max_elapsed_time_minutes', 0, 'greater_than_equal'],
    ['max_elapsed_time_minutes', 481, 'less_than_equal'],
    ['max_elapsed_time_minutes', true, 'int_type'],
    ['max_elapsed_time_minutes', 1.5, 'int_from_float'],
    ['proxy_location', 'MOON', 'enum'],
    ['browser_address', 'no address', 'value_error'],
    ['browser_address', 'ftp://example.com', 'value_error'],
    ['browser_address', 'http://', 'value_error'],
  ])('%s = %j is a 422 of type %s', async (field, value, type) => {
    const detail = await refused(422, { [field]: value });
    expect(detail[0]).toMatchObject({ type, loc: ['body', field] });
  });

  it('is start_fresh_browser beside a browser to use', async () => {
    const address = { browser_address: 'http://example.com:9222' };
    const detail = await refused(422, { start_fresh_browser: true, ...address });
    expect(detail[0].loc).toEqual(['body', 'start_fresh_browser']);
  });

  it('is run_metadata with too many or too long entries', async () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`k${index}`, 'v']));
    for (const run_metadata of [many, { ['k'.repeat(65)]: 'v' }, { k: 'v'.repeat(257) }])
      expect(JSON.stringify(await refused(422, { run_metadata }))).toContain('run_metadata');
    await started({ run_metadata: { ['k'.repeat(64)]: 'v'.repeat(256) } });
  });

  it('is a workflow that is not there', async () => {
    expect(await refused(404, { workflow_id: 'wpid_1' })).toContain('wpid_1');
  });
});

describe('an address', () => {
  it.each(['http://localhost:1/', 'http://10.0.0.1/', 'http://169.254.169.254/', 'ftp://a.b'])(
    'that may not be reached, %s, is refused as webhook_url and totp_url',
    async (url) => {
      expect(await refused(400, { webhook_url: url })).toMatch(/blocked|Invalid URL/);
      expect(await refused(400, { totp_url: url })).toMatch(/blocked|Invalid URL/);
    },
  );

  it.each(['http://localhost:9222', 'ws://10.0.0.1:9222/devtools', 'wss://[::1]/'])(
    'that may not be reached, %s, is refused as browser_address',
    async (browser_address) => {
      expect(await refused(400, { browser_address })).toContain('blocked');
    },
  );

  it.each(['ws://127.0.0.1:1/devtools/browser/x', 'wss://127.0.0.1:1', 'http://127.0.0.1:1'])(
    'of a browser, %s, is taken when its host is allowed',
    async (browser_address) => {
      const run = await started({ browser_address });
      expect(run.run_request.browser_address).toBe(browser_address);
    },
  );
});

describe('an Idempotency-Key', () => {
  const keyed = (key: string, fields = {}) => start(fields, { 'idempotency-key': key });

  it('with the same body answers with the same run', async () => {
    const before = await countRuns();
    const first = await keyed('same', { parameters: { a: 1, b: 2 } });
    const second = await keyed('same', { parameters: { b: 2, a: 1 } });
    expect(second.status).toBe(200);
    expect(second.body.run_id).toBe(first.body.run_id);
    expect(await countRuns()).toBe(before + 1);
  });

  it('with another body is a 409 that names the run', async () => {
    const first = await keyed('changed', { title: 'One' });
    const before = await countRuns();
    const second = await keyed('changed', { title: 'Two' });
    expect(second.status).toBe(409);
    expect(second.body.detail).toContain(first.body.run_id);
    expect(await countRuns()).toBe(before);
  });

  it('sent ten times at once starts one run', async () => {
    const before = await countRuns();
    const answers = await Promise.all(Array.from({ length: 10 }, () => keyed('burst')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(1);
    expect(await countRuns()).toBe(before + 1);
  });

  it('of a request that was refused stays free', async () => {
    expect((await keyed('later', { browser_session_id: 'pbs_1' })).status).toBe(400);
    expect((await keyed('later')).status).toBe(200);
  });

  it.each(['', 'two words', 'x'.repeat(256)])('of %j is a 422', async (key) => {
    expect((await keyed(key)).status).toBe(422);
  });
});
