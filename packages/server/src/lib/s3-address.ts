import { bucketFault, type S3Bucket } from './s3.ts';

/** A folder of a bucket, with whatever its address says of the way there. */
export interface S3Address {
  readonly bucket: string;
  /** Without a `/` at its ends; empty: the whole bucket. */
  readonly folder: string;
  readonly endpoint: S3Bucket['endpoint'];
  readonly region: S3Bucket['region'];
  readonly accessKeyId: string | null;
  readonly secretAccessKey: string | null;
}

const form = 's3://bucket or s3://bucket/folder, with ?endpoint=https://… and &region=… if need be';

/** @throws Error saying what is wrong with `s3://key:secret@bucket/folder?endpoint=…&region=…`; it shows no secret. */
export function parseS3Address(text: string): S3Address {
  if (!/^s3:\/\//i.test(text)) throw new Error(`must look like ${form}`);
  const url = URL.parse(text);
  if (url === null)
    throw new Error('cannot be read: in its login, letters such as / and @ are percent-encoded');
  if (url.port !== '' || url.hash !== '') throw new Error(`must look like ${form}`);
  const folder = url.pathname.replace(/^\/|\/$/g, '');
  if (!/^(?:[\w.-]+(?:\/[\w.-]+)*)?$/.test(folder))
    throw new Error(`names the folder "${folder}": use letters, digits, . _ - and /`);
  const place = { bucket: url.hostname, folder, ...way(url.searchParams), ...login(url) };
  const fault = bucketFault(place);
  if (fault !== null) throw new Error(fault);
  return place;
}

function way(query: URLSearchParams): Pick<S3Address, 'endpoint' | 'region'> {
  const unknown = [...query.keys()].find((name) => !['endpoint', 'region'].includes(name));
  if (unknown !== undefined) throw new Error(`has ?${unknown}=; it may have endpoint and region`);
  const endpoint = query.get('endpoint');
  if (endpoint !== null && !isPlainAddress(URL.parse(endpoint)))
    throw new Error('has an endpoint that is no plain http(s) address');
  return { endpoint, region: query.get('region') };
}

function isPlainAddress(url: URL | null): boolean {
  const rest = url === null ? null : url.username + url.password + url.search + url.hash;
  return rest === '' && /^https?:$/.test(url?.protocol ?? '');
}

function login(url: URL): Pick<S3Address, 'accessKeyId' | 'secretAccessKey'> {
  if (url.username === '' && url.password === '')
    return { accessKeyId: null, secretAccessKey: null };
  if (url.username === '' || url.password === '')
    throw new Error('has half a login: it is key:secret');
  try {
    return {
      accessKeyId: decodeURIComponent(url.username),
      secretAccessKey: decodeURIComponent(url.password),
    };
  } catch {
    throw new Error('has a % in its login that begins no code');
  }
}
