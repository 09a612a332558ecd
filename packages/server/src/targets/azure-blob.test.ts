import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { clientFor, closeAll, never } from '../egress/testing/loopback.ts';
import { type AzureContainer, azureBlobTarget } from './azure-blob.ts';
import { type AzureServer, startAzureServer } from './testing/azure-server.ts';
import { outgoingFile } from './testing/files.ts';

const account = 'acme';
const accountKey = Buffer.from('the key of the account').toString('base64');
let server: AzureServer;

beforeAll(async () => {
  server = await startAzureServer(account, accountKey);
});
afterAll(() => server.close());
afterEach(closeAll);

const file = outgoingFile('paid');

function target(folder: string, fields: Partial<AzureContainer> = {}) {
  const container = { account, accountKey, container: 'invoices', endpoint: server.url, ...fields };
  return azureBlobTarget(clientFor(['127.0.0.1']), container, folder);
}

it.each([
  ['bill.txt', 'bill.txt'],
  ['a b+ž.txt', 'a%20b%2B%C5%BE.txt'],
  ["100% #1?&=(') !*.txt", '100%25%20%231%3F%26%3D%28%27%29%20%21%2A.txt'],
])('puts the file %s under its unique name, and says where', async (name, encoded) => {
  const url = await target('/2026//../may ü').send({ ...file, name }, never);
  const base = server.url.replace('{account}', account);
  expect(url).toBe(`${base}/invoices/2026/may%20%C3%BC/${file.id}_${encoded}`);
  expect(server.blobs.get(new URL(url).pathname)).toEqual({ text: 'paid', type: 'text/plain' });
});

it('sends an empty file, and replaces the blob when it is sent again', async () => {
  const url = await target('').send(outgoingFile(''), never);
  expect(server.blobs.get(new URL(url).pathname)).toMatchObject({ text: '' });
  await target('').send(file, never);
  expect(server.blobs.get(new URL(url).pathname)).toMatchObject({ text: 'paid' });
});

it.each([
  ['a wrong key', { accountKey: 'd3Jvbmc=' }, /HTTP 403 \(AuthenticationFailed: Server failed/],
  ['no such container', { container: 'missing' }, /Container missing of acme answered HTTP 404/],
])('says what the server refuses: %s', async (_, fields, message) => {
  const failure = await target('', fields)
    .send(file, never)
    .catch((error: Error) => error);
  expect(failure).toMatchObject({ name: 'TargetFailure', message: expect.stringMatching(message) });
  expect(String(failure)).not.toContain('d3Jvbmc=');
});

it.each([
  [{ account: 'evil.test/#' }, /"evil\.test\/#" is no name of a storage account/],
  [{ container: '../x' }, /"\.\.\/x" is no name of a container/],
])('refuses %j before anything is sent', (fields, message) => {
  expect(() => target('', fields)).toThrow(message);
});

it('obeys the egress policy', async () => {
  const container = { account, accountKey, container: 'invoices', endpoint: server.url };
  await expect(
    azureBlobTarget(clientFor([]), container, '').send(file, never),
  ).rejects.toMatchObject({ name: 'HttpFailure', kind: 'blocked' });
});
