import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization } from '../../support/organizations.ts';
import { lapwingCommand } from '../cli/support.ts';
import { deliveriesOnce, failureReason, patiently, quick, settled, soon } from './support.ts';

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

/** A run whose webhook is refused for good. */
async function givenUp(): Promise<string> {
  receiver.answerWith({ status: 410, body: 'moved away' });
  const { run_id: runId } = await lapwing.run(workflowId, { webhook_url: receiver.url });
  await deliveriesOnce(lapwing, runId, settled);
  return runId;
}

const list = async (query = '', headers = {}) =>
  (await lapwing.request('GET', `/v1/webhook_deliveries?${query}`, undefined, headers)).body;
const retry = async (body?: object, headers = {}): Promise<string[]> =>
  (await lapwing.request('POST', '/v1/webhook_deliveries/retry', body, headers)).body.retried;
const deadJobs = async () => {
  const depths = await lapwing.server.app.queue.stats();
  return depths.find(({ kind }) => kind === 'webhook')?.dead;
};

it('a webhook that was given up is listed, and is sent again with all its attempts kept', async () => {
  const runId = await givenUp();
  await expect.poll(deadJobs, patiently).toBe(1);
  const [dead, ...others] = await list();
  expect(others).toEqual([]);
  expect(dead).toMatchObject({
    subject_id: runId,
    run_id: runId,
    status: 'failed',
    attempts: [{ status_code: 410, response_body: 'moved away' }],
  });

  // It fails once more, comes again as a new one would, and gets through.
  receiver.answerWith({ status: 503 });
  expect(await retry()).toEqual([dead.delivery_id]);
  expect(await retry()).toEqual([]);
  await receiver.waitFor(3, soon());
  const [delivery] = await deliveriesOnce(lapwing, runId, ([one]) => one?.status === 'delivered');
  expect(delivery).toMatchObject({
    delivery_id: dead.delivery_id,
    attempts: [{ status_code: 410 }, { status_code: 503 }, { status_code: 200 }],
  });
  expect(await failureReason(lapwing, runId)).toBe('');
  expect(await list()).toEqual([]);
  expect(await deadJobs()).toBe(0);
  const ids = receiver.deliveries.map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(1);
});

it('only those that were asked for are sent again: by id, and since a time', async () => {
  const first = await givenUp();
  const between = new Date();
  const second = await givenUp();
  const third = await givenUp();
  const all = await list('status=failed');
  expect(all.map((one: { run_id: string }) => one.run_id)).toEqual([third, second, first]);
  expect(await list('page=2&page_size=2')).toEqual([all[2]]);
  const [thirdId, secondId, firstId] = all.map((one: { delivery_id: string }) => one.delivery_id);

  expect(await retry({ delivery_ids: [thirdId, 'whd_unknown'] })).toEqual([thirdId]);
  const since = between.toISOString();
  expect(await list(`since=${since}`)).toMatchObject([{ delivery_id: secondId }]);
  expect(await retry({ since })).toEqual([secondId]);
  expect(await list()).toMatchObject([{ delivery_id: firstId }]);
  await receiver.waitFor(5, soon());
  expect(await retry()).toEqual([firstId]);
  await receiver.waitFor(6, soon());
  await expect.poll(() => list('status=pending'), patiently).toEqual([]);
});

it('another organization neither sees them nor sends them', async () => {
  const { headers } = await addOrganization(lapwing, 'dead-letters');
  const runId = await givenUp();
  const [{ delivery_id: id }] = await list();
  expect(await list('', headers)).toEqual([]);
  expect(await retry({ delivery_ids: [id] }, headers)).toEqual([]);
  expect(await list()).toMatchObject([{ run_id: runId }]);
  await retry();
  await receiver.waitFor(2, soon());
});

it('the command line lists them and sends them again', async () => {
  const runId = await givenUp();
  const run = (...args: string[]) =>
    lapwingCommand(['webhooks', ...args], {
      LAPWING_URL: lapwing.url,
      LAPWING_API_KEY: lapwing.apiKey,
    });
  const listed = await run('list', '--failed', '--since', '1h');
  expect(listed.stdout.split('\n')).toMatchObject([
    expect.stringMatching(/^id +of +url/),
    expect.stringMatching(new RegExp(`^whd_\\S+ +${runId} +${receiver.url} +1 +status 410 `)),
    '',
  ]);
  const unclear = await run('retry');
  expect([unclear.code, unclear.stderr]).toEqual([2, expect.stringContaining('--failed')]);
  const odd = await run('retry', '--failed', '--since', 'yesterday');
  expect([odd.code, odd.stderr]).toEqual([2, expect.stringContaining('30m')]);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  expect((await run('retry', '--failed', '--since', tomorrow)).stdout).toMatch(/^0 webhooks/);
  const sent = await run('retry', '--failed', '--since', '1h', '--json');
  expect(JSON.parse(sent.stdout).retried).toHaveLength(1);
  await receiver.waitFor(2, soon());
});
