import { isFinalStatus, type RunStatus } from '@lapwing/protocol';
import type { Database, Sql } from '../../db/database.ts';
import { Tally } from '../../lib/tally.ts';

const channel = 'lapwing_runs';

const finalStatuses: readonly RunStatus[] = [
  'completed',
  'failed',
  'terminated',
  'timed_out',
  'canceled',
];

/** Tells this process that something happened in a run, whichever process did it. */
export class RunFeed {
  readonly #database: Database;
  readonly #callbacks = new Map<string, Set<() => void>>();
  readonly #listeners = new Set<(runId: string) => void>();
  readonly #stop: () => Promise<void>;
  readonly #endings = new Tally(finalStatuses);

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
    for (const listener of this.#listeners) listener(runId);
  }

  /** How many runs this process has ended, by status. */
  get endings(): ReadonlyMap<RunStatus, number> {
    return this.#endings.counts;
  }

  /** Counts a status that this process writes. */
  noteStatus(status: RunStatus): void {
    if (isFinalStatus(status)) this.#endings.add(status);
  }

  /** Tells every process when the transaction commits. */
  async announce(tx: Sql, runId: string): Promise<void> {
    await this.#database.notify(tx, channel, runId);
  }

  /** Calls back for the announcements of every run; the returned function stops it. */
  onAny(listener: (runId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
