import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from '../../support/blocks.ts';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization, type OtherOrganization } from '../../support/organizations.ts';
import { runBlocks } from '../../support/runs.ts';

let lapwing: Lapwing;
let other: OtherOrganization;

beforeAll(async () => {
  lapwing = await startLapwing();
  other = await addOrganization(lapwing, 'other');
});
afterAll(() => lapwing.close());

const mebibyte = 1024 * 1024;
const csv = 'name,price\nscrew,3\n';

function form(fields: Record<string, string>, file?: Blob, filename = 'prices.csv'): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  if (file !== undefined) data.set('file', file, filename);
  return data;
}

async function send(
  body: FormData | string,
  path = '/v1/upload_file',
  headers: Record<string, string> = {},
): Promise<Pick<Answer, 'status' | 'body'>> {
  const response = await fetch(lapwing.url + path, {
    method: 'POST',
    headers: { 'x-api-key': lapwing.apiKey, ...headers },
    body,
  });
  return { status: response.status, body: await response.json() };
}
const sendFile = (content: BlobPart = csv, fields = {}, filename?: string) =>
  send(form(fields, new Blob([content], { type: 'text/csv' }), filename));

describe('a file that is sent', () => {
  it('gets an id and an address that anybody may read it at', async () => {
    const { status, body } = await sendFile();
    expect(status).toBe(200);
    expect(body).toEqual({
      s3_uri: expect.stringMatching(/^lapwing:\/\//),
      presigned_url: expect.stringContaining(lapwing.url),
      file_id: expect.stringMatching(/^file_\d+$/),
      expires_at: null,
    });
    const content = await fetch(body.presigned_url);
    expect(await content.text()).toBe(csv);
    expect(content.headers.get('content-type')).toBe('text/csv');
    expect(content.headers.get('content-disposition')).toBe('attachment; filename=prices.csv');
  });

  it('may be sent to the legacy address', async () => {
    const answer = await send(form({}, new Blob([csv])), '/api/v1/upload_file');
    expect(answer.status).toBe(200);
  });

  it.each([
    ['presigned_url', (body: Answer['body']) => body.presigned_url],
    ['s3_uri', (body: Answer['body']) => body.s3_uri],
    ['an object with its s3uri', (body: Answer['body']) => JSON.stringify({ s3uri: body.s3_uri })],
  ])('is read by a run as a file_url parameter: %s', async (_what, referenceOf) => {
    const { body } = await sendFile();
    const run = await runBlocks(lapwing, [parse('rows', '{{ prices }}', { file_type: 'csv' })], {
      definition: {
        parameters: [
          { parameter_type: 'workflow', workflow_parameter_type: 'file_url', key: 'prices' },
        ],
      },
      fields: { parameters: { prices: referenceOf(body) } },
    });
    expect(run.status).toBe('completed');
    expect(run.output.rows_output).toEqual([{ name: 'screw', price: '3' }]);
  });

  it('is read by no run of another organization', async () => {
    const { body } = await sendFile();
    const blocks = [parse('rows', body.presigned_url, { file_type: 'csv' })];
    const definition = { title: 'Theirs', workflow_definition: { parameters: [], blocks } };
    const created = await lapwing.request(
      'POST',
      '/v1/agents',
      { json_definition: definition },
      other.headers,
    );
    const started = await lapwing.request(
      'POST',
      '/v1/run/agents',
      { workflow_id: created.body.workflow_permanent_id },
      other.headers,
    );
    const path = `/v1/runs/${started.body.run_id}?wait=60`;
    const { body: run } = await lapwing.request('GET', path, undefined, other.headers);
    expect(run.status).toBe('failed');
    expect(run.failure_reason).toContain('not found');
  });

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\temp\\a.csv', 'a.csv'],
    ['..', 'file'],
  ])('named %s is called %s', async (given, name) => {
    const { body } = await sendFile(csv, {}, given);
    const content = await fetch(body.presigned_url);
    expect(content.headers.get('content-disposition')).toBe(`attachment; filename=${name}`);
  });

  it('may have 10 MB, and not a byte more', async () => {
    expect((await sendFile(new Uint8Array(10 * mebibyte))).status).toBe(200);
    const answer = await sendFile(new Uint8Array(10 * mebibyte + 1));
    expect([answer.status, answer.body.detail]).toEqual([
      413,
      expect.stringContaining('too large'),
    ]);
    expect((await sendFile(new Uint8Array(0))).status).toBe(200);
  });

  it('is kept for the days that are asked for', async () => {
    const { body } = await sendFile(csv, { retention_days: '3' });
    const left = new Date(`${body.expires_at}Z`).getTime() - Date.now();
    expect(left / 86_400_000).toBeCloseTo(3, 2);
    expect((await sendFile(csv, { retention_days: '' })).body.expires_at).toBeNull();
  });
});

