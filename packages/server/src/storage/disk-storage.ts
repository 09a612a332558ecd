import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { LapwingError } from '../errors.ts';
import {
  checkKey,
  type Storage,
  type StorageRange,
  type StorageSource,
  type StoredObject,
} from './storage.ts';

/** Keeps bytes as files below one folder. */
export class DiskStorage implements Storage {
  readonly #directory: string;

  /** @param directory Absolute; made when missing. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.#directory, key);
  }

  /** Written beside its place and moved there when it is whole and on the disk. */
  async put(key: string, source: StorageSource, signal?: AbortSignal): Promise<StoredObject> {
    const path = this.#path(key);
    signal?.throwIfAborted();
    await mkdir(dirname(path), { recursive: true });
    const draft = `${path}.${randomBytes(6).toString('hex')}.part`;
    try {
      const stored = await write(draft, source, signal);
      await rename(draft, path);
      return stored;
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  async open(
    key: string,
    range?: StorageRange,
    signal?: AbortSignal,
  ): Promise<{ stream: Readable }> {
    const path = this.#path(key);
    signal?.throwIfAborted();
    try {
      const file = await open(path, 'r');
      return { stream: file.createReadStream({ ...range, ...(signal && { signal }) }) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      throw new LapwingError('not_found', `The bytes of ${key} are gone`, { cause: error });
    }
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    const path = this.#path(key);
    signal?.throwIfAborted();
    await rm(path, { force: true });
  }

  /** A disk has nothing to wait for. */
  patient(): Storage {
    return this;
  }
}

async function write(
  path: string,
  source: StorageSource,
  signal: AbortSignal | undefined,
): Promise<StoredObject> {
  const file = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  try {
    const chunks =
      source instanceof Uint8Array ? Readable.from([source]) : createReadStream(source.path);
    for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      hash.update(chunk);
      size += chunk.length;
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { size, checksum: hash.digest('hex') };
}
