import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import {
  type PgliteReply,
  type PgliteRequest,
  type PgliteWorkerData,
  readyId,
} from './pglite-messages.ts';

interface Pending {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

type Body<T> = T extends { readonly id: number } ? Omit<T, 'id'> : never;

/** The thread in which PGlite runs, so that no query holds up the event loop. */
export class PgliteThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = readyId;
  #failure: Error | null = null;

  private constructor(data: PgliteWorkerData, log: Logger) {
    this.#worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), {
      workerData: data,
      // Options of the process are about its own entry.
      execArgv: [],
      name: 'lapwing-database',
    });
    this.#worker.on('message', (reply: PgliteReply) => this.#settle(reply));
    this.#worker.on('error', (error) => {
      log.error({ err: error }, 'The embedded database failed');
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    });
    this.#worker.on('exit', () => this.#fail(new Error('The embedded database has stopped')));
  }

  /** Starts the thread and resolves when its database answers. */
  static async start(data: PgliteWorkerData, log: Logger): Promise<PgliteThread> {
    const thread = new PgliteThread(data, log);
    await thread.#answerTo(readyId);
    return thread;
  }

  /** Sends a request; answers come in the order of the requests. */
  request(body: Body<PgliteRequest>): Promise<Uint8Array> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#lastId += 1;
    const answer = this.#answerTo(this.#lastId);
    this.#worker.postMessage({ ...body, id: this.#lastId } satisfies PgliteRequest);
    return answer;
  }

  /** Shuts the database down cleanly and ends the thread. */
  async close(): Promise<void> {
    await this.request({ kind: 'close' });
    await this.#worker.terminate();
  }

  #answerTo(id: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
    });
  }

  #settle(reply: PgliteReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('error' in reply) pending?.reject(new Error(reply.error));
    else pending?.resolve(reply.bytes);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
