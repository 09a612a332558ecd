import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as it came in. */
export interface Delivery {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body's exact bytes, as text: what a signature is made over. */
  readonly rawBody: string;
  readonly receivedAt: Date;
}

/** How a request is to be answered. */
export type ReceiverAnswer =
  | {
      /** 200 when left out. */
      readonly status?: number;
      /** Value of the `Retry-After` header: seconds, or an HTTP date. */
      readonly retryAfter?: number | string;
      readonly delayMs?: number;
      readonly body?: string;
    }
  /** Take the request, then cut the connection without an answer. */
  | 'hang up';

/** A running webhook receiver. */
export interface Receiver {
  /** `http://127.0.0.1:<port>`; every path below it is collected. */
  readonly url: string;
  readonly port: number;
  readonly deliveries: readonly Delivery[];
  /** Programs the next answers, one for each request; after the last one it answers 200 again. */
  answerWith(...answers: readonly ReceiverAnswer[]): void;
  /** Waits until `count` requests have come in altogether. Rejects with the signal's reason. */
  waitFor(count: number, signal: AbortSignal): Promise<readonly Delivery[]>;
  close(): Promise<void>;
}

async function reply(
  answer: ReceiverAnswer,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  if (answer === 'hang up') {
    response.destroy();
    return;
  }
  const { status = 200, retryAfter, delayMs = 0, body = 'ok' } = answer;
  if (delayMs > 0) await sleep(delayMs, undefined, { signal });
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
}

/** Starts a receiver on any free port of 127.0.0.1. */
export async function startReceiver(): Promise<Receiver> {
  const deliveries: Delivery[] = [];
  const arrivals = new EventTarget();
  const answers: ReceiverAnswer[] = [];
  const closing = new AbortController();
  const server = createServer(async (incoming, response) => {
    try {
      const rawBody = (await buffer(incoming)).toString();
      const { method = '', url: path = '', headers } = incoming;
      deliveries.push({ method, path, headers, rawBody, receivedAt: new Date() });
      arrivals.dispatchEvent(new Event('arrival'));
      await reply(answers.shift() ?? {}, response, closing.signal);
    } catch {
      // The sender went away, or the receiver is closing: nobody is left to answer.
      response.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    deliveries,
    answerWith: (...next) => answers.push(...next),
    waitFor: async (count, signal) => {
      while (deliveries.length < count) await nextEvent(arrivals, signal);
      return deliveries;
    },
    close: async () => {
      closing.abort();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function nextEvent(arrivals: EventTarget, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  signal.throwIfAborted();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  arrivals.addEventListener(
    'arrival',
    () => {
      signal.removeEventListener('abort', stop);
      resolve();
    },
    { once: true, signal },
  );
  return promise;
}
