import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { RunEvent } from '../domain/runs/service.ts';

/** A comment line now and then keeps proxies from closing a quiet stream. */
const heartbeatMs = 15_000;

const textOf = (event: RunEvent) =>
  `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;

/**
 * Sends events as they come. The answer begins at once: a client that resumes where nothing happens has its stream all the
 * same.
 * @param events Ends by itself, or when the signal fires.
 */
export function sendEvents(
  reply: FastifyReply,
  events: AsyncGenerator<RunEvent>,
  signal: AbortSignal,
): FastifyReply {
  const stream = new Readable({ read() {} });
  // The headers are set when the stream is piped, and would wait for its first event.
  stream.once('resume', () => reply.raw.flushHeaders());
  const heartbeat = setInterval(() => stream.push(': still here\n\n'), heartbeatMs);
  signal.addEventListener('abort', () => stream.push(null), { once: true });
  void pump(events, stream).finally(() => clearInterval(heartbeat));
  return reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .send(stream);
}

async function pump(events: AsyncGenerator<RunEvent>, stream: Readable): Promise<void> {
  try {
    for await (const event of events) {
      if (stream.destroyed || stream.readableEnded) return;
      stream.push(textOf(event));
    }
    stream.push(null);
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}
