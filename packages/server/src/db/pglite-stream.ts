import { Duplex } from 'node:stream';

/** Sends protocol messages to the database and resolves to its answer. */
export type Exchange = (kind: 'connect' | 'protocol', bytes: Uint8Array) => Promise<Uint8Array>;

const typeOf = { query: 0x51, sync: 0x53, flush: 0x48 };

/**
 * A stream that `pg` takes for a socket: what it writes goes to the embedded database, and what that answers is read.
 * Messages are held back until one of them asks for an answer, so a query is one exchange however `pg` writes it.
 */
export function pgliteStream(exchange: Exchange): Duplex {
  let started = false;
  let held: Buffer = Buffer.alloc(0);

  const answer = async (kind: 'connect' | 'protocol', bytes: Buffer): Promise<void> => {
    stream.push(await exchange(kind, Uint8Array.from(bytes)));
  };

  const accept = async (chunk: Buffer): Promise<void> => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (!started) {
      const startup = held;
      started = true;
      held = Buffer.alloc(0);
      await answer('connect', startup);
      return;
    }
    const end = endOfRequest(held);
    if (end === 0) return;
    const request = held.subarray(0, end);
    held = held.subarray(end);
    await answer('protocol', request);
  };

  const stream = new Duplex({
    read: () => {},
    writev: (chunks, done) => {
      const bytes = Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer));
      accept(bytes).then(() => done(), done);
    },
    final: (done) => {
      stream.push(null);
      done();
    },
  });
  return Object.assign(stream, {
    connect: () => queueMicrotask(() => stream.emit('connect')),
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
    ref: () => stream,
    unref: () => stream,
  });
}

/** Where the last message ends that the database answers; 0 while there is none. */
function endOfRequest(bytes: Buffer): number {
  let end = 0;
  let position = 0;
  while (position + 5 <= bytes.length) {
    const type = bytes[position];
    const next = position + 1 + bytes.readInt32BE(position + 1);
    if (next > bytes.length) break;
    position = next;
    if (type === typeOf.sync || type === typeOf.query || type === typeOf.flush) end = position;
  }
  return end;
}
