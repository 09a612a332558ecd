import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { deliveriesOnce, quick, settled, soon } from './support.ts';

let lapwing: Lapwing;
let receiver: Receiver;

beforeAll(async () => {
  [lapwing, receiver] = await Promise.all([
    startLapwing({ LAPWING_DRAIN_SECONDS: '1' }),
    startReceiver(),
  ]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), receiver.close()]);
});

it('delivers once what was pending when the server was stopped', async () => {
  receiver.answerWith({ status: 503 });
  const workflowId = await lapwing.createWorkflow({ blocks: [quick()] });
  const run = await lapwing.run(workflowId, { webhook_url: receiver.url });
  await receiver.waitFor(1, soon());
  await lapwing.restart();
  await receiver.waitFor(2, soon());
  const [delivery] = await deliveriesOnce(lapwing, run.run_id, settled);
  expect(delivery).toMatchObject({
    status: 'delivered',
    attempts: [{ status_code: 503 }, { status_code: 200 }],
  });
  expect(receiver.deliveries).toHaveLength(2);
});

it('tries again after a restart what hung when the server was stopped', async () => {
  const before = receiver.deliveries.length;
  receiver.answerWith({ delayMs: 60_000 });
  const workflowId = await lapwing.createWorkflow({ blocks: [quick()] });
  const run = await lapwing.run(workflowId, { webhook_url: receiver.url });
  await receiver.waitFor(before + 1, soon());
  await lapwing.restart();
  await receiver.waitFor(before + 2, soon());
  const [delivery] = await deliveriesOnce(lapwing, run.run_id, settled);
  // An attempt that was called off has no verdict of the receiver to keep.
  expect(delivery).toMatchObject({ status: 'delivered', attempts: [{ status_code: 200 }] });
  const ids = receiver.deliveries.slice(before).map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(1);
});
