import type { Database, Sql } from '../../db/database.ts';

const channel = 'lapwing_runs';

/** Tells this process that something happened in a run, whichever process did it. */
export class RunFeed {
  readonly #database: Database;
  readonly #callbacks = new Map<string, Set<() => void>>();
  readonly #stop: () => Promise<void>;

  private constructor(database: Database, stop: () => Promise<void>) {
    this.#database = database;
    this.#stop = stop;
  }

  static async open(database: Database): Promise<RunFeed> {
    let feed: RunFeed | undefined;
    const stop = await database.listen(channel, (runId) => feed?.tell(runId));
    feed = new RunFeed(database, stop);
    return feed;
  }

  tell(runId: string): void {
    for (const callback of this.#callbacks.get(runId) ?? []) callback();
  }

  /** Tells every process when the transaction commits. */
  async announce(tx: Sql, runId: string): Promise<void> {
    await this.#database.notify(tx, channel, runId);
  }

  /** Calls back after each announcement of the run. Returns a function that ends it. */
  subscribe(runId: string, callback: () => void): () => void {
    const callbacks = this.#callbacks.get(runId) ?? new Set();
    callbacks.add(callback);
    this.#callbacks.set(runId, callbacks);
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0 && this.#callbacks.get(runId) === callbacks)
        this.#callbacks.delete(runId);
    };
  }

  /**
   * Resolves at the next announcement of the run, or after `milliseconds`, whichever comes first, so that a lost
   * notification costs time and nothing else.
   */
  async next(runId: string, milliseconds: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        unsubscribe();
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const unsubscribe = this.subscribe(runId, done);
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }

  async close(): Promise<void> {
    await this.#stop();
  }
}
