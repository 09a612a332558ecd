import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type AzureServer,
  startAzureServer,
} from '../../../packages/server/src/targets/testing/azure-server.ts';
import {
  type DriveServer,
  startDriveServer,
} from '../../../packages/server/src/targets/testing/drive-server.ts';
import {
  type S3Server,
  s3Keys,
  startS3Server,
} from '../../../packages/server/src/targets/testing/s3-server.ts';
import {
  startSftpServer,
  type TestSftpServer,
} from '../../../packages/server/src/targets/testing/sftp-server.ts';
import { type Site, startSite } from '../../site/site.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended, rowsOf, runBlocks, startRun, timeline } from '../../support/runs.ts';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const azureKey = Buffer.from('the key of the account').toString('base64');
const login = { username: 'ann', password: 'p4ss-word' };

let site: Site;
let s3: S3Server;
let azure: AzureServer;
let drive: DriveServer;
let sftp: TestSftpServer;
let lapwing: Lapwing;

beforeAll(async () => {
  [site, s3, azure, drive, sftp] = await Promise.all([
    startSite(),
    startS3Server(['invoices', 'platform']),
    startAzureServer('acme', azureKey),
    startDriveServer('ya29.right'),
    startSftpServer(login),
  ]);
  lapwing = await startLapwing({
    LAPWING_S3_ENDPOINT: s3.url,
    LAPWING_S3_BUCKET: 'platform/test',
    LAPWING_S3_ACCESS_KEY_ID: s3Keys.accessKeyId,
    LAPWING_S3_SECRET_ACCESS_KEY: s3Keys.secretAccessKey,
    LAPWING_AZURE_BLOB_URL: azure.url,
    LAPWING_GOOGLE_DRIVE_URL: drive.url,
    LAPWING_GOOGLE_ACCESS_TOKEN: 'ya29.right',
  });
});
afterAll(async () => {
  await lapwing.close();
  await Promise.all([site.close(), s3.close(), azure.close(), drive.close(), sftp.close()]);
});

/** Makes `prices.csv` a file of the run. */
const keep = (label = 'keep', filename = 'prices.csv') => ({
  block_type: 'http_request',
  label,
  url: `${site.url}/downloads/price-list.csv`,
  save_response_as_file: true,
  download_filename: filename,
});
const send = (fields: object) => ({ block_type: 'file_upload', label: 'send', ...fields });
const toS3 = (fields: object = {}) =>
  send({
    s3_bucket: 'invoices',
    aws_access_key_id: s3Keys.accessKeyId,
    aws_secret_access_key: s3Keys.secretAccessKey,
    ...fields,
  });

async function prices(): Promise<string> {
  return (await fetch(`${site.url}/downloads/price-list.csv`)).text();
}

it('sends every file of the run to S3, into the folder that a template names', async () => {
  const run = await runBlocks(lapwing, [
    keep(),
    keep('second', 'žlutý 100%.csv'),
    toS3({ path: 'in/{{ workflow_title }}' }),
  ]);
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  const uris: string[] = run.output.send_output;
  expect(uris).toEqual([
    expect.stringMatching(new RegExp(`^s3://invoices/in/Test/${uuid}_prices\\.csv$`)),
    expect.stringMatching(new RegExp(`^s3://invoices/in/Test/${uuid}_žlutý 100%\\.csv$`)),
  ]);
  for (const uri of uris) {
    const key = uri.slice('s3://invoices/'.length);
    expect(await s3.read('invoices', key)).toEqual({ text: await prices(), type: 'text/csv' });
  }
});

it('sends to Azure Blob Storage, by default under the id of the run', async () => {
  const run = await runBlocks(lapwing, [
    keep(),
    send({
      storage_type: 'azure',
      azure_storage_account_name: 'acme',
      azure_storage_account_key: azureKey,
      azure_blob_container_name: 'invoices',
    }),
  ]);
  expect(run.failure_reason).toBeNull();
  const [url] = run.output.send_output;
  const path = new URL(url).pathname;
  expect(path).toMatch(new RegExp(`^/acme/invoices/${run.run_id}/${uuid}_prices\\.csv$`));
  expect(azure.blobs.get(path)).toEqual({ text: await prices(), type: 'text/csv' });
});

it('sends to Google Drive', async () => {
  const run = await runBlocks(lapwing, [
    keep(),
    send({
      storage_type: 'google_drive',
      google_credential_id: 'cred_1',
      google_drive_folder_id: 'folder1',
    }),
  ]);
  expect(run.failure_reason).toBeNull();
  expect(run.output.send_output).toEqual([
    expect.stringMatching(/^https:\/\/drive\.google\.com\/file\/d\/file1\/view/),
  ]);
  expect(drive.files.get('file1')).toMatchObject({
    name: 'prices.csv',
    mimeType: 'text/csv',
    parents: ['folder1'],
    content: await prices(),
  });
});

const toSftp = (fields: object = {}) =>
  send({
    storage_type: 'sftp',
    sftp_host: '127.0.0.1',
    sftp_port: sftp.port,
    sftp_username: login.username,
    sftp_password: login.password,
    sftp_host_key: sftp.fingerprint,
    ...fields,
  });

it('sends to an SFTP server', async () => {
  const run = await runBlocks(lapwing, [keep(), toSftp({ sftp_remote_path: '/in', path: 'may' })]);
  expect(run.failure_reason).toBeNull();
  const [uri] = run.output.send_output;
  expect(uri).toMatch(
    new RegExp(`^sftp://127\\.0\\.0\\.1:${sftp.port}/in/may/${uuid}_prices\\.csv$`),
  );
  const [name = ''] = await readdir(`${sftp.directory}/in/may`);
  expect(await readFile(`${sftp.directory}/in/may/${name}`, 'utf8')).toBe(await prices());
});

