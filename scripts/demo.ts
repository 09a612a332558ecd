import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Artifact, RunResponse, WebhookSecrets, Workflow } from '@lapwing/protocol';
import { credentials } from '../test/site/portal.ts';
import { type Receiver, startReceiver } from '../test/site/receiver.ts';
import { type Site, startSite } from '../test/site/site.ts';
import { checkEvents, checkRun, checkSite } from './demo/check-run.ts';
import { type Checklist, createChecklist } from './demo/checklist.ts';
import { type Client, createClient } from './demo/client.ts';
import { type SavedFiles, saveFiles } from './demo/files.ts';
import { showEvent } from './demo/progress.ts';
import { followRun, type RunEvent } from './demo/run-events.ts';
import { startServer } from './demo/server-process.ts';
import { dim, fact, green, heading, line, red, shortened } from './demo/terminal.ts';
import { playVideo } from './demo/video.ts';
import { threshold } from './demo/wanted.ts';
import { checkWebhook } from './demo/webhook.ts';

const apiKey = 'lapwing-demo-key';
const runWithinMs = 300_000;
const webhookWithinMs = 30_000;

/** Everything that the steps of the demo share. */
interface Demo {
  readonly client: Client;
  readonly site: Site;
  readonly receiver: Receiver;
  readonly list: Checklist;
  /** Where the results are saved. */
  readonly folder: string;
}

async function startRun({ client, site, receiver }: Demo): Promise<string> {
  const yaml = await readFile(new URL('../examples/supplier-orders.yaml', import.meta.url), 'utf8');
  const workflow = await client.post('/v1/workflows', { yaml_definition: yaml }, Workflow);
  fact('workflow', `${workflow.workflow_permanent_id} "${workflow.title}"`);
  const { username, password, apiToken } = credentials;
  const request = {
    workflow_id: workflow.workflow_permanent_id,
    title: 'Demo',
    parameters: {
      site_url: site.url,
      username,
      password,
      api_token: apiToken,
      approval_threshold: threshold,
    },
    webhook_url: `${receiver.url}/hook`,
  };
  const run = await client.post('/v1/run/workflows', request, RunResponse);
  fact('run', run.run_id);
  return run.run_id;
}

async function watchRun({ client }: Demo, runId: string): Promise<RunEvent[]> {
  heading('Blocks, as they finish');
  const events: RunEvent[] = [];
  for await (const event of followRun(client, runId, AbortSignal.timeout(runWithinMs))) {
    showEvent(event);
    events.push(event);
  }
  return events;
}

function showOutputs(run: RunResponse): void {
  heading('Outputs');
  if (run.failure_reason !== null) line(red(`  ${run.failure_reason}`));
  for (const [name, value] of Object.entries(run.output ?? {})) {
    line(`  ${name} ${dim(shortened(JSON.stringify(value), 96 - name.length))}`);
  }
}

function showFiles(files: SavedFiles): void {
  heading('Files');
  const here = (path: string) => relative(process.cwd(), path) || path;
  for (const path of files.screenshots) fact('screenshot', here(path));
  for (const path of files.downloads) fact('download', here(path));
  fact('video', files.video === null ? red('none') : here(files.video));
}

async function checkVideo({ list, folder }: Demo, url: string): Promise<void> {
  try {
    const playback = await playVideo(url, folder);
    const { duration, width, height, played, seekable, soughtTo } = playback;
    fact(
      '',
      `plays: ${duration.toFixed(1)} s, ${width}×${height}; seeks to ${soughtTo.toFixed(1)} s`,
    );
    list.holds('the video has a duration', Number.isFinite(duration) && duration > 1, duration);
    list.holds('the video has a picture', width > 0 && height > 0, { width, height });
    list.holds('the video plays', played > 0, played);
    list.holds('the video can be sought to its end', seekable >= duration - 0.1, seekable);
    list.holds('the video seeks to its middle', Math.abs(soughtTo - duration / 2) < 0.1, soughtTo);
  } catch (error) {
    list.holds('the video plays in Chromium', false, String(error));
  }
}

