import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended } from '../../support/runs.ts';
import { deliveriesOnce, failureReason, quick, settled, soon } from './support.ts';

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

const run = (url = receiver.url) => lapwing.run(workflowId, { webhook_url: url });

it('comes again after a 503, not before the receiver wants it, and lists each attempt', async () => {
  receiver.answerWith({ status: 503, retryAfter: 3, body: 'later' });
  const { run_id: runId } = await run();
  const waiting = await deliveriesOnce(lapwing, runId, ([one]) => one?.attempts.length === 1);
  expect(waiting).toMatchObject([{ status: 'pending', attempts: [{ status_code: 503 }] }]);
  expect(await failureReason(lapwing, runId)).toBe('Webhook failed with status code 503: later');

  const [first, second] = await receiver.waitFor(2, soon());
  const gap = (second?.receivedAt.getTime() ?? 0) - (first?.receivedAt.getTime() ?? 0);
  expect(gap).toBeGreaterThanOrEqual(2_990);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  const [delivery] = await deliveriesOnce(lapwing, runId, settled);
  expect(delivery).toMatchObject({
    url: receiver.url,
    status: 'delivered',
    next_attempt_at: null,
    attempts: [
      { status_code: 503, response_body: 'later', error: null },
      { status_code: 200, response_body: 'ok', error: null },
    ],
  });
  expect(await failureReason(lapwing, runId)).toBe('');
  expect((await ended(lapwing, runId)).status).toBe('completed');
});

it('comes again when the connection was cut', async () => {
  receiver.answerWith('hang up');
  const { run_id: runId } = await run();
  await receiver.waitFor(2, soon());
  const [delivery] = await deliveriesOnce(lapwing, runId, settled);
  expect(delivery).toMatchObject({
    status: 'delivered',
    attempts: [{ status_code: null, error: expect.stringMatching(/./) }, { status_code: 200 }],
  });
});

it.each([404, 410, 302])('does not come again after a %i', async (status) => {
  receiver.answerWith({ status, body: 'x'.repeat(5_000) });
  const { run_id: runId, status: before } = await run();
  const [delivery] = await deliveriesOnce(lapwing, runId, settled);
  expect(delivery).toMatchObject({
    status: 'failed',
    next_attempt_at: null,
    attempts: [{ status_code: status, response_body: 'x'.repeat(2_048) }],
  });
  expect(receiver.deliveries).toHaveLength(1);
  expect(await failureReason(lapwing, runId)).toMatch(`Webhook failed with status code ${status}`);
  expect((await ended(lapwing, runId)).status).toBe(before);
});

it('keeps what went wrong when nobody listens, and that does not touch the run', async () => {
  const port = await unusedPort();
  const { run_id: runId } = await run(`http://127.0.0.1:${port}/`);
  const [delivery] = await deliveriesOnce(lapwing, runId, ([one]) => one?.attempts.length === 1);
  expect(delivery).toMatchObject({
    status: 'pending',
    attempts: [{ status_code: null, response_body: null }],
  });
  expect(delivery?.next_attempt_at).not.toBeNull();
  expect(await failureReason(lapwing, runId)).toMatch(/^Webhook got no response: /);
  expect(await ended(lapwing, runId)).toMatchObject({ status: 'completed', failure_reason: null });
});

it('delivers to others while one receiver hangs', async () => {
  const hanging = await startReceiver();
  hanging.answerWith(...Array.from({ length: 3 }, () => ({ delayMs: 60_000 })));
  for (let count = 0; count < 3; count += 1) await run(hanging.url);
  await hanging.waitFor(3, soon());
  await run();
  await receiver.waitFor(1, soon());
  await hanging.close();
});

async function unusedPort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const address = probe.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    probe.close(() => resolve(port));
  });
  return promise;
}
