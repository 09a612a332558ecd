import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type S3Server,
  s3Keys,
  startS3Server,
} from '../../../packages/server/src/targets/testing/s3-server.ts';
import { type Site, startSite } from '../../site/site.ts';
import { onPostgres } from '../../support/database.ts';
import { createWorkflow } from '../../support/durable.ts';
import { blockStarted, ended, startRun } from '../../support/runs.ts';
import { createServerPlace, type ServerPlace } from '../../support/server-process.ts';

let s3: S3Server;
let site: Site;
let place: ServerPlace;
/** The data folders of three hosts that share nothing. */
let hosts: string[];

beforeAll(async () => {
  [s3, site, place] = await Promise.all([
    startS3Server(['files']),
    startSite(),
    createServerPlace(),
  ]);
  const newHost = () => mkdtemp(join(tmpdir(), 'lapwing-host-'));
  hosts = await Promise.all([newHost(), newHost(), newHost()]);
});
afterAll(async () => {
  await place.remove();
  await Promise.all([s3.close(), site.close()]);
  for (const host of hosts) await rm(host, { recursive: true });
});

const start = (role: 'api' | 'worker', directory = '') =>
  place.start(
    {
      LAPWING_DATA_DIR: directory,
      LAPWING_SECRET_KEY: '5e'.repeat(32),
      LAPWING_STORAGE_URL: `s3://files?endpoint=${s3.url}`,
      LAPWING_S3_ACCESS_KEY_ID: s3Keys.accessKeyId,
      LAPWING_S3_SECRET_ACCESS_KEY: s3Keys.secretAccessKey,
      LAPWING_LEASE_SECONDS: '2',
    },
    role,
  );

it.runIf(onPostgres)(
  'lets a worker of another host go on with the files of one that died, and the API serve them',
  { timeout: 120_000 },
  async () => {
    const [apiHost, firstHost, secondHost] = hosts;
    const api = await start('api', apiHost);
    const first = await start('worker', firstHost);
    const workflowId = await createWorkflow(api, {
      blocks: [
        {
          block_type: 'http_request',
          label: 'keep',
          url: `${site.url}/downloads/price-list.csv`,
          save_response_as_file: true,
          download_filename: 'prices.csv',
        },
        { block_type: 'wait', label: 'hold', wait_sec: 4 },
        { block_type: 'file_url_parser', label: 'read', file_url: '{{ keep_output.file_path }}' },
      ],
    });
    const runId = await startRun(api, workflowId);
    await blockStarted(api, runId, 'hold');
    first.signal('SIGKILL');
    await first.exited;

    await start('worker', secondHost);
    const run = await ended(api, runId);
    expect(run).toMatchObject({ status: 'completed', failure_reason: null });
    expect(run.output).toMatchObject({ read_output: [{ SKU: 'BX-10' }, { SKU: 'TP-02' }] });
    const url = run.downloaded_files?.[0]?.url ?? '';
    const part = await fetch(url, { headers: { range: 'bytes=0-2' } });
    expect(await part.text()).toBe('SKU');
    for (const host of hosts) expect(await readdir(host)).not.toContain('files');
  },
);
