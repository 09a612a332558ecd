import { expect, it } from 'vitest';
import { parseS3Address } from './s3-address.ts';

const bare = { endpoint: null, region: null, accessKeyId: null, secretAccessKey: null };

it.each([
  ['s3://files', { bucket: 'files', folder: '' }],
  ['s3://files/', { bucket: 'files', folder: '' }],
  ['S3://Files.of_us/a-b/c.d/', { bucket: 'Files.of_us', folder: 'a-b/c.d' }],
  ['s3://files/a/../b', { bucket: 'files', folder: 'b' }],
])('reads %s', (text, place) => {
  expect(parseS3Address(text)).toEqual({ ...bare, ...place });
});

it('reads a login and the way to the server', () => {
  const text = 's3://AK:p%2Fw%2B@files/a?endpoint=https://minio.test:9000/s3&region=eu-west-3';
  expect(parseS3Address(text)).toEqual({
    bucket: 'files',
    folder: 'a',
    endpoint: 'https://minio.test:9000/s3',
    region: 'eu-west-3',
    accessKeyId: 'AK',
    secretAccessKey: 'p/w+',
  });
});

it.each([
  ['files', /must look like s3:/],
  ['https://files', /must look like s3:/],
  ['s3://minio:9000/files', /must look like s3:/],
  ['s3://files/a#b', /must look like s3:/],
  ['s3://', /"" is no name of a bucket/],
  ['s3://f', /"f" is no name of a bucket/],
  ['s3://files/a//b', /folder "a\/\/b"/],
  ['s3://files/a%20b', /folder "a%20b"/],
  ['s3://files?endpont=https://x', /has \?endpont=; it may have endpoint and region/],
  ['s3://files?endpoint=minio:9000', /endpoint that is no plain http/],
  ['s3://files?endpoint=https://me:hush@x', /endpoint that is no plain http/],
  ['s3://files?endpoint=https://x?y=1', /endpoint that is no plain http/],
  ['s3://files?region=evil.test/', /"evil.test\/" is no name of a region/],
  ['s3://AK@files', /half a login/],
  ['s3://:hush@files', /half a login/],
  ['s3://AK:hu/sh@files', /percent-encoded/],
  ['s3://AK:hush%@files', /% in its login/],
])('refuses %s', (text, message) => {
  expect(() => parseS3Address(text)).toThrow(message);
  expect(() => parseS3Address(text)).not.toThrow(/hush/);
});
