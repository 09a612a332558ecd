import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type S3Server,
  s3Keys,
  startS3Server,
} from '../../../packages/server/src/targets/testing/s3-server.ts';
import { type Site, startSite } from '../../site/site.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { runBlocks } from '../../support/runs.ts';

const { accessKeyId, secretAccessKey } = s3Keys;
const keySettings = {
  LAPWING_S3_ACCESS_KEY_ID: accessKeyId,
  LAPWING_S3_SECRET_ACCESS_KEY: secretAccessKey,
};
let s3: S3Server;
let site: Site;
let lapwing: Lapwing;

beforeAll(async () => {
  [s3, site] = await Promise.all([startS3Server(['files']), startSite()]);
  lapwing = await startLapwing({
    LAPWING_STORAGE_URL: `s3://${accessKeyId}:${secretAccessKey}@files/lapwing?endpoint=${s3.url}`,
    // The operator's own storage is outside the egress policy.
    LAPWING_ALLOW_HOSTS: new URL(site.url).host,
  });
});
afterAll(async () => {
  await lapwing.close();
  await Promise.all([s3.close(), site.close()]);
});

const keep = () => ({
  block_type: 'http_request',
  label: 'keep',
  url: `${site.url}/downloads/price-list.csv`,
  save_response_as_file: true,
  download_filename: 'prices.csv',
});
const objectOf = async (uri: string) => (await read(uri))?.text;
const read = (uri: string) => s3.read('files', uri.replace('lapwing://', 'lapwing/'));
const artifact = async (id: string) => (await lapwing.request('GET', `/v1/artifacts/${id}`)).body;

describe('the files of a server with a bucket', () => {
  it('are made by a run, read by its later blocks and served, whole and in parts', async () => {
    const run = await runBlocks(lapwing, [
      keep(),
      { block_type: 'file_url_parser', label: 'parse', file_url: '{{ keep_output.file_path }}' },
    ]);
    expect(run).toMatchObject({ status: 'completed', failure_reason: null });
    expect(run.output.parse_output).toHaveLength(2);

    const csv = await (await fetch(`${site.url}/downloads/price-list.csv`)).text();
    const [file] = run.downloaded_files ?? [];
    const url = file?.url ?? '';
    const whole = await fetch(url);
    expect(await whole.text()).toBe(csv);
    expect(whole.headers.get('content-type')).toBe('text/csv');
    const part = await fetch(url, { headers: { range: 'bytes=4-8' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 4-8/${csv.length}`);
    expect(await part.text()).toBe(csv.slice(4, 9));
    const end = await fetch(url, { headers: { range: 'bytes=-5' } });
    expect(await end.text()).toBe(csv.slice(-5));

    const { uri } = await artifact(file?.artifact_id ?? '');
    expect(await objectOf(uri)).toBe(csv);
  });

  it('are sent by users, and gone when they are removed', async () => {
    const form = new FormData();
    form.set('file', new Blob(['name\nscrew\n']), 'parts.csv');
    const headers = { 'x-api-key': lapwing.apiKey };
    const sending = { method: 'POST', headers, body: form };
    const sent = await (await fetch(`${lapwing.url}/v1/upload_file`, sending)).json();
    expect(await objectOf(sent.s3_uri)).toBe('name\nscrew\n');
    expect(await (await fetch(sent.presigned_url)).text()).toBe('name\nscrew\n');
    const removed = await lapwing.request('DELETE', `/v1/files/${sent.file_id}`);
    expect(removed.status).toBe(204);
    expect(await read(sent.s3_uri)).toBeNull();
  });

  it('never lie in the data folder', async () => {
    expect(await readdir(lapwing.directory)).not.toContain('files');
    const runs = await readdir(`${lapwing.directory}/runs`).catch(() => []);
    expect(runs).toEqual([]);
  });
});

it('answers 503 while the bucket is out of reach', async () => {
  const own = await startS3Server(['files']);
  const server = await startLapwing({
    ...keySettings,
    LAPWING_STORAGE_URL: 's3://files',
    LAPWING_S3_ENDPOINT: own.url,
  });
  try {
    const run = await runBlocks(server, [keep()]);
    await own.close();
    const response = await fetch(run.downloaded_files?.[0]?.url ?? '');
    expect(response.status).toBe(503);
    expect((await response.json()).detail).toBe(
      'The storage of files cannot be reached now: try again',
    );
  } finally {
    await server.close();
  }
});

/** What a server that must not start says. */
async function failedStart(settings: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, ['packages/server/src/main.ts'], {
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
    env: { PATH: process.env.PATH, LAPWING_DATA_DIR: `${lapwing.directory}/other`, ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(text).toContain('Lapwing could not start:');
  expect(text).not.toMatch(/^\s+at /m);
  return text;
}

describe('a server does not start', () => {
  it('with a bucket and no key for it', async () => {
    expect(await failedStart({ LAPWING_STORAGE_URL: 's3://files' })).toContain(
      'there is no key for it: set LAPWING_S3_ACCESS_KEY_ID',
    );
  });

  it('with a secret that is wrong', async () => {
    const settings = { ...keySettings, LAPWING_S3_SECRET_ACCESS_KEY: 'hush-hush' };
    const url = `s3://files/lapwing?endpoint=${s3.url}`;
    const output = await failedStart({ ...settings, LAPWING_STORAGE_URL: url });
    expect(output).toContain(
      `The storage of files s3://files/lapwing (at ${s3.url}) cannot be used: HTTP 403 (SignatureDoesNotMatch`,
    );
    expect(output).not.toContain('hush');
  });

  it('with a server that is not reached', async () => {
    const url = 's3://files?endpoint=http://127.0.0.1:1';
    expect(await failedStart({ ...keySettings, LAPWING_STORAGE_URL: url })).toContain(
      'cannot be used: connect ECONNREFUSED 127.0.0.1:1',
    );
  });
});
