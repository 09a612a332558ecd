import { createHmac } from 'node:crypto';
import { RunResponse } from '@lapwing/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Delivery, type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { blockStarted, startRun } from '../../support/runs.ts';
import {
  deliveriesOnce,
  failureReason,
  quick,
  secretsOf,
  settled,
  soon,
  verify,
} from './support.ts';

let lapwing: Lapwing;
let receiver: Receiver;
let workflowId: string;

beforeAll(async () => {
  lapwing = await startLapwing();
  workflowId = await lapwing.createWorkflow({ blocks: [quick()] });
});
afterAll(() => lapwing.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

async function firstDelivery(): Promise<Delivery> {
  const [delivery] = await receiver.waitFor(1, soon());
  if (delivery === undefined) throw new Error('There is no delivery');
  return delivery;
}

const hmac = (key: string, text: string) =>
  createHmac('sha256', key).update(Buffer.from(text)).digest('hex');

it.each([
  ['completed', [quick()]],
  ['failed', [quick(true)]],
  [
    'terminated',
    [
      {
        block_type: 'for_loop',
        label: 'each',
        loop_variable_reference: '{{ [] }}',
        loop_blocks: [quick()],
      },
    ],
  ],
  ['canceled', [{ block_type: 'wait', label: 'quick', wait_sec: 600 }]],
])('sends one POST when a run is %s', async (status, blocks) => {
  const runId = await startRun(lapwing, await lapwing.createWorkflow({ blocks }), {
    webhook_url: `  ${receiver.url}/hook?a=1  `,
  });
  if (status === 'canceled') {
    await blockStarted(lapwing, runId, 'quick');
    await lapwing.request('POST', `/v1/runs/${runId}/cancel`);
  }
  const delivery = await firstDelivery();
  expect(delivery).toMatchObject({ method: 'POST', path: '/hook?a=1' });
  expect(delivery.headers['content-type']).toBe('application/json');
  expect(JSON.parse(delivery.rawBody)).toMatchObject({ run_id: runId, status });
  const deliveries = await deliveriesOnce(lapwing, runId, settled);
  expect(deliveries).toMatchObject([
    { status: 'delivered', attempts: [{ status_code: 200, response_body: 'ok', error: null }] },
  ]);
  expect(receiver.deliveries).toHaveLength(1);
  expect(await failureReason(lapwing, runId)).toBe('');
});

it('carries both vocabularies of the reference, in compact JSON with raw characters', async () => {
  const run = await lapwing.run(workflowId, {
    webhook_url: receiver.url,
    title: 'Žluťoučký',
    parameters: {},
  });
  const { rawBody } = await firstDelivery();
  const payload = JSON.parse(rawBody);
  expect(rawBody).toBe(JSON.stringify(payload));
  expect(rawBody).toContain('"Žofie":1,');
  expect(payload).toMatchObject({
    run_id: run.run_id,
    workflow_run_id: run.run_id,
    agent_run_id: run.run_id,
    workflow_id: run.run_request.workflow_id,
    agent_id: run.run_request.workflow_id,
    workflow_title: 'Žluťoučký',
    status: 'completed',
    outputs: run.output,
    output: run.output,
    total_steps: 1,
    step_count: 1,
    parameters: {},
    webhook_callback_url: receiver.url,
    webhook_failure_reason: null,
    run_request: { title: 'Žluťoučký' },
  });
  const kept = [
    ...['failure_category', 'retried_from_workflow_run_id', 'retried_by_workflow_run_id'],
    ...['totp_identifier', 'recording_urls', 'downloaded_file_urls', 'total_cost', 'task_v2'],
  ];
  for (const name of kept) expect(payload).toHaveProperty(name, null);
  expect(RunResponse.safeParse(payload).error).toBeUndefined();
});

it('is signed over its raw bytes with the key of the request that created the run', async () => {
  const otherKey = 'second-key-0123456789';
  await lapwing.server.app.organizations.ensureFirst(otherKey);
  for (const key of [lapwing.apiKey, otherKey]) {
    const before = receiver.deliveries.length;
    await lapwing.request(
      'POST',
      '/v1/run/workflows',
      { workflow_id: workflowId, webhook_url: receiver.url },
      { 'x-api-key': key },
    );
    const delivery = (await receiver.waitFor(before + 1, soon()))[before];
    expect(delivery?.headers['x-skyvern-signature']).toBe(hmac(key, delivery?.rawBody ?? ''));
    const age = Date.now() / 1000 - Number(delivery?.headers['x-skyvern-timestamp']);
    expect(Math.abs(age)).toBeLessThan(30);
  }
});

it('is a Standard Webhook, which the secret before a rotation verifies too', async () => {
  const [old = ''] = await secretsOf(lapwing);
  const rotated = await lapwing.request('POST', '/v1/organizations/me/webhook_secret/rotate');
  const [current = '', ...kept] = rotated.body.secrets;
  expect(kept).toEqual([old]);
  expect(current).toMatch(/^whsec_/);
  await lapwing.run(workflowId, { webhook_url: receiver.url });
  const delivery = await firstDelivery();
  verify(current, delivery);
  verify(old, delivery);
  const stranger = `whsec_${Buffer.alloc(24).toString('base64')}`;
  expect(() => verify(stranger, delivery)).toThrow();

  await lapwing.request('POST', '/v1/organizations/me/webhook_secret/rotate');
  await lapwing.run(workflowId, { webhook_url: receiver.url });
  const next = (await receiver.waitFor(2, soon()))[1];
  if (next === undefined) throw new Error('There is no second delivery');
  verify(current, next);
  expect(() => verify(old, next)).toThrow();
});

it("goes to the workflow's address unless the run names its own", async () => {
  const withOwn = await lapwing.createWorkflow(
    { blocks: [quick()] },
    { webhook_callback_url: `${receiver.url}/workflow` },
  );
  await lapwing.run(withOwn);
  await receiver.waitFor(1, soon());
  await lapwing.run(withOwn, { webhook_url: `${receiver.url}/run` });
  await receiver.waitFor(2, soon());
  expect(receiver.deliveries.map(({ path }) => path)).toEqual(['/workflow', '/run']);
});

it('is not owed by a run without an address, nor by one that never came to be', async () => {
  const run = await lapwing.run(workflowId);
  const { body } = await lapwing.request('GET', `/v1/runs/${run.run_id}/webhook_deliveries`);
  expect(body).toEqual([]);
  expect(await failureReason(lapwing, run.run_id)).toBeNull();
  const refused = await lapwing.request('POST', '/v1/run/workflows', {
    workflow_id: workflowId,
    webhook_url: receiver.url,
    parameters: { unknown: 1 },
    browser_session_id: 'pbs_1',
  });
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(receiver.deliveries).toEqual([]);
});

it.each(['http://10.0.0.1/', 'http://169.254.169.254/latest', 'http://localhost:1/', 'no address'])(
  'refuses %s before there is a run',
  async (webhook_url) => {
    const answer = await lapwing.request('POST', '/v1/run/workflows', {
      workflow_id: workflowId,
      webhook_url,
    });
    expect(answer.status).toBe(400);
  },
);