it('says in the log of the block that a host key was not checked', async () => {
  const run = await runBlocks(lapwing, [keep(), toSftp({ sftp_host_key: null })]);
  expect(run.status).toBe('completed');
  const row = rowsOf(await timeline(lapwing, run.run_id)).find(({ label }) => label === 'send');
  expect(row?.logs).toMatchObject([
    { level: 'warning', message: expect.stringContaining(sftp.fingerprint) },
  ]);
});

it('completes without a file, and sends nothing', async () => {
  const run = await runBlocks(lapwing, [toS3({ s3_bucket: 'no-such-bucket' })]);
  expect(run).toMatchObject({ status: 'completed', output: { send_output: [] } });
});

it('keeps files of the run in the bucket of the server', async () => {
  const run = await runBlocks(lapwing, [
    keep(),
    keep('second', 'more.csv'),
    { block_type: 'upload_to_s3', label: 'all', path: 'SKYVERN_DOWNLOAD_DIRECTORY' },
    { block_type: 'upload_to_s3', label: 'one', path: '{{ second_output.file_path }}' },
    {
      block_type: 'download_to_s3',
      label: 'fetched',
      url: `${site.url}/downloads/price-list.csv`,
    },
  ]);
  expect(run.failure_reason).toBeNull();
  const place = `^s3://platform/test/${run.run_id}/${uuid}`;
  expect(run.output).toMatchObject({
    all_output: [
      expect.stringMatching(new RegExp(`${place}_prices\\.csv$`)),
      expect.stringMatching(new RegExp(`${place}_more\\.csv$`)),
    ],
    one_output: [expect.stringMatching(new RegExp(`${place}_more\\.csv$`))],
    fetched_output: expect.stringMatching(new RegExp(`${place}$`)),
  });
  const key = run.output.fetched_output.slice('s3://platform/'.length);
  expect(await s3.read('platform', key)).toMatchObject({ text: await prices() });
});

it.each([
  [
    'S3 with a wrong secret',
    () => toS3({ aws_secret_access_key: 'my-wrong-secret' }),
    /Failed to upload file to S3: S3 bucket invoices answered HTTP 403 \(SignatureDoesNotMatch/,
  ],
  [
    'SFTP with a wrong password',
    () => toSftp({ sftp_password: 'my-wrong-secret' }),
    /Failed to upload file to SFTP: SFTP server 127\.0\.0\.1:\d+: All configured authentication/,
  ],
  [
    'a host that is private',
    () => toSftp({ sftp_host: '10.0.0.7', sftp_password: 'my-wrong-secret' }),
    /Failed to upload file to SFTP: The host "10\.0\.0\.7" is blocked/,
  ],
  [
    'the metadata service by another name',
    () => toSftp({ sftp_host: '0xa9fea9fe', sftp_port: 80, sftp_password: 'my-wrong-secret' }),
    /Failed to upload file to SFTP: /,
  ],
])('fails at %s and shows no secret anywhere', async (_, block, reason) => {
  const run = await runBlocks(lapwing, [keep(), block()]);
  expect(run).toMatchObject({ status: 'failed', failure_reason: expect.stringMatching(reason) });
  const rows = JSON.stringify(rowsOf(await timeline(lapwing, run.run_id)));
  expect(JSON.stringify(run) + rows).not.toContain('my-wrong-secret');
});

it('says how to set up a bucket or a Google account when there is none', async () => {
  const bare = await startLapwing();
  try {
    const bucket = await runBlocks(bare, [
      keep(),
      { block_type: 'upload_to_s3', label: 'all', path: 'SKYVERN_DOWNLOAD_DIRECTORY' },
    ]);
    expect(bucket.failure_reason).toMatch(/no bucket of its own.*LAPWING_S3_BUCKET/);
    const account = await runBlocks(bare, [
      keep(),
      send({ storage_type: 'google_drive', google_credential_id: 'cred_1' }),
    ]);
    expect(account.failure_reason).toMatch(/cred_1.*LAPWING_GOOGLE_ACCESS_TOKEN/);
  } finally {
    await bare.close();
  }
});

/** An S3 that takes anything, but never answers the request with this number. */
async function startStuckS3(number: number) {
  const paths: string[] = [];
  const stuck = Promise.withResolvers<void>();
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      paths.push(request.url ?? '');
      if (paths.length === number) stuck.resolve();
      else response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, paths, stuck: stuck.promise, close };
}

it('sends again under the same names what a stopped server was sending', async () => {
  const stuck = await startStuckS3(2);
  const own = await startLapwing({ LAPWING_S3_ENDPOINT: stuck.url, LAPWING_DRAIN_SECONDS: '0' });
  try {
    const workflowId = await own.createWorkflow({
      blocks: [keep(), keep('second', 'more.csv'), toS3()],
    });
    const runId = await startRun(own, workflowId);
    await stuck.stuck;
    await own.restart();
    const run = await ended(own, runId);
    expect(run).toMatchObject({ status: 'completed', failure_reason: null });
    const [first, second] = stuck.paths;
    expect(stuck.paths).toEqual([first, second, first, second]);
    expect(first).not.toBe(second);
  } finally {
    await own.close();
    stuck.close();
  }
});
