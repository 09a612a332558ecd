import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStorage } from '../../../packages/server/src/storage/open-storage.ts';
import type { Storage } from '../../../packages/server/src/storage/storage.ts';
import { itKeepsFiles, textOf } from '../../../packages/server/src/storage/testing/contract.ts';
import {
  type S3Server,
  s3Keys,
  startS3Server,
} from '../../../packages/server/src/targets/testing/s3-server.ts';
import { testLog } from '../../support/database.ts';

let s3: S3Server;
let storage: Storage;

beforeAll(async () => {
  s3 = await startS3Server(['files']);
  storage = await open();
});
afterAll(() => s3.close());

const open = (fields: object = {}) => {
  const bucket = { bucket: 'files', folder: 'lapwing/test', endpoint: s3.url, ...s3Keys };
  return openStorage(
    { directory: '/nowhere', bucket: { ...bucket, region: null, ...fields } },
    testLog,
  );
};

itKeepsFiles(() => storage);

it('keeps to its folder of the bucket', async () => {
  await storage.put('o_1/wr_1/a_1', Buffer.from('mine'));
  expect(await s3.read('files', 'lapwing/test/o_1/wr_1/a_1')).toMatchObject({ text: 'mine' });
});

it('may have a bucket to itself', async () => {
  const whole = await open({ folder: '' });
  await whole.put('o_1/a_1', Buffer.from('top'));
  expect(await s3.read('files', 'o_1/a_1')).toMatchObject({ text: 'top' });
});

it('serves many at a time', async () => {
  const keys = Array.from({ length: 40 }, (_, index) => `o_2/wr_1/a_${index}`);
  const bytes = randomBytes(100_000).toString('hex');
  await Promise.all(keys.map((key) => storage.put(key, Buffer.from(key + bytes))));
  const texts = await Promise.all(
    keys.map(async (key) => textOf((await storage.open(key)).stream)),
  );
  expect(texts).toEqual(keys.map((key) => key + bytes));
});

it.each([
  ['a wrong secret', { secretAccessKey: 'wrong-secret' }, /HTTP 403 \(SignatureDoesNotMatch/],
  ['an unknown key', { accessKeyId: 'nobody' }, /HTTP 403 \(InvalidAccessKeyId/],
  ['no such bucket', { bucket: 'receipts' }, /s3:\/\/receipts\/lapwing.*HTTP 404 \(NoSuchBucket/],
])('is not opened with %s', async (_, fields, message) => {
  const failure = await open(fields).catch((error: Error) => error);
  expect(failure).toMatchObject({ code: 'unavailable', message: expect.stringMatching(message) });
  expect(String(failure)).not.toContain('wrong-secret');
});
