/** A bucket and the keys that open it. */
export interface S3Bucket {
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Null: learned from the first refusal. */
  readonly region: string | null;
  /** Address of a server that speaks S3; null: AWS, by region. */
  readonly endpoint: string | null;
}

/** Where a bucket is looked for whose region nobody has named. */
export const firstRegion = 'us-east-1';

/** What is wrong with the names of a bucket and of a region; null when nothing is. */
export function bucketFault({ bucket, region }: Pick<S3Bucket, 'bucket' | 'region'>) {
  if (!/^[\w-][\w.-]{1,254}$/.test(bucket)) return `"${bucket}" is no name of a bucket`;
  if (region !== null && !/^[a-z0-9-]{1,40}$/i.test(region))
    return `"${region}" is no name of a region; write it like eu-central-1`;
  return null;
}

/**
 * What AwsV4Signer signs for a request about one object.
 * @param request.path The object's key, percent-encoded.
 * @param request.sha256 Of the content, in hex.
 */
export function s3Request(
  bucket: S3Bucket,
  region: string,
  request: {
    readonly method: 'DELETE' | 'GET' | 'PUT';
    readonly path: string;
    readonly sha256: string;
    readonly headers: Readonly<Record<string, string>>;
  },
) {
  const base = bucket.endpoint?.replace(/\/+$/, '') ?? awsEndpoint(region);
  return {
    method: request.method,
    url: `${base}/${bucket.bucket}/${request.path}`,
    headers: { ...request.headers, 'x-amz-content-sha256': request.sha256 },
    accessKeyId: bucket.accessKeyId,
    secretAccessKey: bucket.secretAccessKey,
    service: 's3',
    region,
  };
}

/** The region that a refusal names, if that is another than the one that was asked. */
export function otherRegion(
  answer: { readonly status: number; readonly headers: Readonly<Record<string, unknown>> },
  asked: string,
): string | null {
  const named = answer.headers['x-amz-bucket-region'];
  if (answer.status < 300 || typeof named !== 'string' || named === asked) return null;
  return /^[a-z0-9-]+$/.test(named) ? named : null;
}

function awsEndpoint(region: string): string {
  return `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
