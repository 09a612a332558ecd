import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { RunEvent } from '../domain/runs/service.ts';

/** A comment line now and then keeps proxies from closing a quiet stream. */
const heartbeatMs = 15_000;

const textOf = (event: RunEvent) =>
  `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;

/**
 * Sends events as they come. An error before the first one is thrown, so that it gets its status and body.
 * @param events Ends by itself, or when the signal fires.
 */
export async function sendEvents(
  reply: FastifyReply,
  events: AsyncGenerator<RunEvent>,
  signal: AbortSignal,
): Promise<FastifyReply> {
  const first = await events.next();
  const stream = new Readable({ read() {} });
  const heartbeat = setInterval(() => stream.push(': still here\n\n'), heartbeatMs);
  signal.addEventListener('abort', () => stream.push(null), { once: true });
  void pump(first, events, stream).finally(() => clearInterval(heartbeat));
  return reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .send(stream);
}

async function pump(
  first: IteratorResult<RunEvent>,
  events: AsyncGenerator<RunEvent>,
  stream: Readable,
): Promise<void> {
  try {
    for (let next = first; next.done !== true; next = await events.next()) {
      if (stream.destroyed || stream.readableEnded) return;
      stream.push(textOf(next.value));
    }
    stream.push(null);
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}
