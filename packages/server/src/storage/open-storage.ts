import { LapwingError } from '../errors.ts';
import type { Log } from '../lib/log.ts';
import type { S3Bucket } from '../lib/s3.ts';
import { DiskStorage } from './disk-storage.ts';
import { S3Failure } from './s3-exchange.ts';
import { S3Storage } from './s3-storage.ts';
import type { Storage } from './storage.ts';

/**
 * The storage of files that the settings name, once it was tried.
 * @param place.directory Absolute folder for files; not touched when there is a bucket.
 * @throws LapwingError `unavailable` saying why a bucket cannot be used
 */
export async function openStorage(
  place: {
    readonly directory: string;
    readonly bucket: (S3Bucket & { readonly folder: string }) | null;
  },
  log: Log,
): Promise<Storage> {
  const { bucket, directory } = place;
  if (bucket === null) return new DiskStorage(directory);
  const storage = new S3Storage({ bucket, folder: bucket.folder, log });
  try {
    await storage.check();
    return storage;
  } catch (error) {
    if (!(error instanceof S3Failure)) throw error;
    const shown = `s3://${[bucket.bucket, bucket.folder].filter(Boolean).join('/')}`;
    const server = bucket.endpoint ?? 'AWS';
    throw new LapwingError(
      'unavailable',
      `The storage of files ${shown} (at ${server}) cannot be used: ${error.message}`,
      { cause: error },
    );
  }
}
