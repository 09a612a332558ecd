import { expect, it } from 'vitest';
import { readConfig, SettingsError, storageBucket } from './config.ts';

it('has a default for every setting that may be left out', () => {
  expect(readConfig({})).toMatchObject({
    LAPWING_PORT: 8000,
    LAPWING_ALLOW_HOSTS: [],
    LAPWING_RECORDING: true,
  });
});

it('names every wrong setting with its value', () => {
  const read = () => readConfig({ LAPWING_PORT: 'eighty', LAPWING_VIEWPORT: 'big' });
  expect(read).toThrow(SettingsError);
  expect(read).toThrow(/LAPWING_PORT="eighty"/);
  expect(read).toThrow(/LAPWING_VIEWPORT="big": must look like 1280x720/);
});

it('refuses a name that is no setting', () => {
  expect(() => readConfig({ LAPWING_PROT: '80' })).toThrow(/LAPWING_PROT is no setting/);
});

it('does not print secrets', () => {
  expect(() => readConfig({ LAPWING_API_KEY: 'short' })).not.toThrow(/short/);
});

it('refuses the address of a mail server that cannot be read, and does not print it', () => {
  const read = (LAPWING_SMTP_URL: string) => () => readConfig({ LAPWING_SMTP_URL });
  expect(read('smtps://me:p%40ss@mail.test')).not.toThrow();
  expect(read('smtps://me:100%@mail.test')).toThrow(/\(hidden\): has a % in its login/);
  expect(read('https://me:pass@mail.test')).toThrow(/LAPWING_SMTP_URL=\(hidden\)/);
});

it('splits lists and sizes', () => {
  const config = readConfig({
    LAPWING_ALLOW_HOSTS: 'a.test, 127.0.0.1:80',
    LAPWING_VIEWPORT: '800x600',
  });
  expect(config.LAPWING_ALLOW_HOSTS).toEqual(['a.test', '127.0.0.1:80']);
  expect(config.LAPWING_VIEWPORT).toEqual({ width: 800, height: 600 });
});

const keys = { LAPWING_S3_ACCESS_KEY_ID: 'AK', LAPWING_S3_SECRET_ACCESS_KEY: 'hush/hush' };
const bucketOf = (environment: Record<string, string>) => storageBucket(readConfig(environment));

it('keeps files in the data folder unless a bucket is named', () => {
  expect(bucketOf(keys)).toBeNull();
  expect(bucketOf({ ...keys, LAPWING_STORAGE_URL: 's3://files/lapwing/' })).toEqual({
    bucket: 'files',
    folder: 'lapwing',
    region: null,
    endpoint: null,
    accessKeyId: 'AK',
    secretAccessKey: 'hush/hush',
  });
});

it('takes from the settings of S3 what the address of the bucket leaves out', () => {
  const server = { LAPWING_S3_ENDPOINT: 'https://s3.test', LAPWING_S3_REGION: 'eu-west-3' };
  expect(bucketOf({ ...keys, ...server, LAPWING_STORAGE_URL: 's3://files' })).toMatchObject({
    folder: '',
    endpoint: 'https://s3.test',
    region: 'eu-west-3',
  });
  const address = 's3://mine:its%2Fsecret@files?endpoint=http://minio:9000&region=here';
  expect(bucketOf({ ...keys, ...server, LAPWING_STORAGE_URL: address })).toMatchObject({
    endpoint: 'http://minio:9000',
    region: 'here',
    accessKeyId: 'mine',
    secretAccessKey: 'its/secret',
  });
});

it.each([
  ['no key', {}, /names the bucket files, but there is no key for it: set LAPWING_S3_ACCESS_KEY/],
  ['half a key', { LAPWING_S3_ACCESS_KEY_ID: 'AK' }, /there is no key for it/],
  ['no region', { ...keys, LAPWING_S3_REGION: 'a/b' }, /LAPWING_S3_REGION: "a\/b" is no name/],
])('refuses a bucket with %s', (_, environment, message) => {
  const read = () => readConfig({ ...environment, LAPWING_STORAGE_URL: 's3://files' });
  expect(read).toThrow(SettingsError);
  expect(read).toThrow(message);
});

it('names what is wrong with the address of a bucket, and does not print it', () => {
  const read = () => readConfig({ LAPWING_STORAGE_URL: 'gs://me:hush@files' });
  expect(read).toThrow(/LAPWING_STORAGE_URL=\(hidden\): must look like s3:\/\/bucket/);
  expect(read).not.toThrow(/hush/);
});
