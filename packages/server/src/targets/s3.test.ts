import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { clientFor, closeAll, never, serve } from '../egress/testing/loopback.ts';
import { type S3Bucket, s3Target } from './s3.ts';
import { outgoingFile } from './testing/files.ts';
import { type S3Server, s3Keys, startS3Server } from './testing/s3-server.ts';

let server: S3Server;

beforeAll(async () => {
  server = await startS3Server(['invoices']);
});
afterAll(() => server.close());
afterEach(closeAll);

const file = outgoingFile('paid');

function target(folder: string, fields: Partial<S3Bucket> = {}) {
  const bucket = { bucket: 'invoices', region: null, endpoint: server.url, ...s3Keys, ...fields };
  return s3Target(clientFor(['127.0.0.1']), bucket, folder);
}

it('puts a file under its unique name, and says where', async () => {
  const key = `2026/may/${file.id}_bill.txt`;
  expect(await target('/2026//may/').send(file, never)).toBe(`s3://invoices/${key}`);
  expect(await server.read('invoices', key)).toEqual({ text: 'paid', type: 'text/plain' });
});

it('replaces the object when the same file is sent again', async () => {
  const uri = await target('again').send(outgoingFile('first'), never);
  expect(await target('again').send(outgoingFile('second'), never)).toBe(uri);
  const key = uri.slice('s3://invoices/'.length);
  expect(await server.read('invoices', key)).toMatchObject({ text: 'second' });
});

it.each(['a b+c.txt', "100% (ž) 'x'!*.txt", 'a#b?c&d=e.txt', 'plain'])(
  'signs the name %s right',
  async (name) => {
    const uri = await target('odd names/ü').send({ ...file, name }, never);
    expect(uri).toBe(`s3://invoices/odd names/ü/${file.id}_${name}`);
    const key = uri.slice('s3://invoices/'.length);
    expect(await server.read('invoices', key)).toMatchObject({ text: 'paid' });
  },
);

it('sends an empty file, and one without a name', async () => {
  const uri = await target('').send({ ...outgoingFile(''), name: null }, never);
  expect(uri).toBe(`s3://invoices/${file.id}`);
  expect(await server.read('invoices', file.id)).toMatchObject({ text: '' });
});

it('keeps to its folder', async () => {
  const uri = await target('../../other/./x').send(file, never);
  expect(uri).toBe(`s3://invoices/other/x/${file.id}_bill.txt`);
});

it.each([
  ['a wrong secret', { secretAccessKey: 'wrong-secret' }, /HTTP 403 \(SignatureDoesNotMatch/],
  ['an unknown key', { accessKeyId: 'nobody' }, /HTTP 403 \(InvalidAccessKeyId/],
  ['no such bucket', { bucket: 'receipts' }, /S3 bucket receipts answered HTTP 404 \(NoSuchBucket/],
])('says what the server refuses: %s', async (_, fields, message) => {
  const failure = await target('', fields)
    .send(file, never)
    .catch((error: Error) => error);
  expect(failure).toMatchObject({ name: 'TargetFailure', message: expect.stringMatching(message) });
  expect(String(failure)).not.toContain('wrong-secret');
});

it.each([
  [{ bucket: 's3://invoices' }, /"s3:\/\/invoices" is no name of a bucket/],
  [{ bucket: '..' }, /is no name of a bucket/],
  [{ region: 'evil.test/' }, /is no name of a region/],
])('refuses %j before anything is sent', (fields, message) => {
  expect(() => target('', fields)).toThrow(message);
});

it('goes to the region that the first refusal names', async () => {
  const asked: string[] = [];
  const host = await serve((request, response) => {
    const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(
      request.headers.authorization ?? '',
    )?.[1];
    asked.push(region ?? '');
    request.resume();
    request.on('end', () => {
      response.writeHead(region === 'eu-west-3' ? 200 : 400, {
        'x-amz-bucket-region': 'eu-west-3',
      });
      response.end();
    });
  });
  await target('', { endpoint: `http://${host}` }).send(file, never);
  expect(asked).toEqual(['us-east-1', 'eu-west-3']);
});

it('obeys the egress policy', async () => {
  const bucket = { bucket: 'invoices', region: null, endpoint: server.url, ...s3Keys };
  await expect(s3Target(clientFor([]), bucket, '').send(file, never)).rejects.toMatchObject({
    name: 'HttpFailure',
    kind: 'blocked',
  });
});
