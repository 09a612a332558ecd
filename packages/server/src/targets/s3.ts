import type { HttpResponse } from '@lapwing/workflow';
import { AwsV4Signer } from 'aws4fetch';
import type { HttpClient } from '../egress/http-client.ts';
import { expectSuccess, sendFile } from './send-file.ts';
import {
  encodedPath,
  folderNames,
  type OutgoingFile,
  objectName,
  type Target,
  TargetFailure,
} from './target.ts';

/** A bucket and the keys that open it. */
export interface S3Bucket {
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string | null;
  /** Address of a server that speaks S3; null: AWS, by region. */
  readonly endpoint: string | null;
}

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
  const { region } = bucket;
  if (!/^[\w-][\w.-]{1,254}$/.test(bucket.bucket)) {
    throw new TargetFailure(`"${bucket.bucket}" is no name of a bucket`);
  }
  if (region !== null && !/^[a-z0-9-]{1,40}$/i.test(region)) {
    throw new TargetFailure(`"${region}" is no name of a region; write it like eu-central-1`);
  }
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
  const region = placed.bucket.region ?? 'us-east-1';
  const answer = await put(placed, region, signal);
  const named = answer.headers['x-amz-bucket-region'];
  const isElsewhere = answer.status >= 300 && named !== undefined && named !== region;
  return isElsewhere && /^[a-z0-9-]+$/.test(named) ? await put(placed, named, signal) : answer;
}

async function put(placed: Placed, region: string, signal: AbortSignal): Promise<HttpResponse> {
  const { bucket, file, key } = placed;
  const base = bucket.endpoint?.replace(/\/+$/, '') ?? awsEndpoint(region);
  const signer = new AwsV4Signer({
    method: 'PUT',
    url: `${base}/${encodedPath([bucket.bucket, ...key])}`,
    headers: { 'content-type': file.contentType, 'x-amz-content-sha256': file.sha256 },
    accessKeyId: bucket.accessKeyId,
    secretAccessKey: bucket.secretAccessKey,
    service: 's3',
    region,
  });
  const signed = await signer.sign();
  const to = { url: signed.url.href, headers: Object.fromEntries(signed.headers) };
  return sendFile(placed.http, to, file, signal);
}

function awsEndpoint(region: string): string {
  return `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
