import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { clientFor, closeAll, never, serve } from '../egress/testing/loopback.ts';
import { type DriveFolder, googleDriveTarget } from './google-drive.ts';
import { type DriveServer, startDriveServer } from './testing/drive-server.ts';
import { outgoingFile } from './testing/files.ts';

let server: DriveServer;

beforeAll(async () => {
  server = await startDriveServer('ya29.right');
});
afterAll(() => server.close());
afterEach(closeAll);

const file = outgoingFile('paid');

function target(fields: Partial<DriveFolder> = {}) {
  return googleDriveTarget(clientFor(['127.0.0.1']), {
    folderId: 'folder1',
    apiUrl: server.url,
    accessToken: async () => 'ya29.right',
    ...fields,
  });
}

it('puts a file into its folder under its own name, and answers its link', async () => {
  const link = await target().send(file, never);
  const [, id = ''] = /^https:\/\/drive\.google\.com\/file\/d\/(\w+)\/view/.exec(link) ?? [];
  expect(server.files.get(id)).toMatchObject({
    name: 'bill.txt',
    mimeType: 'text/plain',
    parents: ['folder1'],
    content: 'paid',
  });
});

it('replaces the content when the same upload is repeated', async () => {
  const again = { ...outgoingFile('first'), id: 'same-upload' };
  const link = await target().send(again, never);
  const count = server.files.size;
  expect(await target().send({ ...outgoingFile('second'), id: 'same-upload' }, never)).toBe(link);
  expect(server.files.size).toBe(count);
  expect([...server.files.values()].at(-1)).toMatchObject({
    content: 'second',
    parents: ['folder1'],
  });
});

it('puts a file into the root when no folder is named', async () => {
  await target({ folderId: null }).send({ ...file, id: 'in-root' }, never);
  expect([...server.files.values()].at(-1)).not.toHaveProperty('parents');
});

it.each([
  [
    'a wrong token',
    { accessToken: async () => 'ya29.wrong' },
    /^Google Drive answered HTTP 401 \(Invalid Credentials\)$/,
  ],
  ['no such folder', { folderId: 'nowhere' }, /HTTP 404 \(File not found: nowhere\.\)$/],
])('says what the server refuses: %s', async (_, fields, message) => {
  const failure = await target(fields)
    .send({ ...file, id: 'refused' }, never)
    .catch((error: Error) => error);
  expect(failure).toMatchObject({ name: 'TargetFailure', message: expect.stringMatching(message) });
  expect(String(failure)).not.toContain('ya29');
});

it.each(['not JSON', '{"files": 1}'])('does not take %s for an answer', async (text) => {
  const host = await serve((_, response) => response.end(text));
  await expect(target({ apiUrl: `http://${host}` }).send(file, never)).rejects.toMatchObject({
    name: 'TargetFailure',
    message: 'Google Drive gave an answer that is not one of its own',
  });
});

it('follows no address for the content that the policy blocks', async () => {
  const host = await serve((request, response) => {
    response.setHeader('location', 'http://169.254.169.254/upload');
    response.end(request.method === 'GET' ? '{"files": []}' : '{}');
  });
  await expect(target({ apiUrl: `http://${host}` }).send(file, never)).rejects.toMatchObject({
    name: 'HttpFailure',
    kind: 'blocked',
  });
});
