import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LapwingError } from '../errors.ts';
import type { Log } from '../lib/log.ts';
import { S3Client, type S3ClientOptions, type S3Content } from './s3-client.ts';
import { S3Failure } from './s3-exchange.ts';
import {
  checkKey,
  type Storage,
  type StorageRange,
  type StorageSource,
  type StoredObject,
} from './storage.ts';

/** What S3 takes in one request. */
const maxBytes = 5 * 2 ** 30;
const patientMs = 120_000;

export interface S3StorageOptions extends S3ClientOptions {
  /** Without a `/` at its ends; empty: keys begin at the top of the bucket. */
  readonly folder: string;
  /** Ends whatever waits. */
  readonly signal?: AbortSignal;
}

/**
 * Keeps bytes as objects of a bucket. Each is sent in one request, signed with its checksum: there are no half objects,
 * and no parts that somebody has to clear away.
 */
export class S3Storage implements Storage {
  readonly #options: S3StorageOptions;
  readonly #client: S3Client;
  readonly #log: Log;

  constructor(options: S3StorageOptions) {
    this.#options = options;
    this.#client = new S3Client(options);
    this.#log = options.log;
  }

  patient(signal: AbortSignal): Storage {
    return new S3Storage({ ...this.#options, signal, patienceMs: patientMs });
  }

  #until(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
    const all = [this.#options.signal, ...signals];
    return AbortSignal.any(all.filter((signal) => signal !== undefined));
  }

  #place(key: string): string {
    checkKey(key);
    const { folder } = this.#options;
    return folder === '' ? key : `${folder}/${key}`;
  }

  async put(key: string, source: StorageSource, signal?: AbortSignal): Promise<StoredObject> {
    const place = this.#place(key);
    const until = this.#until(signal);
    until.throwIfAborted();
    if (source instanceof Uint8Array) return this.#send(place, contentOfBytes(source), until);
    const { size } = await stat(source.path);
    if (size > maxBytes) {
      throw new LapwingError(
        'body_too_large',
        `The file has ${size} bytes; the storage of files takes at most ${maxBytes} in one`,
      );
    }
    return this.#send(place, await contentOfFile(source.path, until), until);
  }

  async #send(place: string, content: S3Content, signal: AbortSignal): Promise<StoredObject> {
    try {
      await this.#client.send({ method: 'PUT', key: place, content }, signal);
    } catch (error) {
      throw this.#told(place, error);
    }
    return { size: content.bytes, checksum: content.sha256 };
  }

  async open(
    key: string,
    range?: StorageRange,
    signal?: AbortSignal,
  ): Promise<{ stream: Readable }> {
    const place = this.#place(key);
    const reading = new AbortController();
    const until = this.#until(signal, reading.signal);
    try {
      const content = await this.#client.get(place, range ?? null, until);
      const stream = new PassThrough();
      // A reader that leaves ends the exchange at once, also one that waits for its next byte.
      stream.once('close', () => reading.abort());
      // Whoever reads hears of the failure.
      pipeline(this.#content(place, content), stream).catch(() => undefined);
      return { stream };
    } catch (error) {
      const code = error instanceof S3Failure ? error.code : null;
      // It begins behind the end.
      if (code === 'InvalidRange') return { stream: Readable.from([]) };
      if (code !== 'NoSuchKey') throw this.#told(place, error);
      throw new LapwingError('not_found', `The bytes of ${key} are gone`, { cause: error });
    }
  }

  async *#content(place: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      yield* content;
    } catch (error) {
      throw this.#told(place, error);
    }
  }

  async remove(key: string, signal?: AbortSignal): Promise<void> {
    const place = this.#place(key);
    try {
      await this.#client.send({ method: 'DELETE', key: place }, this.#until(signal));
    } catch (error) {
      if (!(error instanceof S3Failure && error.code === 'NoSuchKey'))
        throw this.#told(place, error);
    }
  }

  /** Keeps a file, reads it and removes it. Rejects with S3Failure, which says what the server refuses. */
  async check(): Promise<void> {
    const until = this.#until();
    const key = this.#place(`start/${randomUUID()}`);
    const content = contentOfBytes(Buffer.from('Lapwing looks whether it can keep files here.'));
    await this.#client.send({ method: 'PUT', key, content }, until);
    const read = await Readable.from(await this.#client.get(key, null, until)).toArray();
    await this.#client.send({ method: 'DELETE', key }, until);
    if (contentOfBytes(Buffer.concat(read)).sha256 !== content.sha256)
      throw new S3Failure('It gives back other bytes than it was sent', { isPassing: false });
  }

  /** A failure as the server's clients may see it: where the storage is, is for the log. */
  #told(place: string, error: unknown): unknown {
    if (!(error instanceof S3Failure)) return error;
    this.#log.error({ err: error, object: place }, 'The storage of files failed');
    const text = error.isPassing
      ? 'The storage of files cannot be reached now: try again'
      : `The storage of files refuses: ${error.message}`;
    return new LapwingError('unavailable', text, { cause: error });
  }
}

function contentOfBytes(bytes: Uint8Array): S3Content {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bytes: bytes.byteLength, sha256, open: () => bytes };
}

/** Reads the file once more than it is sent: S3 wants length and checksum before the first byte. */
async function contentOfFile(path: string, signal: AbortSignal): Promise<S3Content> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    signal.throwIfAborted();
    hash.update(chunk);
    bytes += chunk.length;
  }
  return {
    bytes,
    sha256: hash.digest('hex'),
    // What is written to the file from now on is left out.
    open: () => (bytes === 0 ? Buffer.alloc(0) : createReadStream(path, { end: bytes - 1 })),
  };
}
