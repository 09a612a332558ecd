import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { patiently, secretsOf, soon, verify } from './support.ts';

let lapwing: Lapwing;
let receiver: Receiver;
let organizationId: string;

beforeAll(async () => {
  [lapwing, receiver] = await Promise.all([startLapwing(), startReceiver()]);
  const [first] = await lapwing.server.app.organizations.list();
  organizationId = first?.organization_id ?? '';
});
afterAll(() => Promise.all([lapwing.close(), receiver.close()]));

const queue = (subjectId: string, payload: Record<string, unknown>, url = receiver.url) => {
  const { database, webhooks } = lapwing.server.app;
  return database.transaction((tx) =>
    webhooks.queueEvent(tx, { organizationId, apiKeyId: null, url, subjectId, payload }),
  );
};

const deliveriesOf = async (status: string, subjectId: string) => {
  const path = `/v1/webhook_deliveries?page_size=100&status=${status}`;
  const { body } = await lapwing.request('GET', path);
  return body.filter((one: { subject_id: string }) => one.subject_id === subjectId);
};

it('what a schedule has to tell is sent as it was when it happened, signed like the webhook of a run', async () => {
  const payload = { event: 'schedule.paused', zeta: 1, Žofie: [null, 2.5], alpha: {} };
  await queue('wfs_1', payload);
  const [delivery] = await receiver.waitFor(1, soon());
  if (delivery === undefined) throw new Error('There is no delivery');
  expect(delivery.rawBody).toBe(JSON.stringify(payload));
  const [secret = ''] = await secretsOf(lapwing);
  expect(() => verify(secret, delivery)).not.toThrow();
  await expect
    .poll(() => deliveriesOf('delivered', 'wfs_1'), patiently)
    .toMatchObject([{ run_id: null, url: receiver.url, attempts: [{ status_code: 200 }] }]);
});

it('a subject may have many, each comes again after a 503', async () => {
  const before = receiver.deliveries.length;
  receiver.answerWith({ status: 503 }, { status: 503 });
  await queue('wfs_2', { number: 1 });
  await queue('wfs_2', { number: 2 });
  await receiver.waitFor(before + 4, soon());
  const settled = () => deliveriesOf('delivered', 'wfs_2');
  await expect.poll(settled, patiently).toHaveLength(2);
  const attempts = (await settled()).map((one: { attempts: unknown[] }) => one.attempts.length);
  expect(attempts.reduce((sum: number, count: number) => sum + count)).toBe(4);
});

it('nothing is sent when the transaction that told of it is given up', async () => {
  const { database, webhooks } = lapwing.server.app;
  const event = { organizationId, apiKeyId: null, url: receiver.url, payload: {} };
  await expect(
    database.transaction(async (tx) => {
      await webhooks.queueEvent(tx, { ...event, subjectId: 'wfs_3' });
      throw new Error('given up');
    }),
  ).rejects.toThrow('given up');
  for (const status of ['pending', 'delivered', 'failed'])
    expect(await deliveriesOf(status, 'wfs_3')).toEqual([]);
});
