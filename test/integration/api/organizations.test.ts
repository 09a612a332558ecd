import { type OperationId, type Route, routes } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';

let lapwing: Lapwing;
/** A second organization and its key. */
let other: { organizationId: string; keyId: string; key: string };

const asKey =
  (key: string) =>
  (method: string, path: string, body?: unknown): Promise<Answer> =>
    lapwing.request(method, path, body, { 'x-api-key': key });
const mine = (method: string, path: string, body?: unknown) => lapwing.request(method, path, body);
const theirs = (method: string, path: string, body?: unknown) =>
  asKey(other.key)(method, path, body);
const me = '/api/v1/organizations';

beforeAll(async () => {
  lapwing = await startLapwing();
  const { body } = await mine('POST', '/v1/organizations', { organization_name: 'Acme' });
  other = {
    organizationId: body.organization.organization_id,
    keyId: body.api_key.id,
    key: body.api_key.token,
  };
});
afterAll(() => lapwing.close());

describe('organizations', () => {
  it('are made by the first one, each with a key that works at once', async () => {
    expect((await theirs('GET', `${me}/me`)).body).toMatchObject({
      organization_id: other.organizationId,
      organization_name: 'Acme',
      slug: null,
      max_steps_per_run: null,
    });
    const refused = await theirs('POST', '/v1/organizations', { organization_name: 'More' });
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('first')]);
    expect((await mine('POST', '/v1/organizations', { organization_name: ' ' })).status).toBe(422);
  });

  it('are listed to the first one, to others only their own', async () => {
    const idsOf = ({ body }: Answer) =>
      body.organizations.map((one: { organization_id: string }) => one.organization_id);
    const own = (await mine('GET', `${me}/me`)).body.organization_id;
    expect(idsOf(await mine('GET', '/v1/organizations'))).toEqual([own, other.organizationId]);
    expect(idsOf(await mine('GET', me))).toEqual([own]);
    expect(idsOf(await theirs('GET', '/v1/organizations'))).toEqual([other.organizationId]);
    expect(idsOf(await theirs('GET', me))).toEqual([other.organizationId]);
  });

  it('change what is sent, and keep the rest', async () => {
    const update = (body: object) => theirs('PUT', me, body);
    await update({ slug: 'acme', max_steps_per_run: 20, max_steps_per_workflow_run: '99' });
    await update({ max_retries_per_step: 0, webhook_callback_url: 'https://example.com/hook' });
    expect((await theirs('GET', `${me}/me`)).body).toMatchObject({
      slug: 'acme',
      max_steps_per_run: 20,
      max_steps_per_workflow_run: 99,
      max_retries_per_step: 0,
      webhook_callback_url: 'https://example.com/hook',
    });
    const cleared = await update({ clear_max_steps_per_workflow_run: true });
    expect(cleared.body.max_steps_per_workflow_run).toBeNull();
    expect((await mine('PUT', me, { slug: 'acme' })).status).toBe(409);
    expect((await mine('GET', `${me}/me`)).body.slug).toBeNull();
  });

  it.each([
    [{ slug: 'Acme' }, 422],
    [{ slug: 'a'.repeat(21) }, 422],
    [{ max_steps_per_run: 0 }, 422],
    [{ max_retries_per_step: -1 }, 422],
    [{ max_steps_per_workflow_run: 5, clear_max_steps_per_workflow_run: true }, 400],
    [{ artifact_url_expiry_seconds: 60 }, 400],
    [{ artifact_url_expiry_seconds: 7200 }, 400],
    [{ default_llm_key: 'gpt' }, 400],
    [{ webhook_callback_url: 'http://10.0.0.1/' }, 400],
  ])('answer the change %j with %i', async (body, status) => {
    expect((await theirs('PUT', me, body)).status).toBe(status);
  });
});

