import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between one process and its PostgreSQL server, and reads along what is asked. */
export interface QueryCounter {
  /** What the process takes for its DATABASE_URL. */
  readonly url: string;
  /** Every statement that was executed, in order; one of many parts counts once. */
  readonly statements: readonly string[];
  close(): Promise<void>;
}

const query = 'Q';
const parse = 'P';
const execute = 'E';

/** Reads the messages of a client: the protocol's frontend side, version 3, without TLS. */
class Frontend {
  readonly #onStatement: (text: string) => void;
  #pending = Buffer.alloc(0);
  #started = false;
  #parsed = '';

  constructor(onStatement: (text: string) => void) {
    this.#onStatement = onStatement;
  }

  read(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (;;) {
      // The first message has no type, each other one a byte of it; the length counts itself.
      const start = this.#started ? 1 : 0;
      if (this.#pending.length < start + 4) return;
      const end = start + this.#pending.readInt32BE(start);
      if (this.#pending.length < end) return;
      if (this.#started)
        this.#take(String.fromCharCode(this.#pending[0] ?? 0), this.#pending.subarray(5, end));
      this.#started = true;
      this.#pending = this.#pending.subarray(end);
    }
  }

  #take(type: string, body: Buffer): void {
    const texts = () => body.toString('utf8').split('\0');
    if (type === query) this.#onStatement(texts()[0] ?? '');
    if (type === parse) this.#parsed = texts()[1] ?? '';
    if (type === execute) this.#onStatement(this.#parsed);
  }
}

export async function startQueryCounter(databaseUrl: string): Promise<QueryCounter> {
  const url = new URL(databaseUrl);
  const target = { host: url.hostname, port: Number(url.port || 5432) };
  const statements: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    const frontend = new Frontend((text) => statements.push(text));
    client.on('data', (chunk: Buffer) => frontend.read(chunk));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    statements,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
