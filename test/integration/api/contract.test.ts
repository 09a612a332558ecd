import { type OperationId, openApiDocument, type Route, routes } from '@lapwing/protocol';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { blockStarted, startRun } from '../../support/runs.ts';

let lapwing: Lapwing;
let receiver: Receiver;

beforeAll(async () => {
  [lapwing, receiver] = await Promise.all([startLapwing(), startReceiver()]);
});
afterAll(() => Promise.all([lapwing.close(), receiver.close()]));

const definition = {
  title: 'Contract',
  workflow_definition: {
    parameters: [],
    blocks: [
      {
        block_type: 'for_loop',
        label: 'each',
        loop_variable_reference: '{{ [1, 2] }}',
        loop_blocks: [{ block_type: 'code', label: 'inner', code: 'return {"a": [1, None]}' }],
      },
      { block_type: 'wait', label: 'pause', wait_sec: 1 },
    ],
  },
};

/** Ids of things that are there. */
type Ids = Readonly<
  Record<
    | 'workflow_permanent_id'
    | 'run_id'
    | 'artifact_id'
    | 'folder_id'
    | 'key'
    | 'file_id'
    | 'organization_id'
    | 'api_key_id'
    | 'browser_session_id'
    | 'entity_type'
    | 'entity_id',
    string
  >
>;

async function prepare(): Promise<Ids> {
  const created = await lapwing.request('POST', '/v1/agents', { json_definition: definition });
  const run = await lapwing.run(created.body.workflow_permanent_id, {
    webhook_url: `${receiver.url}/hook`,
  });
  const row = await lapwing.server.app.artifacts.save({
    organizationId: created.body.organization_id,
    runId: run.run_id,
    blockId: null,
    type: 'screenshot_final',
    filename: 'a.png',
    contentType: 'image/png',
    source: Buffer.from('png'),
  });
  const folder = await lapwing.request('POST', '/v1/folders', { title: 'Contract' });
  const organizationId = created.body.organization_id;
  const key = await lapwing.server.app.organizations.createKey(organizationId);
  const file = await lapwing.server.app.uploads.save({
    organizationId,
    filename: 'a.txt',
    contentType: 'text/plain',
    bytes: Buffer.from('a'),
    retentionDays: null,
  });
  return {
    file_id: file.file_id ?? '',
    organization_id: 'me',
    api_key_id: key.id,
    browser_session_id: 'pbs_1',
    entity_type: 'workflow_run',
    entity_id: run.run_id,
    folder_id: folder.body.folder_id,
    key: 'env',
    workflow_permanent_id: created.body.workflow_permanent_id,
    run_id: run.run_id,
    artifact_id: row.artifactId,
  };
}

/** A run that waits for a person, and the path under which the person answers. */
async function pausedRun(): Promise<{ readonly runId: string; readonly answer: string }> {
  const blocks = [{ block_type: 'wait', label: 'hold', wait_sec: 600 }];
  const runId = await startRun(lapwing, await lapwing.createWorkflow({ blocks }));
  const { data } = await blockStarted(lapwing, runId, 'hold');
  const { pauses } = lapwing.server.app.runs;
  await pauses.pause(runId);
  const until = new Date(Date.now() + 60_000);
  const { approve } = pauses.links(runId, data.workflow_run_block_id, until);
  return { runId, answer: approve.slice(lapwing.url.length) };
}

const bodies = (ids: Ids): Partial<Record<OperationId, unknown>> => ({
  createWorkflow: { json_definition: definition },
  updateWorkflow: { json_definition: definition },
  createFolder: { title: 'Another' },
  updateFolder: { description: 'Changed' },
  moveWorkflow: { folder_id: ids.folder_id },
  applyWorkflowTags: { tags: [{ key: ids.key, value: 'prod' }, { value: 'label' }] },
  readManyWorkflowTags: { workflow_permanent_ids: [ids.workflow_permanent_id] },
  applyRunTags: { tags: [{ key: ids.key, value: 'prod' }, { value: 'label' }] },
  readManyRunTags: { workflow_run_ids: [ids.run_id] },
  updateTagKey: { description: 'Where it runs' },
  createTagValue: { key: ids.key, value: 'test' },
  updateTagValue: { value: 'test', color: 'teal' },
  renameTagValue: { value: 'test', new_value: 'staging' },
  deleteTagValue: { value: 'staging' },
  createRun: { workflow_id: ids.workflow_permanent_id },
  createBlockRun: { workflow_id: ids.workflow_permanent_id, block_labels: ['pause'] },
  createOrganization: { organization_name: 'Another' },
  updateOrganization: { slug: 'contract' },
  legacyRunWorkflow: { data: {} },
  legacyCreateWorkflow: definition,
  legacyUpdateWorkflow: definition,
  cancelRuns: { run_ids: [ids.run_id, 'wr_1'] },
  retryWebhook: { webhook_url: `${receiver.url}/again` },
});