describe('keys', () => {
  const path = '/v1/organizations/me/api_keys';

  it('are made, shown whole once, and revoked at once', async () => {
    const { body: made } = await theirs('POST', path);
    expect(made).toMatchObject({ organization_id: other.organizationId, valid: true });
    const newKey = asKey(made.token);
    expect((await newKey('GET', '/v1/agents')).status).toBe(200);
    const { body: listed } = await newKey('GET', path);
    expect(listed.api_keys.map((key: { id: string }) => key.id)).toEqual([made.id, other.keyId]);
    expect(JSON.stringify(listed)).not.toContain(made.token);
    const revoked = await newKey('DELETE', `${path}/${made.id}`);
    expect(revoked.body).toMatchObject({ id: made.id, valid: false });
    expect((await newKey('GET', '/v1/agents')).status).toBe(403);
    expect((await theirs('GET', '/v1/agents')).status).toBe(200);
  });

  it('are kept as hashes and sealed, never as they are', async () => {
    const { database } = lapwing.server.app;
    const { rows } = await database.executor(database.sql).executeSql('select * from api_keys');
    expect(rows.length).toBeGreaterThan(1);
    const kept = JSON.stringify(rows);
    expect(kept).not.toContain(other.key);
    expect(kept).not.toContain(lapwing.apiKey);
  });

  it('stay when they are the last valid one', async () => {
    const answer = await theirs('DELETE', `${path}/${other.keyId}`);
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining('last')]);
    expect((await theirs('DELETE', `${path}/oat_1`)).status).toBe(404);
  });

  it('of another organization are the business of the first one only', async () => {
    const own = (await mine('GET', `${me}/me`)).body.organization_id;
    const at = (organizationId: string) => `/v1/organizations/${organizationId}/api_keys`;
    expect((await theirs('GET', at(own))).status).toBe(404);
    expect((await theirs('POST', at(own))).status).toBe(404);
    expect((await theirs('GET', `${me}/${own}/apikeys`)).status).toBe(404);
    expect((await mine('POST', at(other.organizationId))).status).toBe(200);
    expect((await mine('GET', at('o_1'))).status).toBe(404);
  });

  it('are shown by the legacy list with the one that asks first, and whole', async () => {
    const { body } = await theirs('GET', `${me}/${other.organizationId}/apikeys`);
    expect(body.api_keys[0]).toMatchObject({
      id: other.keyId,
      token: other.key,
      token_type: 'api',
    });
    for (const { token } of body.api_keys.slice(1)) expect(token).toMatch(/^….{4}$/);
  });
});

