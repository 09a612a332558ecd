import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { script } from '../../support/blocks.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { blockStarted, ended, startRun } from '../../support/runs.ts';

let lapwing: Lapwing;
let workflowId: string;
const legacy = '/api/v1/workflows';
const name = { parameter_type: 'workflow', workflow_parameter_type: 'string', key: 'name' };
const definition = (label: string) => ({
  title: 'Greeting',
  workflow_definition: {
    parameters: [name],
    blocks: [script(label, 'return "Hello " + name', { parameter_keys: ['name'] })],
  },
});

beforeAll(async () => {
  lapwing = await startLapwing();
  const created = await lapwing.request('POST', '/v1/agents', {
    json_definition: definition('first'),
  });
  workflowId = created.body.workflow_permanent_id;
  await lapwing.request('POST', `/v1/agents/${workflowId}`, {
    json_definition: definition('second'),
  });
});
afterAll(() => lapwing.close());

const get = (path: string) => lapwing.request('GET', path);
const start = (query = '', body: object = { data: { name: 'Ada' } }) =>
  lapwing.request('POST', `${legacy}/${workflowId}/run${query}`, body);

describe('a legacy start', () => {
  it('answers with the ids, and runs the newest version', async () => {
    const { status, body } = await start();
    expect(status).toBe(200);
    expect(body).toEqual({
      workflow_id: workflowId,
      workflow_run_id: expect.stringMatching(/^wr_/),
      agent_id: workflowId,
      agent_run_id: body.workflow_run_id,
    });
    const run = await ended(lapwing, body.workflow_run_id);
    expect(run.output).toMatchObject({ second_output: 'Hello Ada' });
  });

  it('runs an older version', async () => {
    const { body } = await start('?version=1');
    const run = await ended(lapwing, body.workflow_run_id);
    expect(run.output).toMatchObject({ first_output: 'Hello Ada' });
    expect((await start('?version=3')).status).toBe(404);
  });

  it('takes the old names of the fields, and the proxy of the workflow', async () => {
    const { body } = await start('', {
      data: { name: 'Ada' },
      webhook_callback_url: 'http://127.0.0.1:9/hook',
      totp_identifier: 'me',
      max_elapsed_time_minutes: 5,
    });
    const { run_request: echo } = (await get(`/v1/runs/${body.workflow_run_id}`)).body;
    expect(echo).toMatchObject({
      parameters: { name: 'Ada' },
      webhook_url: 'http://127.0.0.1:9/hook',
      totp_identifier: 'me',
      max_elapsed_time_minutes: 5,
      proxy_location: null,
    });
  });

  it.each([
    [{ max_elapsed_time_minutes: 481, data: { name: 'A' } }, 422],
    [{ data: {} }, 400],
    [{ data: { name: 'A' }, webhook_callback_url: 'http://10.0.0.1/' }, 400],
    [{ data: { name: 'A' }, start_fresh_browser: true, browser_session_id: 'pbs_1' }, 422],
  ])('answers %j with %i', async (body, status) => {
    expect((await start('', body)).status).toBe(status);
  });
});

