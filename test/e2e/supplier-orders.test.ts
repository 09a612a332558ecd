import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkEvents, checkRun, checkSite } from '../../scripts/demo/check-run.ts';
import { createChecklist } from '../../scripts/demo/checklist.ts';
import { createClient } from '../../scripts/demo/client.ts';
import { followRun, type RunEvent } from '../../scripts/demo/run-events.ts';
import { threshold } from '../../scripts/demo/wanted.ts';
import { checkWebhook } from '../../scripts/demo/webhook.ts';
import { credentials } from '../site/portal.ts';
import { type Receiver, startReceiver } from '../site/receiver.ts';
import { type Site, startSite } from '../site/site.ts';
import { artifactsOf } from '../support/artifacts.ts';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { ended, startRun } from '../support/runs.ts';

let lapwing: Lapwing;
let site: Site;
let receiver: Receiver;
let workflowId: string;

beforeAll(async () => {
  [lapwing, site, receiver] = await Promise.all([
    startLapwing({ LAPWING_RECORDING: 'off' }),
    startSite(),
    startReceiver(),
  ]);
  const example = new URL('../../examples/supplier-orders.yaml', import.meta.url);
  const yaml_definition = await readFile(example, 'utf8');
  const created = await lapwing.request('POST', '/v1/workflows', { yaml_definition });
  expect(created.status).toBe(200);
  workflowId = created.body.workflow_permanent_id;
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close(), receiver.close()]);
});

const parameters = (password: string = credentials.password) => ({
  site_url: site.url,
  username: credentials.username,
  password,
  api_token: credentials.apiToken,
  approval_threshold: threshold,
});

it('signs in, walks all pages, handles each order, and brings home list and report', async () => {
  const runId = await startRun(lapwing, workflowId, {
    parameters: parameters(),
    webhook_url: `${receiver.url}/hook`,
  });
  const client = createClient(lapwing.url, lapwing.apiKey);
  const events: RunEvent[] = [];
  for await (const event of followRun(client, runId, AbortSignal.timeout(100_000)))
    events.push(event);
  const run = await ended(lapwing, runId);
  const list = createChecklist();
  checkRun(list, run);
  checkEvents(list, events);
  checkSite(list, site, runId);
  await receiver.waitFor(1, AbortSignal.timeout(10_000));
  const { body } = await lapwing.request('GET', '/v1/organizations/me/webhook_secret');
  checkWebhook(list, receiver.deliveries, { apiKey: lapwing.apiKey, secrets: body.secrets }, runId);
  expect(list.faults).toEqual([]);
  expect(run.downloaded_files?.map(({ filename }) => filename)).toEqual([
    'orders.csv',
    'order-report.pdf',
  ]);
  expect(run.recording_url).toBeNull();
  const opened = events.filter(
    ({ type, data }) => type === 'block.finished' && data.block_type === 'goto_url',
  );
  const kept = await artifactsOf(lapwing, runId);
  const shots = kept.filter(({ artifact_type }) => artifact_type === 'screenshot_final');
  expect(shots.length).toBeGreaterThanOrEqual(opened.length);
});

it('ends with the declared error when the portal refuses the password, and still signs out', async () => {
  const runId = await startRun(lapwing, workflowId, { parameters: parameters('wrong') });
  const run = await ended(lapwing, runId);
  expect(run).toMatchObject({
    status: 'failed',
    errors: [{ error_code: 'SIGN_IN_REFUSED' }],
    output: { sign_out_output: { signed_out: false } },
  });
  expect(run.failure_reason).toContain('The portal refused the user name or the password.');
});
