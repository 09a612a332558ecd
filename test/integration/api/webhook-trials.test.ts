import { createHmac } from 'node:crypto';
import { LegacyRun, RunResponse } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';

let lapwing: Lapwing;
let receiver: Receiver;
let runId: string;

beforeAll(async () => {
  [lapwing, receiver] = await Promise.all([startLapwing(), startReceiver()]);
  const block = { block_type: 'http_request', label: 'ask', method: 'GET', url: receiver.url };
  const workflowId = await lapwing.createWorkflow({ blocks: [block] });
  runId = (await lapwing.run(workflowId)).run_id;
});
afterAll(() => Promise.all([lapwing.close(), receiver.close()]));

const signatureOf = (text: string) =>
  createHmac('sha256', lapwing.apiKey).update(text).digest('hex');
const sent = () => receiver.deliveries.filter(({ method }) => method === 'POST');
const test = (body: object) => lapwing.request('POST', '/v1/internal/test-webhook', body);

describe('a webhook that is only tried', () => {
  it('is shown without being sent', async () => {
    const before = sent().length;
    const path = `/v1/internal/runs/${runId}/test-webhook`;
    const { status, body } = await lapwing.request('GET', path);
    expect(status).toBe(200);
    expect(JSON.parse(body.payload)).toMatchObject({ run_id: runId, workflow_run_id: runId });
    expect(body.headers['x-skyvern-signature']).toBe(signatureOf(body.payload));
    expect(sent()).toHaveLength(before);
    expect((await lapwing.request('GET', '/v1/internal/runs/wr_1/test-webhook')).status).toBe(404);
  });

  it('of a run is sent to another address, and noted', async () => {
    const path = `/api/v1/internal/runs/${runId}/test-webhook`;
    expect((await lapwing.request('POST', path)).status).toBe(400);
    const override_webhook_url = `${receiver.url}/again`;
    const { body } = await lapwing.request('POST', path, { override_webhook_url });
    expect(body).toMatchObject({ status_code: 200, target_webhook_url: override_webhook_url });
    expect(sent().at(-1)).toMatchObject({ path: '/again', rawBody: body.payload });
    const deliveries = await lapwing.request('GET', `/v1/runs/${runId}/webhook_deliveries`);
    expect(deliveries.body).toMatchObject([{ status: 'replay' }]);
  });

  it('is a sample with every field, signed as all are', async () => {
    const { body } = await test({
      webhook_url: `${receiver.url}/sample`,
      run_type: 'workflow_run',
    });
    expect(body).toMatchObject({ status_code: 200, response_body: 'ok', error: null });
    const delivery = sent().at(-1);
    const payload = JSON.parse(delivery?.rawBody ?? '');
    const fields = { ...LegacyRun.shape, ...RunResponse.shape };
    expect(Object.keys(payload).sort()).toEqual(Object.keys(fields).sort());
    expect(delivery?.headers['x-skyvern-signature']).toBe(signatureOf(delivery?.rawBody ?? ''));
    expect(body.headers_sent['x-skyvern-signature']).toBe(signatureOf(delivery?.rawBody ?? ''));
  });

  it('is that of a run which is named', async () => {
    const url = { webhook_url: `${receiver.url}/named`, run_type: 'workflow_run' };
    await test({ ...url, run_id: runId });
    expect(JSON.parse(sent().at(-1)?.rawBody ?? '')).toMatchObject({ run_id: runId });
    expect((await test({ ...url, run_id: 'wr_1' })).status).toBe(404);
  });

  it('says what a receiver answers that fails', async () => {
    receiver.answerWith({ status: 503, body: 'busy' }, 'hang up');
    const target = { webhook_url: receiver.url, run_type: 'workflow_run' };
    expect((await test(target)).body).toMatchObject({ status_code: 503, response_body: 'busy' });
    expect((await test(target)).body).toMatchObject({
      status_code: null,
      latency_ms: null,
      error: expect.any(String),
    });
  });

  it.each([
    [{ webhook_url: 'http://10.0.0.1/', run_type: 'workflow_run' }, 400],
    [{ webhook_url: 'https://a.test', run_type: 'task' }, 400],
    [{ webhook_url: 'https://a.test', run_type: 'other' }, 422],
  ])('%j is answered with %i', async (body, status) => {
    expect((await test(body)).status).toBe(status);
  });
});

describe('the place that takes any webhook', () => {
  it('wants the two headers of a signature', async () => {
    const post = (headers: Record<string, string>) =>
      fetch(`${lapwing.url}/api/v1/webhook`, { method: 'POST', body: '{}', headers });
    expect((await post({})).status).toBe(400);
    expect((await post({ 'x-skyvern-signature': 'a' })).status).toBe(400);
    const both = { 'x-skyvern-signature': 'a', 'x-skyvern-timestamp': '1' };
    expect((await post(both)).status).toBe(200);
  });
});
