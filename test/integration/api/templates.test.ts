import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver } from '../../site/receiver.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization, type OtherOrganization } from '../../support/organizations.ts';

const templateId = 'wpid_of_a_template';
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let lapwing: Lapwing;
let other: OtherOrganization;
let ownId: string;

beforeAll(async () => {
  receiver = await startReceiver();
  lapwing = await startLapwing({ LAPWING_TEMPLATES: `${templateId}, wpid_gone` });
  other = await addOrganization(lapwing, 'other');
  const block = { block_type: 'http_request', label: 'ask', method: 'GET', url: receiver.url };
  ownId = await lapwing.createWorkflow({ blocks: [block] });
  // Ids are given by the server: this one has to be that of the setting.
  const id = await lapwing.createWorkflow({ blocks: [block] });
  await lapwing.request('POST', `/v1/agents/${id}`, {
    json_definition: {
      title: 'Template',
      workflow_definition: { parameters: [], blocks: [{ ...block, label: 'ask_again' }] },
    },
  });
  const { database } = lapwing.server.app;
  const rename = 'update workflows set workflow_permanent_id = $2 where workflow_permanent_id = $1';
  await database.executor(database.sql).executeSql(rename, [id, templateId]);
});
afterAll(() => Promise.all([lapwing.close(), receiver.close()]));

const asOther = (method: string, path: string, body?: unknown) =>
  lapwing.request(method, path, body, other.headers);

describe('a template of the server', () => {
  it('is listed for every organization, and only as a template', async () => {
    const [listed] = (await asOther('GET', '/v1/agents?template=true')).body;
    expect(listed).toMatchObject({ workflow_permanent_id: templateId, version: 2 });
    expect((await asOther('GET', '/api/v1/workflows/templates')).body).toEqual([listed]);
    expect((await asOther('GET', '/v1/agents?template=true&search_key=nothing')).body).toEqual([]);
    expect((await asOther('GET', '/v1/agents?template=true&tags=a')).status).toBe(400);
    expect((await asOther('GET', '/v1/agents')).body).toEqual([]);
  });

  it('is read by every organization, in every version', async () => {
    const path = `/v1/agents/${templateId}`;
    expect((await asOther('GET', `${path}?template=true`)).body.version).toBe(2);
    expect((await asOther('GET', `${path}?template=true&version=1`)).body.version).toBe(1);
    expect((await asOther('GET', `${path}/versions?template=true`)).body).toHaveLength(2);
    expect((await asOther('GET', path)).status).toBe(404);
    expect((await asOther('GET', `${path}/versions`)).status).toBe(404);
    expect((await asOther('POST', `${path}/delete`)).status).toBe(200);
    expect((await asOther('GET', `${path}?template=true`)).status).toBe(200);
  });

  it('is run by another organization, which alone sees the run, and can retry it', async () => {
    const start = { workflow_id: templateId };
    expect((await asOther('POST', '/v1/run/agents', start)).status).toBe(404);
    const started = await asOther('POST', '/v1/run/agents?template=true', start);
    const path = `/v1/runs/${started.body.run_id}`;
    const { body: run } = await asOther('GET', `${path}?wait=60`);
    expect(run).toMatchObject({ status: 'completed', output: { ask_again_output: {} } });
    expect((await lapwing.request('GET', path)).status).toBe(404);
    const retried = await asOther('POST', `/v1/agents/runs/${run.run_id}/retry`);
    expect(retried.status).toBe(200);
    const old = `/api/v1/workflows/${templateId}/run?template=true&version=1`;
    const first = await asOther('POST', old, { data: {} });
    const { body: older } = await asOther('GET', `/v1/runs/${first.body.workflow_run_id}?wait=60`);
    expect(older.output).toHaveProperty('ask_output');
  });

  it('is no other workflow: these are not found, and not run', async () => {
    expect((await asOther('GET', `/v1/agents/${ownId}?template=true`)).status).toBe(404);
    for (const id of [ownId, 'wpid_unknown']) {
      const answer = await lapwing.request('POST', '/v1/run/agents?template=true', {
        workflow_id: id,
      });
      expect(answer.status).toBe(400);
      expect(answer.body.detail).toMatch(/no template/);
    }
    const gone = { workflow_id: 'wpid_gone' };
    expect((await asOther('POST', '/v1/run/agents?template=true', gone)).status).toBe(404);
  });
});