describe('a legacy read', () => {
  let runId: string;
  beforeAll(async () => {
    runId = (await lapwing.run(workflowId, { parameters: { name: 'Bo' } })).run_id;
  });

  it('shows the run in the old words, under all its addresses', async () => {
    const { body: modern } = await get(`/v1/runs/${runId}`);
    const { body } = await get(`${legacy}/runs/${runId}`);
    expect(body).toMatchObject({
      workflow_id: workflowId,
      workflow_run_id: runId,
      status: 'completed',
      outputs: modern.output,
      parameters: { name: 'Bo' },
      total_steps: modern.step_count,
      workflow_title: 'Greeting',
      errors: [],
    });
    expect((await get(`${legacy}/${workflowId}/runs/${runId}`)).body).toEqual(body);
    const { workflow, ...rest } = (await get(`/v1/workflows/runs/${runId}`)).body;
    expect(rest).toEqual(body);
    expect(workflow).toMatchObject({ workflow_permanent_id: workflowId, version: 2 });
  });

  it('does not find a run under another workflow', async () => {
    expect((await get(`${legacy}/wpid_1/runs/${runId}`)).status).toBe(404);
    expect((await get(`${legacy}/runs/wr_1`)).status).toBe(404);
  });

  it('shows the timeline, and the artifacts of the run and of its blocks', async () => {
    const timeline = await get(`${legacy}/${workflowId}/runs/${runId}/timeline`);
    expect(timeline.body).toEqual((await get(`/v1/runs/${runId}/timeline`)).body);
    const blockId = timeline.body[0].block.workflow_run_block_id;
    const { app } = lapwing.server;
    const { organization_id: organizationId } = (await get('/api/v1/organizations/me')).body;
    const saved = await app.artifacts.save({
      organizationId,
      runId,
      blockId,
      type: 'download',
      filename: 'a.txt',
      contentType: 'text/plain',
      source: Buffer.from('a'),
    });
    for (const path of [`workflow_run/${runId}`, `workflow_run_block/${blockId}`]) {
      const { body } = await get(`/api/v1/${path}/artifacts?artifact_type=download`);
      expect(body).toMatchObject([{ artifact_id: saved.artifactId }]);
      expect((await get(`/api/v1/${path}/artifacts?artifact_type=har`)).body).toEqual([]);
    }
    expect((await get(`/api/v1/step/stp_1/artifacts`)).body).toEqual([]);
  });

  it('lists runs, and nothing behind page 10', async () => {
    const { body } = await get('/api/v1/runs?page_size=1');
    expect(body).toMatchObject([{ workflow_run_id: runId }]);
    expect((await get('/api/v1/runs?page=11&page_size=1')).body).toEqual([]);
  });
});

it('a legacy cancel ends the run, whatever session it names', async () => {
  const waiting = await lapwing.createWorkflow({
    blocks: [{ block_type: 'wait', label: 'long', wait_sec: 600 }],
  });
  const runId = await startRun(lapwing, waiting);
  await blockStarted(lapwing, runId, 'long');
  const answer = await lapwing.request('POST', `/api/v1/runs/pbs_1/workflow_run/${runId}/cancel/`);
  expect([answer.status, answer.body]).toEqual([200, null]);
  expect((await ended(lapwing, runId)).status).toBe('canceled');
});

describe('a definition as the body itself', () => {
  const yaml = [
    'title: From a file',
    'workflow_definition:',
    '  parameters: []',
    '  blocks:',
    '    - block_type: wait',
    '      label: a pause',
    '      wait_sec: 1',
  ].join('\n');
  const send = async (method: string, path: string, body: string, type: string) => {
    const headers = { 'x-api-key': lapwing.apiKey, 'content-type': type };
    const response = await fetch(lapwing.url + path, { method, headers, body });
    return { status: response.status, body: await response.json() };
  };

  it('is taken in YAML and in JSON, to create and to change', async () => {
    const created = await send('POST', legacy, yaml, 'application/x-yaml');
    expect(created.status).toBe(200);
    expect(created.body).toMatchObject({ title: 'From a file', version: 1 });
    const path = `${legacy}/${created.body.workflow_permanent_id}`;
    const changed = await send('PUT', path, yaml.replace('a file', 'another'), 'text/yaml');
    expect(changed.body).toMatchObject({ title: 'From another', version: 2 });
    const json = JSON.stringify(definition('first'));
    expect((await send('PUT', path, json, 'application/json')).body.version).toBe(3);
    for (const [index, type] of ['text/plain', 'application/json'].entries())
      expect((await send('PUT', path, yaml, type)).body.version).toBe(4 + index);
    expect((await lapwing.request('DELETE', path)).status).toBe(200);
    expect((await send('PUT', path, yaml, 'text/yaml')).status).toBe(404);
  });

  it('is refused when it is none', async () => {
    for (const body of ['', '[1, 2', 'just words', '42']) {
      expect((await send('POST', legacy, body, 'text/yaml')).status).toBe(422);
    }
    expect((await send('POST', legacy, '[]', 'application/json')).status).toBe(422);
    expect((await send('POST', '/v1/agents', yaml, 'text/yaml')).status).toBe(422);
  });
});

it('the heartbeat needs no key and names the version', async () => {
  const answer = await fetch(`${lapwing.url}/api/v1/heartbeat`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-skyvern-api-version')).toMatch(/^\d+\.\d+\.\d+/);
  expect(await answer.text()).not.toBe('');
});