describe('a form that does not fit', () => {
  it.each(['0', '366', '-1', '1.5', 'soon', 'NaN'])(
    'is refused with retention_days %s',
    async (days) => {
      const { status, body } = await sendFile(csv, { retention_days: days });
      expect(status).toBe(422);
      expect(body.detail[0].loc).toEqual(['body', 'retention_days']);
    },
  );

  it('is refused without a file, and with one under another name', async () => {
    const wrong = new FormData();
    wrong.set('document', new Blob([csv]), 'a.csv');
    for (const body of [form({ retention_days: '1' }), wrong]) {
      const answer = await send(body);
      expect(answer.status).toBe(422);
      expect(answer.body.detail).toEqual([
        { type: 'missing', loc: ['body', 'file'], msg: 'Field required' },
      ]);
    }
  });

  it('is refused when it is none, or breaks off', async () => {
    const type = { 'content-type': 'multipart/form-data; boundary=x' };
    const broken = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc';
    expect((await send('{}', undefined, { 'content-type': 'application/json' })).status).toBe(422);
    expect((await send(broken, undefined, type)).status).toBe(422);
    expect((await send('', undefined, type)).status).toBe(422);
    const bare = { 'content-type': 'multipart/form-data' };
    expect((await send(broken, undefined, bare)).status).toBe(422);
  });

  it('is refused without a key', async () => {
    const headers = { 'x-api-key': 'wrong' };
    expect((await send(form({}, new Blob([csv])), undefined, headers)).status).toBe(403);
  });

  it('is refused where no form is taken', async () => {
    expect((await send(form({}, new Blob([csv])), '/v1/agents')).status).toBe(422);
  });
});

describe('a file that is deleted', () => {
  it('is gone with its bytes', async () => {
    const { body } = await sendFile();
    const path = `/v1/files/${body.file_id}`;
    const answer = await lapwing.request('DELETE', path);
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect((await fetch(body.presigned_url)).status).toBe(404);
    expect((await lapwing.request('DELETE', path)).status).toBe(404);
  });

  it('is not deleted by another organization', async () => {
    const { body } = await sendFile();
    const path = `/v1/files/${body.file_id}`;
    expect((await lapwing.request('DELETE', path, undefined, other.headers)).status).toBe(404);
    expect((await fetch(body.presigned_url)).status).toBe(200);
  });
});

it('a worker removes the files whose time is over, and no other', async () => {
  const [short, long] = [
    (await sendFile(csv, { retention_days: '1' })).body,
    (await sendFile(csv, { retention_days: '2' })).body,
  ];
  const { database } = lapwing.server.app;
  await database
    .executor(database.sql)
    .executeSql(
      `update uploaded_files set expires_at = now() - interval '1 s' where file_id = $1`,
      [short.file_id],
    );
  await lapwing.restart();
  const artifactOf = (file: { file_id: string }) =>
    lapwing.request('GET', `/v1/artifacts/${/a_\d+/.exec(JSON.stringify(file))?.[0]}`);
  await vi.waitFor(async () => expect((await artifactOf(short)).status).toBe(404));
  expect((await artifactOf(long)).status).toBe(200);
});
