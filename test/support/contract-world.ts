import type { OperationId } from '@lapwing/protocol';
import type { Receiver } from '../site/receiver.ts';
import type { Answer, Lapwing } from './lapwing.ts';
import { blockStarted, startRun } from './runs.ts';

type Maker = (world: World) => Given | Promise<Given>;

/** What a request of the contract says. Path parameters by name; those left out are ids of things that stay. */
export interface Given {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  /** The body is a form with a file. */
  readonly form?: true;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server with one of everything, and makers of what an operation uses up. */
export interface World {
  readonly lapwing: Lapwing;
  readonly receiver: Receiver;
  readonly definition: object;
  /** Ids of things that stay, by the names that paths give them. */
  readonly ids: Readonly<Record<string, string>>;
}

const definitionFor = (receiver: Receiver) => ({
  title: 'Contract',
  workflow_definition: {
    parameters: [
      {
        parameter_type: 'workflow',
        workflow_parameter_type: 'string',
        key: 'name',
        default_value: 'Ada',
      },
    ],
    blocks: [
      {
        block_type: 'for_loop',
        label: 'each',
        loop_variable_reference: '{{ [1, 2] }}',
        loop_blocks: [
          { block_type: 'http_request', label: 'ask', method: 'GET', url: `${receiver.url}/ask` },
        ],
        next_block_label: 'choose',
      },
      {
        block_type: 'conditional',
        label: 'choose',
        branch_conditions: [
          { criteria: { expression: '{{ name }}' }, next_block_label: 'last' },
          { is_default: true },
        ],
      },
      { block_type: 'http_request', label: 'last', method: 'GET', url: `${receiver.url}/last` },
    ],
  },
});

export async function createWorld(lapwing: Lapwing, receiver: Receiver): Promise<World> {
  const definition = definitionFor(receiver);
  const workflow = (await lapwing.request('POST', '/v1/agents', { json_definition: definition }))
    .body;
  const { workflow_permanent_id: workflowId, organization_id: organizationId } = workflow;
  const fields = { webhook_url: `${receiver.url}/hook`, run_metadata: { team: 'billing' } };
  const run = await lapwing.run(workflowId, fields);
  const artifact = await lapwing.server.app.artifacts.save({
    organizationId,
    runId: run.run_id,
    blockId: null,
    type: 'download',
    filename: 'a.pdf',
    contentType: 'application/pdf',
    source: Buffer.from('pdf'),
  });
  const { body: folder } = await lapwing.request('POST', '/v1/folders', { title: 'Contract' });
  const world = {
    lapwing,
    receiver,
    definition,
    ids: {
      workflow_id: workflowId,
      workflow_permanent_id: workflowId,
      run_id: run.run_id,
      workflow_run_id: run.run_id,
      artifact_id: artifact.artifactId,
      folder_id: folder.folder_id,
      organization_id: 'me',
      browser_session_id: 'pbs_1',
      entity_type: 'workflow_run',
      entity_id: run.run_id,
      key: 'env',
    },
  };
  const tags = { tags: [{ key: 'env', value: 'test' }, { value: 'label' }] };
  await lapwing.request('POST', `/v1/agents/${workflowId}/tags`, tags);
  await lapwing.request('POST', `/v1/runs/${run.run_id}/tags`, tags);
  await lapwing.request('PUT', `/v1/agents/${workflowId}/folder`, { folder_id: folder.folder_id });
  return world;
}

/** Sends a request of the contract to an address with names of parameters in braces. */
export async function ask(
  { lapwing, ids }: World,
  address: { readonly method: string; readonly path: string },
  given: Given,
): Promise<Answer> {
  const known = { ...ids, ...given.path };
  const path = address.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => known[name] ?? 'x');
  const target = path + (given.query ?? '');
  const { method } = address;
  if (given.form !== true) return lapwing.request(method, target, given.body, given.headers);
  const form = new FormData();
  form.set('file', new Blob(['a']), 'a.txt');
  const init = { method, headers: { 'x-api-key': lapwing.apiKey }, body: form };
  const response = await fetch(lapwing.url + target, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

let made = 0;
/** A word that was not used before. */
const fresh = (word: string) => `${word}${++made}`;

async function newWorkflow({ lapwing, definition }: World): Promise<string> {
  const body = { json_definition: definition };
  return (await lapwing.request('POST', '/v1/agents', body)).body.workflow_permanent_id;
}

async function newTagValue({ lapwing }: World) {
  const pair = { key: fresh('key'), value: 'one' };
  await lapwing.request('POST', '/v1/tag-values', { ...pair, color: 'teal' });
  return { path: { key: pair.key }, value: pair.value };
}

async function tagged({ lapwing }: World, subject: string) {
  const key = fresh('key');
  await lapwing.request('POST', `${subject}/tags`, { tags: [{ key, value: 'one' }] });
  return { path: { key } };
}

/** A run that waits for a person, and its block. */
async function pausedRun({ lapwing }: World) {
  const blocks = [{ block_type: 'wait', label: 'hold', wait_sec: 600 }];
  const runId = await startRun(lapwing, await lapwing.createWorkflow({ blocks }));
  const { data } = await blockStarted(lapwing, runId, 'hold');
  await lapwing.server.app.runs.pauses.pause(runId);
  const blockId: string = data.workflow_run_block_id;
  return { runId, blockId };
}

/** The address of an e-mail under which a person answers. */
async function byLink(world: World): Promise<Given> {
  const { runId, blockId } = await pausedRun(world);
  const until = new Date(Date.now() + 60_000);
  const { approve } = world.lapwing.server.app.runs.pauses.links(runId, blockId, until);
  return { path: { run_id: runId }, query: new URL(approve).search };
}

async function newFile({ lapwing, ids }: World): Promise<string> {
  const { workflow_permanent_id: workflowId } = ids;
  const { organization_id: organizationId } = (
    await lapwing.request('GET', `/v1/agents/${workflowId}`)
  ).body;
  const bytes = Buffer.from('a');
  const sent = { organizationId, filename: 'a.txt', contentType: 'text/plain', bytes };
  const file = await lapwing.server.app.uploads.save({ ...sent, retentionDays: null });
  return file.file_id ?? '';
}

async function newSchedule({ lapwing }: World, workflowId: string): Promise<string> {
  const path = `/v1/agents/${workflowId}/schedules`;
  const { body } = await lapwing.request('POST', path, schedule);
  return body.schedule?.workflow_schedule_id ?? '';
}

const schedule = {
  cron_expression: '0 9 * * 1-5',
  timezone: 'Europe/Berlin',
  name: 'Mornings',
  parameters: { name: 'Bo' },
};

/** The path of a schedule that is there. */
async function ofSchedule(world: World) {
  const id = await newSchedule(world, world.ids.workflow_permanent_id ?? '');
  return { path: { workflow_schedule_id: id } };
}

const fromUi = { 'x-user-agent': 'skyvern-ui' };
const asKey = async (world: World) => ({ path: { key: (await newTagValue(world)).path.key } });
const started: Maker = ({ ids }) => ({
  body: { workflow_id: ids.workflow_permanent_id, parameters: { name: 'Bo' }, title: 'Try' },
});

const workflowRequests = {
  createWorkflow: ({ definition }) => ({ body: { json_definition: definition } }),
  updateWorkflow: ({ definition }) => ({ body: { json_definition: definition } }),
  legacyCreateWorkflow: ({ definition }) => ({ body: definition }),
  legacyUpdateWorkflow: ({ definition }) => ({ body: definition }),
  deleteWorkflow: async (world) => {
    const id = await newWorkflow(world);
    return { path: { workflow_id: id, workflow_permanent_id: id } };
  },
  moveWorkflow: ({ ids }) => ({ body: { folder_id: ids.folder_id } }),
  markTemplate: () => ({ query: '?is_template=true' }),
  createFolder: () => ({ body: { title: fresh('Folder') } }),
  updateFolder: () => ({ body: { description: fresh('Changed') } }),
  deleteFolder: async ({ lapwing }) => {
    const { body } = await lapwing.request('POST', '/v1/folders', { title: fresh('Folder') });
    return { path: { folder_id: body.folder_id } };
  },
} satisfies Partial<Record<OperationId, Maker>>;

const runRequests = {
  createRun: started,
  legacyRunWorkflow: () => ({ body: { data: { name: 'Bo' } } }),
  createBlockRun: ({ ids }) => ({
    body: { workflow_id: ids.workflow_permanent_id, block_labels: ['last'] },
    headers: fromUi,
  }),
  cancelRuns: ({ ids }) => ({ body: { run_ids: [ids.run_id, 'wr_1'] } }),
  continueRun: async (world) => {
    const { runId } = await pausedRun(world);
    return { path: { run_id: runId, workflow_run_id: runId } };
  },
  retryWebhook: ({ receiver }) => ({ body: { webhook_url: `${receiver.url}/again` } }),
  testRunWebhook: ({ receiver }) => ({ body: { override_webhook_url: `${receiver.url}/again` } }),
  testWebhook: ({ receiver }) => ({
    body: { webhook_url: `${receiver.url}/sample`, run_type: 'workflow_run' },
  }),
  receiveWebhook: () => ({
    body: {},
    headers: { 'x-skyvern-signature': 'abc', 'x-skyvern-timestamp': '1' },
  }),
  uploadFile: () => ({ form: true }),
  deleteFile: async (world) => ({ path: { file_id: await newFile(world) } }),
} satisfies Partial<Record<OperationId, Maker>>;

const tagRequests = {
  applyWorkflowTags: () => ({ body: { tags: [{ key: 'env', value: 'test' }] } }),
  applyRunTags: () => ({ body: { tags: [{ key: 'env', value: 'test' }] } }),
  deleteWorkflowTag: (world) => tagged(world, `/v1/agents/${world.ids.workflow_permanent_id}`),
  deleteRunTag: (world) => tagged(world, `/v1/runs/${world.ids.run_id}`),
  getManyWorkflowTags: ({ ids }) => ({
    query: `?workflow_permanent_ids=${ids.workflow_permanent_id}`,
  }),
  getManyRunTags: ({ ids }) => ({ query: `?workflow_run_ids=${ids.run_id}` }),
  readManyWorkflowTags: ({ ids }) => ({
    body: { workflow_permanent_ids: [ids.workflow_permanent_id] },
  }),
  readManyRunTags: ({ ids }) => ({ body: { workflow_run_ids: [ids.run_id] } }),
  updateTagKey: async (world) => ({ ...(await asKey(world)), body: { description: 'Where' } }),
  deleteTagKey: asKey,
  createTagValue: () => ({ body: { key: fresh('key'), value: 'one', color: 'teal' } }),
  updateTagValue: async (world) => ({
    ...(await asKey(world)),
    body: { value: 'one', color: 'red' },
  }),
  renameTagValue: async (world) => ({
    ...(await asKey(world)),
    body: { value: 'one', new_value: 'two' },
  }),
  deleteTagValue: async (world) => ({ ...(await asKey(world)), body: { value: 'one' } }),
} satisfies Partial<Record<OperationId, Maker>>;

const scheduleRequests = {
  createSchedule: () => ({ body: schedule }),
  previewSchedule: () => ({ body: schedule }),
  getSchedule: ofSchedule,
  updateSchedule: async (world) => ({ ...(await ofSchedule(world)), body: schedule }),
  deleteSchedule: ofSchedule,
  enableSchedule: ofSchedule,
  disableSchedule: ofSchedule,
  listScheduleFires: ofSchedule,
  triggerSchedule: async (world) => ({ ...(await ofSchedule(world)), body: {} }),
  backfillSchedule: async (world) => ({
    ...(await ofSchedule(world)),
    body: { from: '2026-01-05T00:00:00Z', to: '2026-01-06T00:00:00Z' },
  }),
} satisfies Partial<Record<OperationId, Maker>>;

const ownRequests = {
  updateOrganization: () => ({ body: { organization_name: 'Contract' } }),
  createOrganization: () => ({ body: { organization_name: fresh('Another') } }),
  revokeApiKey: async ({ lapwing }) => {
    const { body } = await lapwing.request('POST', '/v1/organizations/me/api_keys');
    return { path: { api_key_id: body.id } };
  },
  curlToHttp: () => ({ body: { curl_command: 'curl https://a.test' } }),
  showAnswer: byLink,
  giveAnswer: byLink,
} satisfies Partial<Record<OperationId, Maker>>;

/** What each operation is asked with; one that is not here is asked with the ids of its path alone. */
export const requests: Readonly<Partial<Record<OperationId, Maker>>> = {
  ...workflowRequests,
  ...runRequests,
  ...tagRequests,
  ...scheduleRequests,
  ...ownRequests,
};