/** What must be in a header. */
const headers: Partial<Record<OperationId, Record<string, string>>> = {
  createBlockRun: { 'x-user-agent': 'skyvern-ui' },
};

/** Sends a form with a file where the operation wants one, JSON to all others. */
async function send(id: OperationId, path: string, body: unknown): Promise<Answer> {
  const route: Route = routes[id];
  if (route.file === undefined) return lapwing.request(route.method, path, body, headers[id]);
  const form = new FormData();
  form.set('file', new Blob(['a']), 'a.txt');
  const init = { method: route.method, headers: { 'x-api-key': lapwing.apiKey }, body: form };
  const response = await fetch(lapwing.url + path, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** What must be in a query. */
const queries: Partial<Record<OperationId, string>> = {
  markTemplate: '?is_template=true',
};

/** What deletes comes last, a part before the whole. */
const wholes = ['deleteTagKey', 'deleteFolder', 'deleteWorkflow'];
const rank = (id: string) => (id.startsWith('delete') ? 1 + wholes.indexOf(id) + 1 : 0);
const order = Object.keys(routes).sort((a, b) => rank(a) - rank(b)) as OperationId[];

describe('every operation', () => {
  let ids: Ids;
  let paths: Partial<Record<OperationId, string>>;
  beforeAll(async () => {
    ids = await prepare();
    const [continued, asked] = await Promise.all([pausedRun(), pausedRun()]);
    paths = {
      continueRun: `/v1/workflows/runs/${continued.runId}/continue`,
      showAnswer: asked.answer,
      giveAnswer: asked.answer,
    };
  });

  it.each(order)('%s is served, and answers as its schema says', async (id) => {
    const route: Route = routes[id];
    const path =
      paths[id] ?? route.path.replaceAll(/\{(\w+)\}/g, (_, name: keyof Ids) => ids[name]);
    const query = queries[id] ?? '';
    const answer = await send(id, path + query, bodies(ids)[id]);
    expect(answer.status).toBe(route.answer.kind === 'empty' ? 204 : 200);
    const type = answer.headers.get('content-type');
    switch (route.answer.kind) {
      case 'json':
        expect(type).toBe('application/json; charset=utf-8');
        // Equal, not only accepted: a field that the schema does not know would be dropped by it.
        expect(route.answer.schema.parse(answer.body)).toEqual(answer.body);
        break;
      case 'events':
        expect(type).toBe('text/event-stream; charset=utf-8');
        expect(answer.body).toMatch(/^id: 1\nevent: run\.status\n/);
        break;
      case 'text':
        expect(type).toBe('text/plain; charset=utf-8');
        expect(answer.body).not.toBe('');
        break;
      case 'bytes':
        expect(answer.body).toBe('png');
        break;
      case 'page':
        expect(type).toBe('text/html; charset=utf-8');
        break;
      case 'empty':
        expect(answer.body).toBe('');
        break;
    }
  });
});

describe('the OpenAPI document', () => {
  it('is served as it is generated', async () => {
    const { body: version } = await lapwing.request('GET', '/v1/version');
    const answer = await fetch(`${lapwing.url}/openapi.json`);
    expect(await answer.json()).toEqual(
      JSON.parse(JSON.stringify(openApiDocument(version.version))),
    );
  });

  it('is a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    const result = await validator.validate(openApiDocument('1.0.0'));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('points to nothing that is not in it', () => {
    const text = JSON.stringify(openApiDocument('1.0.0'));
    const { components } = JSON.parse(text);
    const names = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      expect(name).toMatch(/^#\/components\/schemas\//);
      expect(components.schemas).toHaveProperty(name.replace('#/components/schemas/', ''));
    }
  });

  it('has each operation once, with the parameters of its path', () => {
    const { paths } = openApiDocument('1.0.0') as {
      paths: Record<string, Record<string, { operationId: string; parameters: Answer['body'][] }>>;
    };
    const operations = Object.entries(paths).flatMap(([path, verbs]) =>
      Object.values(verbs).map((operation) => ({ path, ...operation })),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.sort()).toEqual(Object.keys(routes).sort());
    for (const { path, parameters } of operations) {
      const inPath = parameters.filter((one) => one.in === 'path').map((one) => one.name);
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    }
  });

  it('can be read at /docs', async () => {
    const page = await fetch(`${lapwing.url}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const served = await fetch(`${lapwing.url}/docs/json`);
    expect(Object.keys((await served.json()).paths)).toContain('/v1/run/agents');
  });
});
