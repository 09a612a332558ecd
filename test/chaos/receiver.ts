import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A request that a block has sent. */
export interface Call {
  /** Names the run, as its parameter does. */
  readonly run: string;
  /** Names the block, and the iteration if it stands in a loop. */
  readonly step: string;
  readonly method: string;
  readonly idempotencyKey: string | null;
  /** What the run computed at its beginning, and is to say the same each time. */
  readonly nonce: string | null;
}

/** Counts what runs do in the world, and the webhooks about them. */
export interface Receiver {
  readonly url: string;
  /** In the order of arrival. */
  readonly calls: readonly Call[];
  /** The statuses that webhooks have told, by run id. */
  readonly told: ReadonlyMap<string, readonly string[]>;
  close(): Promise<void>;
}

const answerAfterMs = 60;

/** Answers `/call?run=…&step=…` a moment later, so that senders die while they wait; takes webhooks at `/webhook`. */
export async function startReceiver(): Promise<Receiver> {
  const calls: Call[] = [];
  const told = new Map<string, string[]>();
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://receiver');
    if (pathname === '/webhook') {
      const body = (await json(request).catch(() => ({}))) as Record<string, string>;
      told.set(body.run_id ?? '', [...(told.get(body.run_id ?? '') ?? []), body.status ?? '']);
      response.end();
      return;
    }
    const key = request.headers['idempotency-key'];
    calls.push({
      run: searchParams.get('run') ?? '',
      step: searchParams.get('step') ?? '',
      method: request.method ?? '',
      idempotencyKey: typeof key === 'string' ? key : null,
      nonce: searchParams.get('nonce'),
    });
    setTimeout(() => response.writeHead(200).end('{}'), answerAfterMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    told,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