describe('every operation', () => {
  /** Ids of things of the first organization, by the name of the path parameter. */
  let foreign: Record<string, string>;

  beforeAll(async () => {
    const workflowId = await lapwing.createWorkflow({
      blocks: [{ block_type: 'wait', label: 'pause', wait_sec: 1 }],
    });
    const run = await lapwing.run(workflowId);
    const { organization_id: organizationId } = (await mine('GET', `${me}/me`)).body;
    const { app } = lapwing.server;
    const file = await app.uploads.save({
      organizationId,
      filename: 'mine.txt',
      contentType: 'text/plain',
      bytes: Buffer.from('mine'),
      retentionDays: null,
    });
    const folder = await mine('POST', '/v1/folders', { title: 'Mine' });
    for (const path of [`/v1/agents/${workflowId}/tags`, `/v1/runs/${run.run_id}/tags`]) {
      await mine('POST', path, { tags: [{ key: 'mine', value: 'only' }] });
    }
    const keys = (await mine('GET', '/v1/organizations/me/api_keys')).body.api_keys;
    const schedule = await mine('POST', `/v1/agents/${workflowId}/schedules`, hourly);
    foreign = {
      workflow_schedule_id: schedule.body.schedule.workflow_schedule_id,
      workflow_permanent_id: workflowId,
      run_id: run.run_id,
      workflow_run_id: run.run_id,
      artifact_id: /a_\d+/.exec(file.presigned_url)?.[0] ?? '',
      file_id: file.file_id ?? '',
      folder_id: folder.body.folder_id,
      organization_id: organizationId,
      api_key_id: keys[0].id,
      browser_session_id: 'pbs_1',
      entity_type: 'workflow_run',
      entity_id: run.run_id,
      key: 'mine',
    };
  });

  const definition = {
    title: 'Theirs',
    workflow_definition: {
      parameters: [],
      blocks: [{ block_type: 'wait', label: 'pause', wait_sec: 1 }],
    },
  };
  const hourly = { cron_expression: '0 * * * *', timezone: 'UTC' };
  /** Bodies that fit, with foreign ids where they have any. */
  const bodyOf = (id: OperationId): unknown => {
    const bodies: Partial<Record<OperationId, unknown>> = {
      createWorkflow: { json_definition: definition },
      updateWorkflow: { json_definition: definition },
      legacyCreateWorkflow: definition,
      legacyUpdateWorkflow: definition,
      createSchedule: hourly,
      updateSchedule: hourly,
      createRun: { workflow_id: foreign.workflow_permanent_id },
      createBlockRun: { workflow_id: foreign.workflow_permanent_id, block_labels: ['pause'] },
      cancelRuns: { run_ids: [foreign.run_id] },
      moveWorkflow: { folder_id: foreign.folder_id },
      createOrganization: { organization_name: 'More' },
      readManyRunTags: { workflow_run_ids: [foreign.run_id] },
      readManyWorkflowTags: { workflow_permanent_ids: [foreign.workflow_permanent_id] },
      applyRunTags: { tags: [{ key: 'mine', value: 'theirs' }] },
      applyWorkflowTags: { tags: [{ key: 'mine', value: 'theirs' }] },
      updateTagKey: { description: 'theirs' },
      renameTagValue: { value: 'only', new_value: 'theirs' },
      deleteTagValue: { value: 'only' },
    };
    return bodies[id] ?? (routes[id].method === 'GET' ? undefined : {});
  };

  /** Queries that name foreign ids. */
  const queryOf = (id: OperationId): string => {
    const queries: Partial<Record<OperationId, string>> = {
      getManyRunTags: `?workflow_run_ids=${foreign.run_id}`,
      getManyWorkflowTags: `?workflow_permanent_ids=${foreign.workflow_permanent_id}`,
      listRuns: `?workflow_permanent_id=${foreign.workflow_permanent_id}`,
      listWorkflowRuns: `?search_key=${foreign.run_id}`,
      listWorkflows: `?folder_id=${foreign.folder_id}`,
    };
    return queries[id] ?? '';
  };

  const all = Object.keys(routes) as OperationId[];
  const closed = all.filter((id) => (routes[id] as Route).auth !== 'none');

  it('has a foreign id for every parameter of every path', () => {
    const names = closed.flatMap((id) =>
      [...routes[id].path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''),
    );
    expect([...new Set(names)].filter((name) => foreign[name] === undefined)).toEqual([]);
  });

  it.each(closed)('%s shows and changes nothing of another organization', async (id) => {
    const route: Route = routes[id];
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => foreign[name] ?? '');
    const answer = await lapwing.request(route.method, path + queryOf(id), bodyOf(id), {
      'x-api-key': other.key,
      'x-user-agent': 'skyvern-ui',
    });
    expect(answer.status).toBeLessThan(500);
    if (/\{(?!key)\w+\}/.test(route.path) && answer.status !== 404 && answer.status !== 422) {
      // The reference answers these with nothing, whatever the id is.
      expect([answer.status, [null, []]]).toEqual([200, expect.arrayContaining([answer.body])]);
    }
    // What is asked for is repeated in refusals, and where an answer is sorted by it.
    const repeats = answer.status >= 400 || /Many\w+Tags|cancelRuns/.test(id);
    const shown = JSON.stringify(answer.body);
    const hidden = Object.entries(foreign).filter(
      ([name]) => !['key', 'entity_type', 'browser_session_id'].includes(name),
    );
    if (!repeats) for (const [, value] of hidden) expect(shown).not.toContain(value);
    expect(shown).not.toMatch(/"only"|mine\.txt|"Mine"/);
  });

  it('left all of it as it was', async () => {
    const answers = await Promise.all([
      mine('GET', `/v1/agents/${foreign.workflow_permanent_id}`),
      mine('GET', `/v1/runs/${foreign.run_id}`),
      mine('GET', `/v1/artifacts/${foreign.artifact_id}`),
      mine('GET', `/v1/folders/${foreign.folder_id}`),
      mine('GET', `/v1/runs/${foreign.run_id}/tags`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(answers[0]?.body).toMatchObject({ version: 1, folder_id: null });
    expect(answers[4]?.body.tags).toMatchObject([{ key: 'mine', value: 'only' }]);
    expect((await mine('DELETE', `/v1/files/${foreign.file_id}`)).status).toBe(204);
  });
});
