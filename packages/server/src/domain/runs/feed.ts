import { isFinalStatus, type RunStatus } from '@lapwing/protocol';
import type { Database, Sql } from '../../db/database.ts';
import { Tally } from '../../lib/tally.ts';
import { insertEvent, listStandings, lockEvents } from './store.ts';

const channel = 'lapwing_runs';
/** What is told of an event that makes a run final. */
const ended = 'run.ended';
/** Between two looks at all runs that are watched: a notification that the database lost costs a reader so much time. */
const lookMs = 5_000;
const longestTimerMs = 2 ** 31 - 1;

const finalStatuses: readonly RunStatus[] = [
  'completed',
  'failed',
  'terminated',
  'timed_out',
  'canceled',
];

/** Somebody who waits for news of a run. */
interface Reader {
  readonly wake: () => void;
  /** Wakes only for what is told so; null: for everything. */
  readonly only: string | null;
}

/** Tells this process that something happened in a run, whichever process did it. */
export class RunFeed {
  readonly #database: Database;
  readonly #readers = new Map<string, Set<Reader>>();
  readonly #listeners = new Set<(runId: string) => void>();
  readonly #stop: () => Promise<void>;
  readonly #endings = new Tally(finalStatuses);
  /** How watched runs stood at the last look. */
  readonly #standings = new Map<string, string>();
  #nextLook: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(database: Database, stop: () => Promise<void>) {
    this.#database = database;
    this.#stop = stop;
  }

  static async open(database: Database): Promise<RunFeed> {
    let feed: RunFeed | undefined;
    const stop = await database.listen(channel, (message) => feed?.tell(message));
    feed = new RunFeed(database, stop);
    return feed;
  }

  /** @param message The id of a run and, if it is known, what has happened. */
  tell(message: string): void {
    const [runId = '', type = null] = message.split(' ');
    this.#wake(runId, type);
    for (const listener of this.#listeners) listener(runId);
  }

  /** How many runs this process has ended, by status. */
  get endings(): ReadonlyMap<RunStatus, number> {
    return this.#endings.counts;
  }

  /** Counts a run that this process has ended, once that is committed. */
  noteEnd(status: RunStatus): void {
    if (isFinalStatus(status)) this.#endings.add(status);
  }

  /**
   * Adds an event to a run and tells every process, when the transaction commits.
   * @param isEnd Whether it makes the run final.
   */
  async append(tx: Sql, event: Parameters<typeof insertEvent>[1], isEnd = false): Promise<void> {
    const { runId, type } = event;
    const news = { channel, message: `${runId} ${isEnd ? ended : type}` };
    await this.#database.sendAlong(tx, lockEvents(tx, runId));
    await this.#database.sendAlong(tx, insertEvent(tx, event, news));
  }

  /** Tells every process when the transaction commits, of what no event tells. */
  async announce(tx: Sql, runId: string): Promise<void> {
    await this.#database.notify(tx, channel, runId);
  }

  /** Calls back for the announcements of every run; the returned function stops it. */
  onAny(listener: (runId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Watches a run from now on; close the watch in the end. */
  watch(runId: string): RunWatch {
    return new RunWatch((wake) => this.#subscribe(runId, { wake, only: null }));
  }

  /** As {@link watch}, for the end of the run alone. */
  watchEnd(runId: string): RunWatch {
    return new RunWatch((wake) => this.#subscribe(runId, { wake, only: ended }));
  }

  #subscribe(runId: string, reader: Reader): () => void {
    const readers = this.#readers.get(runId) ?? new Set();
    readers.add(reader);
    this.#readers.set(runId, readers);
    this.#lookLater();
    return () => {
      readers.delete(reader);
      if (readers.size > 0 || this.#readers.get(runId) !== readers) return;
      this.#readers.delete(runId);
      this.#standings.delete(runId);
    };
  }

  /** @param type What happened; null when that is not known. */
  #wake(runId: string, type: string | null): void {
    for (const { wake, only } of this.#readers.get(runId) ?? [])
      if (only === null || type === null || only === type) wake();
  }

  /** One look for all readers of this process, as long as there are any. */
  #lookLater(): void {
    if (this.#nextLook !== null || this.#closed || this.#readers.size === 0) return;
    const look = () => {
      this.#looking = this.#look().finally(() => {
        this.#nextLook = null;
        this.#lookLater();
      });
    };
    this.#nextLook = setTimeout(look, lookMs).unref();
  }

  /** Wakes the readers of runs that stand otherwise than at the last look, or were not seen then. */
  async #look(): Promise<void> {
    const watched = [...this.#readers.keys()];
    if (watched.length === 0) return;
    // A database that is away has nothing to tell: the next look will.
    const standings = await listStandings(this.#database.sql, watched).catch(() => null);
    if (standings === null) return;
    for (const runId of watched.filter((id) => this.#readers.has(id))) {
      const standing = standings.get(runId) ?? 'gone';
      if (this.#standings.get(runId) === standing) continue;
      this.#standings.set(runId, standing);
      this.#wake(runId, null);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#nextLook ?? undefined);
    await this.#looking;
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
   * Resolves when the run has changed since the last call, after `milliseconds` (null: never by itself), or when the signal
   * fires, whichever comes first. It may resolve without a change.
   */
  async next(milliseconds: number | null, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      // A timer that was asked for longer than it can wait would go off at once.
      const timer =
        milliseconds === null || milliseconds > longestTimerMs
          ? undefined
          : setTimeout(done, milliseconds);
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
