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

  /** Watches the announcements of a run from now on; close the watch in the end. */
  watch(runId: string): RunWatch {
    return new RunWatch((callback) => this.#subscribe(runId, callback));
  }

  #subscribe(runId: string, callback: () => void): () => void {
    const callbacks = this.#callbacks.get(runId) ?? new Set();
    callbacks.add(callback);
    this.#callbacks.set(runId, callbacks);
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0 && this.#callbacks.get(runId) === callbacks)
        this.#callbacks.delete(runId);
    };
  }

  async close(): Promise<void> {
    await this.#stop();
  }
}

/**
 * One reader's view of the announcements: what is announced while it reads the database is kept for its next wait, so
 * that nothing falls between looking and waiting.
 */
class RunWatch {
  readonly #unsubscribe: () => void;
  #announced = false;
  #resume: () => void = () => undefined;

  constructor(subscribe: (callback: () => void) => () => void) {
    this.#unsubscribe = subscribe(() => {
      this.#announced = true;
      this.#resume();
    });
  }

  /**
   * Resolves at an announcement since the last call, after `milliseconds`, or when the signal fires, whichever comes
   * first: a notification that the database lost costs time and nothing else.
   */
  async next(milliseconds: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#resume = done;
      signal.addEventListener('abort', done, { once: true });
      if (this.#announced || signal.aborted) done();
    });
    this.#announced = false;
  }

  close(): void {
    this.#unsubscribe();
  }
}
