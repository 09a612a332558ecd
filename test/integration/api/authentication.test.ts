import { type Route, routes } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization, type OtherOrganization } from '../../support/organizations.ts';

let lapwing: Lapwing;
let other: OtherOrganization;
let workflowId: string;
let runId: string;
let artifactId: string;

beforeAll(async () => {
  lapwing = await startLapwing();
  other = await addOrganization(lapwing, 'other');
  workflowId = await lapwing.createWorkflow({
    blocks: [{ block_type: 'wait', label: 'pause', wait_sec: 1 }],
  });
  runId = (await lapwing.run(workflowId)).run_id;
  const { organization_id: organizationId } = (
    await lapwing.request('GET', `/v1/agents/${workflowId}`)
  ).body;
  const row = await lapwing.server.app.artifacts.save({
    organizationId,
    runId,
    blockId: null,
    type: 'download',
    filename: 'mine.txt',
    contentType: 'text/plain',
    source: Buffer.from('mine'),
  });
  artifactId = row.artifactId;
});
afterAll(() => lapwing.close());

/** The path of a route with real ids in it. */
const pathOf = (route: Route) =>
  route.path
    .replace('{workflow_permanent_id}', workflowId)
    .replace('{run_id}', runId)
    .replace('{artifact_id}', artifactId);

const all = Object.entries<Route>(routes);
const closed = all.filter(([, route]) => route.auth !== 'none');
const keyless = all.filter(([, route]) => route.auth === 'none');
const open = keyless.filter(([, route]) => !route.path.includes('{'));
/** Their own signature speaks in place of a key. */
const linked = keyless.filter(([, route]) => route.path.includes('{'));

describe('a request without a good key', () => {
  it.each(closed)('is refused by %s when it has none', async (_id, route) => {
    const answer = await fetch(lapwing.url + pathOf(route), { method: route.method });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toEqual({ detail: expect.stringContaining('x-api-key') });
  });

  it.each(closed)('is refused by %s when the key is wrong', async (_id, route) => {
    const headers = { 'x-api-key': 'no-such-key' };
    const answer = await lapwing.request(route.method, pathOf(route), undefined, headers);
    expect(answer.status).toBe(403);
    expect(answer.body).toEqual({ detail: expect.stringContaining('not known') });
  });

  it.each(open)('is answered by %s, which is open', async (_id, route) => {
    const headers = { 'x-skyvern-signature': 's', 'x-skyvern-timestamp': '1' };
    const answer = await fetch(lapwing.url + route.path, { method: route.method, headers });
    expect(answer.status).toBe(200);
  });

  it.each(linked)('is asked by %s for the signature of its link', async (_id, route) => {
    const answer = await fetch(lapwing.url + pathOf(route), { method: route.method });
    expect(answer.status).toBe(422);
  });

  it('is refused when the key is empty, cut short, or of another case', async () => {
    const keys = ['', lapwing.apiKey.slice(0, -1), lapwing.apiKey.toUpperCase()];
    const answers = await Promise.all(
      keys.map((key) => lapwing.request('GET', '/v1/agents', undefined, { 'x-api-key': key })),
    );
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
  });

  it('is refused before its body is looked at', async () => {
    const answer = await lapwing.request('POST', '/v1/agents', { title: 7 }, { 'x-api-key': 'no' });
    expect(answer.status).toBe(403);
  });

  it('may not use a bearer token in place of the key', async () => {
    const headers = { authorization: `Bearer ${lapwing.apiKey}` };
    expect((await fetch(`${lapwing.url}/v1/agents`, { headers })).status).toBe(403);
  });
});

describe('what belongs to another organization', () => {
  const asOther = (method: string, path: string, body?: unknown) =>
    lapwing.request(method, path, body, other.headers);

  it('is not found under its id', async () => {
    const definition = { title: 'Mine', workflow_definition: { parameters: [], blocks: [] } };
    const answers = await Promise.all([
      asOther('GET', `/v1/agents/${workflowId}`),
      asOther('GET', `/v1/agents/${workflowId}/versions`),
      asOther('POST', `/v1/agents/${workflowId}`, { json_definition: definition }),
      asOther('POST', '/v1/run/agents', { workflow_id: workflowId }),
      asOther('GET', `/v1/runs/${runId}`),
      asOther('GET', `/v1/runs/${runId}/timeline`),
      asOther('GET', `/v1/runs/${runId}/events`),
      asOther('GET', `/v1/runs/${runId}/webhook_deliveries`),
      asOther('POST', `/v1/runs/${runId}/cancel`),
      asOther('POST', `/v1/runs/${runId}/retry_webhook`, {}),
      asOther('GET', `/v1/artifacts/${artifactId}`),
      asOther('GET', `/v1/artifacts/${artifactId}/signed-url`),
      asOther('GET', `/v1/artifacts/${artifactId}/content`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    for (const { body } of answers) {
      expect(body.detail).toMatch(new RegExp(`(${workflowId}|${runId}|${artifactId}) not found`));
    }
  });

  it('is not told from what is not there', async () => {
    const foreign = await asOther('GET', `/v1/runs/${runId}`);
    const unknown = await asOther('GET', '/v1/runs/wr_1');
    expect(foreign.body.detail.replace(runId, 'wr_1')).toBe(unknown.body.detail);
  });

  it('is in none of its lists', async () => {
    expect((await asOther('GET', '/v1/agents')).body).toEqual([]);
    expect((await asOther('GET', `/v1/runs/${runId}/artifacts`)).body).toEqual([]);
  });

  it('is neither deleted nor canceled by it', async () => {
    expect((await asOther('POST', `/v1/agents/${workflowId}/delete`)).status).toBe(200);
    const many = await asOther('POST', '/v1/runs/cancel', { run_ids: [runId] });
    expect(many.body).toEqual({ cancelled: [], failed: [runId] });
    expect((await lapwing.request('GET', `/v1/agents/${workflowId}`)).status).toBe(200);
  });

  it('has other webhook secrets', async () => {
    const path = '/v1/organizations/me/webhook_secret';
    const [mine, theirs] = [await lapwing.request('GET', path), await asOther('GET', path)];
    expect(theirs.body.secrets).toEqual(['whsec_b3RoZXI=']);
    expect(mine.body.secrets).not.toEqual(theirs.body.secrets);
  });

  it('does not share idempotency keys', async () => {
    const definition = { title: 'Keyed', workflow_definition: { parameters: [], blocks: [] } };
    const body = { json_definition: definition };
    const key = { 'idempotency-key': 'shared' };
    const mine = await lapwing.request('POST', '/v1/agents', body, key);
    const theirs = await lapwing.request('POST', '/v1/agents', body, { ...key, ...other.headers });
    expect(theirs.status).toBe(200);
    expect(theirs.body.workflow_permanent_id).not.toBe(mine.body.workflow_permanent_id);
  });
});
