import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline, type Readable } from 'node:stream';

const connectMs = 10_000;
const longestRefusal = 64 * 1024;

/** Errors that the next connection may not meet; a certificate that is not trusted is none. */
const passingErrors = [
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
];
const passingStatuses = [408, 429, 500, 502, 503, 504];

/** An exchange that came to nothing; its message is for whoever operates the server and names no secret. */
export class S3Failure extends Error {
  override readonly name = 'S3Failure';
  /** Whether the next try may succeed. */
  readonly isPassing: boolean;
  /** S3's word for it (`NoSuchKey`); empty when there was none. */
  readonly code: string;

  constructor(
    message: string,
    facts: { readonly isPassing: boolean; readonly code?: string; readonly cause?: unknown },
  ) {
    super(message, { cause: facts.cause });
    this.isPassing = facts.isPassing;
    this.code = facts.code ?? '';
  }
}

/** What a connection failed of. */
export function connectionFailure(error: unknown): S3Failure {
  if (error instanceof S3Failure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const said = error instanceof Error ? error.message : String(error);
  return new S3Failure(said || code, { isPassing: passingErrors.includes(code), cause: error });
}

/** A signed request. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | Uint8Array | null;
}

/**
 * Sends a request and waits for the head of the answer, whatever its status. The signal ends the exchange until the answer
 * is read, and so does a connection that carries nothing for `idleMs`. Rejects with S3Failure, with the error of the body,
 * or with the signal's reason. The storage is the operator's own: no egress policy.
 */
export async function exchange(
  { method, url, headers, body }: Outgoing,
  limits: { readonly idleMs: number; readonly signal: AbortSignal },
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { idleMs, signal } = limits;
  const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const request = send(url, { method, headers, signal, timeout: idleMs });
  request.on('error', (error) => reject(connectionFailure(error)));
  request.on('timeout', () => request.destroy(silence(`carried nothing for ${idleMs} ms`)));
  limitConnecting(request);
  request.on('response', (answer) => {
    // An answer that nobody reads at the moment may break: whoever reads on hears of it.
    answer.on('error', () => undefined);
    // One that came before all was sent is a refusal: the rest is of no use.
    answer.on('end', () => {
      if (!request.writableFinished) request.destroy();
    });
    resolve(answer);
  });
  if (body === null || body instanceof Uint8Array) request.end(body ?? undefined);
  else sendStream(body, request, reject);
  try {
    return await promise;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** A source that cannot be read is no fault of the connection: it is told as it is. */
function sendStream(body: Readable, request: ClientRequest, fail: (error: Error) => void): void {
  body.once('error', fail);
  pipeline(body, request, () => undefined);
}

function silence(what: string): S3Failure {
  return new S3Failure(`The connection ${what}`, { isPassing: true });
}

function limitConnecting(request: ClientRequest): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(
      () => request.destroy(silence(`was not made in ${connectMs} ms`)),
      connectMs,
    );
    socket.once('connect', () => clearTimeout(timer));
    request.once('close', () => clearTimeout(timer));
  });
}

/** Reads an answer that is no success. */
export async function refusalOf(answer: IncomingMessage): Promise<S3Failure> {
  const text = await readStart(answer);
  const [code = '', message = ''] = [/<Code>([^<]*)/, /<Message>([^<]*)/].map(
    (pattern) => pattern.exec(text)?.[1],
  );
  const said = [code, message].filter((part) => part !== '').join(': ');
  const status = answer.statusCode ?? 0;
  return new S3Failure(`HTTP ${status}${said === '' ? '' : ` (${said.slice(0, 500)})`}`, {
    isPassing: passingStatuses.includes(status) || code === 'RequestTimeout',
    code,
  });
}

/** As much of the answer as is needed; a broken one says less. */
async function readStart(answer: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of answer.setEncoding('utf8')) {
      text += chunk;
      if (text.length > longestRefusal) break;
    }
  } catch {
    // The status alone says what to do.
  }
  return text;
}
