import type { HttpResponse } from '@lapwing/workflow';
import { AwsV4Signer } from 'aws4fetch';
import type { HttpClient } from '../egress/http-client.ts';
import { bucketFault, firstRegion, otherRegion, type S3Bucket, s3Request } from '../lib/s3.ts';
import { expectSuccess, sendFile } from './send-file.ts';
import {
  encodedPath,
  folderNames,
  type OutgoingFile,
  objectName,
  type Target,
  TargetFailure,
} from './target.ts';

export type { S3Bucket } from '../lib/s3.ts';

interface Placed {
  readonly http: HttpClient;
  readonly bucket: S3Bucket;
  readonly file: OutgoingFile;
  /** Names of the folder and of the file. */
  readonly key: readonly string[];
}

/**
 * A folder of an S3 bucket. Objects are sent in one request each (at most 5 GB), signed with their checksum.
 * @throws TargetFailure when the bucket or the region cannot be one
 */
export function s3Target(http: HttpClient, bucket: S3Bucket, folder: string): Target {
  const fault = bucketFault(bucket);
  if (fault !== null) throw new TargetFailure(fault);
  return {
    send: async (file, signal) => {
      const placed = { http, bucket, file, key: [...folderNames(folder), objectName(file)] };
      const answer = await putWhereItLives(placed, signal);
      expectSuccess(answer, `S3 bucket ${bucket.bucket}`);
      return `s3://${bucket.bucket}/${placed.key.join('/')}`;
    },
    close: () => undefined,
  };
}

/** Who did not name the region learns it from the first refusal. */
async function putWhereItLives(placed: Placed, signal: AbortSignal): Promise<HttpResponse> {
  const region = placed.bucket.region ?? firstRegion;
  const answer = await put(placed, region, signal);
  const named = otherRegion(answer, region);
  return named === null ? answer : await put(placed, named, signal);
}

async function put(placed: Placed, region: string, signal: AbortSignal): Promise<HttpResponse> {
  const { bucket, file, key } = placed;
  const signer = new AwsV4Signer(
    s3Request(bucket, region, {
      method: 'PUT',
      path: encodedPath(key),
      sha256: file.sha256,
      headers: { 'content-type': file.contentType },
    }),
  );
  const signed = await signer.sign();
  const to = { url: signed.url.href, headers: Object.fromEntries(signed.headers) };
  return sendFile(placed.http, to, file, signal);
}
