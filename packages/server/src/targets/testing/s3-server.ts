import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';

/** The only keys that this server knows. */
export const s3Keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

export interface S3Server {
  readonly url: string;
  /** What lies under a key of a bucket, as anybody may read it; null: nothing. */
  read(bucket: string, key: string): Promise<{ text: string; type: string | null } | null>;
  close(): Promise<void>;
}

/** A server that speaks S3 and checks signatures, on loopback, with these buckets. */
export async function startS3Server(buckets: readonly string[]): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'lapwing-s3-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: buckets.map((name) => ({ name, configs: [] })),
  });
  const { port } = await server.run();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    read: async (bucket, key) => {
      const path = key.split('/').map(encodeURIComponent).join('/');
      const response = await fetch(`${url}/${bucket}/${path}`);
      const text = await response.text();
      return response.ok ? { text, type: response.headers.get('content-type') } : null;
    },
    close: async () => {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
