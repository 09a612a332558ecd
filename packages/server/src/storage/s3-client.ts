import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { AwsV4Signer } from 'aws4fetch';
import type { Log } from '../lib/log.ts';
import { firstRegion, otherRegion, type S3Bucket, s3Request } from '../lib/s3.ts';
import { Patience } from './patience.ts';
import { connectionFailure, exchange, refusalOf, S3Failure } from './s3-exchange.ts';
import type { StorageRange } from './storage.ts';

/** Content of known length that can be sent more than once. */
export interface S3Content {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** The content from its beginning. */
  open(): Readable | Uint8Array;
}

/** A request about one object. */
export interface S3Call {
  readonly method: 'DELETE' | 'GET' | 'PUT';
  /** Needs no percent-encoding. */
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: S3Content;
}

export interface S3ClientOptions {
  readonly bucket: S3Bucket;
  readonly log: Log;
  /** After so long without a byte a connection counts as broken, in milliseconds. */
  readonly idleMs?: number;
  /** How long a server that fails is tried again, in milliseconds. */
  readonly patienceMs?: number;
}

const nothing = createHash('sha256').digest('hex');

/** Sends signed requests to a bucket, again where a failure may pass. Each of them may be repeated without harm. */
export class S3Client {
  readonly #bucket: S3Bucket;
  readonly #log: Log;
  readonly #idleMs: number;
  readonly #patienceMs: number;
  #region: string;

  constructor({ bucket, log, idleMs = 60_000, patienceMs = 5_000 }: S3ClientOptions) {
    this.#bucket = bucket;
    this.#log = log;
    this.#idleMs = idleMs;
    this.#patienceMs = patienceMs;
    this.#region = bucket.region ?? firstRegion;
  }

  /** Sends what is answered with nothing. Rejects with S3Failure, or with the signal's reason. */
  async send(call: S3Call, signal: AbortSignal): Promise<void> {
    const answer = await this.#send(call, signal);
    // Unread, it would keep its connection.
    answer.resume();
  }

  /**
   * The content of an object, or a part of it, once its beginning is there. An answer that breaks off is asked for again
   * from where it ended: so no key may be written twice. Rejects as {@link send} does, and so does the content.
   */
  async get(
    key: string,
    range: StorageRange | null,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<Buffer>> {
    return this.#read(key, await this.#ask(key, range, signal), signal);
  }

  async *#read(key: string, first: Part, signal: AbortSignal): AsyncGenerator<Buffer> {
    const patience = new Patience(this.#patienceMs);
    const { end } = first;
    for (let { at, answer } = first; ; ) {
      try {
        for await (const chunk of answer) {
          at += chunk.length;
          patience.restore();
          yield chunk;
        }
        if (at > end || end === Number.POSITIVE_INFINITY) return;
        throw new S3Failure(`The object ends at ${at}, not behind ${end}`, { isPassing: false });
      } catch (error) {
        const failure = passing(connectionFailure(error), signal);
        if (at > end) return;
        // A reader that pauses for long loses its connection too: that is no news.
        const { message: reason } = failure;
        this.#log.debug({ reason, key, at }, 'A file is read on over a new connection');
        await patience.wait(failure, signal);
      }
      ({ answer } = await this.#ask(key, { start: at, end }, signal));
    }
  }

  async #ask(key: string, range: StorageRange | null, signal: AbortSignal): Promise<Part> {
    const headers: Record<string, string> = range === null ? {} : { range: rangeText(range) };
    const answer = await this.#send({ method: 'GET', key, headers }, signal);
    const part = { answer, ...extent(answer) };
    if (range === null || isWithin(part, range)) return part;
    answer.destroy();
    throw new S3Failure('It does not send the part that was asked for', { isPassing: false });
  }

  async #send(call: S3Call, signal: AbortSignal): Promise<IncomingMessage> {
    const patience = new Patience(this.#patienceMs);
    for (;;) {
      try {
        return await this.#sendOnce(call, signal);
      } catch (error) {
        const failure = passing(error, signal);
        const { message: reason } = failure;
        this.#log.warn({ reason }, 'The storage of files failed; it is asked again');
        await patience.wait(failure, signal);
      }
    }
  }

  async #sendOnce(call: S3Call, signal: AbortSignal): Promise<IncomingMessage> {
    const region = this.#region;
    const answer = await this.#exchange(call, region, signal);
    const named = otherRegion({ status: answer.statusCode ?? 0, headers: answer.headers }, region);
    if (named === null) return accepted(answer);
    await refusalOf(answer);
    this.#region = named;
    return accepted(await this.#exchange(call, named, signal));
  }

  async #exchange(
    { method, key, headers = {}, content }: S3Call,
    region: string,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    signal.throwIfAborted();
    const sha256 = content?.sha256 ?? nothing;
    const request = s3Request(this.#bucket, region, { method, path: key, sha256, headers });
    const { url, headers: signed } = await new AwsV4Signer(request).sign();
    const length: Record<string, string> =
      content === undefined ? {} : { 'content-length': String(content.bytes) };
    return exchange(
      {
        method,
        url,
        headers: { ...Object.fromEntries(signed), ...length },
        body: content?.open() ?? null,
      },
      { idleMs: this.#idleMs, signal },
    );
  }
}

/** @throws S3Failure */
async function accepted(answer: IncomingMessage): Promise<IncomingMessage> {
  const { statusCode: status = 0 } = answer;
  if (status >= 200 && status <= 299) return answer;
  throw await refusalOf(answer);
}

/** @throws what cannot pass, or the signal's reason. */
function passing(error: unknown, signal: AbortSignal): S3Failure {
  signal.throwIfAborted();
  if (!(error instanceof S3Failure && error.isPassing)) throw error;
  return error;
}

/** Bytes of an object, from 0, both ends included, and the answer that brings them. */
interface Part {
  readonly answer: IncomingMessage;
  readonly at: number;
  readonly end: number;
}

/** The end of the object may come first. */
function isWithin({ answer, at, end }: Part, range: StorageRange): boolean {
  return answer.statusCode === 206 && at === range.start && end <= range.end;
}

function rangeText({ start, end }: StorageRange): string {
  return `bytes=${start}-${Number.isFinite(end) ? end : ''}`;
}

function extent({ headers }: IncomingMessage): Pick<Part, 'at' | 'end'> {
  const range = /^bytes (\d+)-(\d+)\//.exec(headers['content-range'] ?? '');
  if (range !== null) return { at: Number(range[1]), end: Number(range[2]) };
  return { at: 0, end: Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) - 1 };
}
