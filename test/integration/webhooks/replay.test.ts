import { createHmac } from 'node:crypto';
import { WebhookReplay } from '@lapwing/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { startRun } from '../../support/runs.ts';
import { deliveriesOnce, failureReason, quick, settled } from './support.ts';

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

const replay = (runId: string, body?: object) =>
  lapwing.request('POST', `/v1/runs/${runId}/retry_webhook`, body);

it('sends the webhook once more, now, and answers what came of it', async () => {
  receiver.answerWith({ status: 404 });
  const run = await lapwing.run(workflowId, { webhook_url: receiver.url });
  await deliveriesOnce(lapwing, run.run_id, settled);
  expect(await failureReason(lapwing, run.run_id)).not.toBe('');

  const answer = await replay(run.run_id);
  expect(answer.status).toBe(200);
  expect(WebhookReplay.safeParse(answer.body).error).toBeUndefined();
  const sent = receiver.deliveries[1];
  expect(answer.body).toMatchObject({
    run_id: run.run_id,
    run_type: 'workflow_run',
    default_webhook_url: receiver.url,
    target_webhook_url: receiver.url,
    payload: sent?.rawBody,
    status_code: 200,
    response_body: 'ok',
    error: null,
  });
  expect(answer.body.latency_ms).toBeGreaterThanOrEqual(0);
  for (const [name, value] of Object.entries(answer.body.headers))
    expect(sent?.headers[name.toLowerCase()]).toBe(value);
  expect(answer.body.headers['x-skyvern-signature']).toBe(
    createHmac('sha256', lapwing.apiKey).update(answer.body.payload).digest('hex'),
  );
  expect(await failureReason(lapwing, run.run_id)).toBe('');

  const { body } = await lapwing.request('GET', `/v1/runs/${run.run_id}/webhook_deliveries`);
  expect(body).toMatchObject([
    { status: 'failed', attempts: [{ status_code: 404 }] },
    { delivery_id: null, status: 'replay', attempts: [{ status_code: 200 }] },
  ]);
});

it('sends it elsewhere when asked to', async () => {
  const run = await lapwing.run(workflowId);
  const answer = await replay(run.run_id, { webhook_url: `${receiver.url}/elsewhere` });
  expect(answer.body).toMatchObject({
    default_webhook_url: null,
    target_webhook_url: `${receiver.url}/elsewhere`,
    status_code: 200,
  });
  expect(receiver.deliveries).toMatchObject([{ path: '/elsewhere' }]);
});

it('answers 200 whatever the receiver says, and when it says nothing', async () => {
  const run = await lapwing.run(workflowId);
  receiver.answerWith({ status: 500, body: 'broken' }, 'hang up');
  const refused = await replay(run.run_id, { webhook_url: receiver.url });
  expect(refused).toMatchObject({
    status: 200,
    body: { status_code: 500, response_body: 'broken', error: null },
  });
  const silent = await replay(run.run_id, { webhook_url: receiver.url });
  expect(silent).toMatchObject({ status: 200, body: { status_code: null, latency_ms: null } });
  expect(silent.body.error).toMatch(/./);
  expect(receiver.deliveries).toHaveLength(2);
});

it('is refused while the run goes on', async () => {
  const held = await lapwing.createWorkflow({
    blocks: [{ block_type: 'wait', label: 'hold', wait_sec: 600 }],
  });
  const runId = await startRun(lapwing, held, { webhook_url: receiver.url });
  const answer = await replay(runId);
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).toContain(runId);
  await lapwing.request('POST', `/v1/runs/${runId}/cancel`);
});

it.each([
  ['no address at all', undefined],
  ['a private host', { webhook_url: 'http://10.0.0.1/' }],
  ['another scheme', { webhook_url: 'ftp://a.test/' }],
])('is refused with %s', async (_, body) => {
  const run = await lapwing.run(workflowId);
  expect((await replay(run.run_id, body)).status).toBe(400);
  expect(receiver.deliveries).toEqual([]);
});
