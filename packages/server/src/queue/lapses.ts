import type { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import { idsOf, lapsedJobs } from './job-table.ts';
import { release } from './settle.ts';

/** Leases are looked at this often: with their length it bounds how long the job of a dead worker waits. */
const lookMs = 1_000;
/** A look that comes so late had no eyes for longer than anybody needs to be believed dead. */
const lateMs = 5_000;

/** What a watch is over. */
export interface LapseOptions {
  readonly boss: PgBoss;
  readonly database: Database;
  /** Kinds of jobs whose leases are looked at. */
  readonly kinds: readonly string[];
  /** Leases last up to so many seconds. */
  readonly longestLeaseSeconds: number;
  readonly log: Logger;
}

/**
 * Gives the jobs of silent workers to others, until the returned function is called. Every process that works does; the
 * one that comes first does it.
 *
 * After a time without the database, or without being scheduled, it waits for one lease: the living have to be heard
 * before anybody is taken for dead.
 */
export function watchLapses(options: LapseOptions): () => Promise<void> {
  const { database, kinds, log } = options;
  const stopping = new AbortController();
  let lastLook = performance.now();
  let blindUntil = 0;
  const goBlind = () => {
    blindUntil = performance.now() + options.longestLeaseSeconds * 1_000;
  };
  const look = async () => {
    const now = performance.now();
    if (now - lastLook > lookMs + lateMs) goBlind();
    lastLook = now;
    try {
      // Whether there are any is asked without a transaction: nearly always there are none.
      const some = await lapsedJobs(database.executor(database.sql), kinds);
      if (some.length === 0 || performance.now() < blindUntil) return;
      await releaseLapsed(options);
    } catch (error) {
      goBlind();
      log.warn({ err: error }, 'Leases could not be looked at');
    }
  };
  let looking = Promise.resolve();
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking || stopping.signal.aborted) return;
    isLooking = true;
    looking = look().finally(() => {
      isLooking = false;
    });
  }, lookMs);
  timer.unref();
  return async () => {
    stopping.abort();
    clearInterval(timer);
    await looking;
  };
}

async function releaseLapsed({ boss, database, kinds, log }: LapseOptions): Promise<void> {
  const jobs = await database.transaction(async (tx) => {
    const lapsed = await lapsedJobs(database.executor(tx), kinds, 'locked');
    for (const kind of new Set(lapsed.map((job) => job.kind))) {
      const claims = lapsed.filter((job) => job.kind === kind);
      await release(boss, { tx, database }, kind, claims);
    }
    return lapsed;
  });
  for (const job of jobs)
    log.warn(idsOf(job), 'The worker of a job is silent: another one takes it');
}