async function receiveWebhook(demo: Demo, runId: string): Promise<void> {
  heading('Webhook');
  const { receiver, client, list, folder } = demo;
  const inTime = AbortSignal.timeout(webhookWithinMs);
  await receiver.waitFor(1, inTime).catch(() => line(red('  none came')));
  const path = '/v1/organizations/me/webhook_secret';
  const { secrets } = await client.get(path, WebhookSecrets);
  const faults = list.faults.length;
  checkWebhook(list, receiver.deliveries, { apiKey, secrets }, runId);
  const delivery = receiver.deliveries[0];
  if (delivery === undefined) return;
  for (const [name, value] of Object.entries(delivery.headers)) {
    if (/^(x-skyvern|webhook)-/.test(name)) fact('', `${name}: ${value}`);
  }
  const body = JSON.stringify(JSON.parse(delivery.rawBody), null, 2);
  line(body.replaceAll(/^/gm, '  '));
  await writeFile(join(folder, 'webhook.json'), delivery.rawBody);
  line(list.faults.length === faults ? green('  signatures verified') : red('  not as it must be'));
}

async function demonstrate(demo: Demo): Promise<void> {
  const { client, site, list, folder } = demo;
  const runId = await startRun(demo);
  const events = await watchRun(demo, runId);
  const run = await client.get(`/v1/runs/${runId}`, RunResponse);
  await writeFile(join(folder, 'run.json'), JSON.stringify(run, null, 2));
  showOutputs(run);
  checkRun(list, run);
  checkEvents(list, events);
  checkSite(list, site, runId);
  const artifacts = await client.get(`/v1/runs/${runId}/artifacts`, Artifact.array());
  const files = await saveFiles({ list, folder }, run, artifacts, site);
  showFiles(files);
  const opened = events.filter(
    ({ type, data }) => type === 'block.finished' && data.block_type === 'goto_url',
  ).length;
  const pictures = files.screenshots.length;
  list.holds('there is a screenshot for each page opened', pictures >= opened, pictures);
  if (run.recording_url !== null) await checkVideo(demo, run.recording_url);
  await receiveWebhook(demo, runId);
}

function showResult({ list, folder }: Demo): void {
  heading('Result');
  fact('saved in', folder);
  if (list.faults.length === 0) {
    line(green(`  All ${list.checked} checks passed.`));
    return;
  }
  for (const fault of list.faults) line(red(`  ✗ ${fault}`));
  line(red(`  ${list.faults.length} of ${list.checked} checks failed.`));
  process.exitCode = 1;
}

async function main(folder: string): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  heading('Lapwing demo');
  const site = cleanUp.adopt(await startSite(), (started) => started.close());
  const receiver = cleanUp.adopt(await startReceiver(), (started) => started.close());
  const dataDirectory = await mkdtemp(join(tmpdir(), 'lapwing-demo-data-'));
  cleanUp.defer(() => rm(dataDirectory, { recursive: true, force: true }));
  const server = await startServer({
    LAPWING_DATA_DIR: dataDirectory,
    LAPWING_PORT: '0',
    LAPWING_API_KEY: apiKey,
    LAPWING_ALLOW_HOSTS: `127.0.0.1:${site.port},127.0.0.1:${receiver.port}`,
  });
  const demo: Demo = {
    client: createClient(server.url, apiKey),
    site,
    receiver,
    list: createChecklist(),
    folder,
  };
  try {
    fact('site', site.url);
    fact('receiver', receiver.url);
    fact('server', `${server.url} (ready after ${(server.startedInMs / 1000).toFixed(1)} s)`);
    await demonstrate(demo);
  } finally {
    demo.list.equal('exit code of the server after SIGTERM', await server.stop(), 0);
  }
  showResult(demo);
}

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const folder = values.out ? resolve(values.out) : await mkdtemp(join(tmpdir(), 'lapwing-demo-'));
try {
  await mkdir(folder, { recursive: true });
  await main(folder);
} catch (error) {
  line(red(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}`));
  process.exitCode = 1;
}
