import type { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { Database, Sql } from '../db/database.ts';
import { outlastOutage } from '../db/outage.ts';
import { createEngine, declareKind } from './engine.ts';
import type { DeadJob, JobHandler, JobKind, JobState, NewJob, QueueDepth } from './job.ts';
import {
  deadJobs,
  deleteDead,
  deleteWaiting,
  type Envelope,
  jobStates,
  queueDepths,
  wakeChannel,
} from './job-table.ts';
import { watchLapses } from './lapses.ts';
import { affected, releaseAll, settle } from './settle.ts';
import { Worker, type WorkerPort } from './worker.ts';

/** Durable jobs: enqueued in a caller's transaction, run at least once, one worker at a time. */
export class JobQueue {
  readonly #database: Database;
  readonly #boss: PgBoss;
  readonly #kinds: ReadonlyMap<string, JobKind>;
  readonly #log: Logger;
  readonly #workers = new Set<Worker>();
  #unlisten: () => Promise<void> = async () => {};
  #stopWatch: (() => Promise<void>) | null = null;

  private constructor(parts: {
    database: Database;
    boss: PgBoss;
    kinds: readonly JobKind[];
    log: Logger;
  }) {
    this.#database = parts.database;
    this.#boss = parts.boss;
    this.#kinds = new Map(parts.kinds.map((kind) => [kind.name, kind]));
    this.#log = parts.log;
  }

  /** Brings the queue's tables and kinds up to date and starts looking after leases. */
  static async start(
    database: Database,
    kinds: readonly JobKind[],
    log: Logger,
  ): Promise<JobQueue> {
    const boss = createEngine(database, log);
    const queue = new JobQueue({ database, boss, kinds, log });
    try {
      await database.alone(async () => {
        await boss.start();
        for (const kind of kinds) await declareKind(boss, kind);
      });
      queue.#unlisten = await database.listen(wakeChannel, (kind) => queue.#wake(kind));
    } catch (error) {
      await queue.close();
      throw error;
    }
    return queue;
  }

  /**
   * Adds a job within the caller's transaction; workers wake when it commits.
   *
   * @returns its id.
   */
  async enqueue(tx: Sql, kind: string, job: NewJob): Promise<string> {
    const { id = crypto.randomUUID(), ...rest } = job;
    await this.enqueueAll(tx, kind, [{ id, ...rest }]);
    return id;
  }

  /** As {@link enqueue}, of several at a time. */
  async enqueueAll(tx: Sql, kind: string, jobs: readonly NewJob[]): Promise<void> {
    if (jobs.length === 0) return;
    const leaseSeconds = this.#kind(kind).leaseSeconds ?? null;
    const rows = jobs.map(({ data, ...job }) => {
      const envelope: Envelope = { payload: data, returned: 0, leaseSeconds };
      return { ...job, data: envelope };
    });
    await this.#boss.insert(kind, rows, { db: this.#database.executor(tx) });
    if (jobs.some(({ startAfter }) => startAfter === undefined))
      await this.#database.notify(tx, wakeChannel, kind);
  }

  /** Removes a job that has not started, within the caller's transaction; false when a worker has it or had. */
  discard(tx: Sql, kind: string, jobId: string): Promise<boolean> {
    return deleteWaiting(this.#database.executor(tx), kind, jobId);
  }

  /** Removes a job that was given up, within the caller's transaction; one that is alive stays. */
  forget(tx: Sql, kind: string, jobId: string): Promise<void> {
    return deleteDead(this.#database.executor(tx), kind, jobId);
  }

  /** Starts to run jobs of a kind here, `slots` at a time. */
  work(kind: string, options: { readonly slots: number; readonly handler: JobHandler }): Worker {
    const worker = new Worker(this.#port(), { ...options, kind: this.#kind(kind), log: this.#log });
    this.#workers.add(worker);
    this.#stopWatch ??= this.#watchLapses();
    return worker;
  }

  #kind(name: string): JobKind {
    const known = this.#kinds.get(name);
    if (known === undefined) throw new Error(`The queue knows no job kind ${name}`);
    return known;
  }

  #watchLapses(): () => Promise<void> {
    const leases = [...this.#kinds.values()].flatMap(({ name, leaseSeconds }) =>
      leaseSeconds === undefined ? [] : [{ name, leaseSeconds }],
    );
    return watchLapses({
      boss: this.#boss,
      database: this.#database,
      kinds: leases.map(({ name }) => name),
      longestLeaseSeconds: Math.max(0, ...leases.map(({ leaseSeconds }) => leaseSeconds)),
      log: this.#log,
    });
  }

  /**
   * Gives back every claimed job, counting the try: call it before working, where the database is this process's alone
   * and claims can only be those of a process that died.
   */
  releaseOrphans(): Promise<number> {
    return this.#database.transaction(async (tx) => {
      let released = 0;
      for (const kind of this.#kinds.keys()) {
        released += await releaseAll(this.#boss, { database: this.#database, tx }, kind);
      }
      return released;
    });
  }

  /** The newest jobs that were given up. */
  dead(kind: string, limit = 100): Promise<DeadJob[]> {
    return deadJobs(this.#database.executor(this.#database.sql), kind, limit);
  }

  /** How jobs stand, by id; those that are done, or never were, are left out. */
  async states(kind: string, ids: readonly string[]): Promise<ReadonlyMap<string, JobState>> {
    const executor = this.#database.executor(this.#database.sql);
    const rows = await jobStates(executor, kind, ids);
    return new Map(rows.map(({ id, state }) => [id, state]));
  }

  /** How many jobs of each kind there are, in the kinds' alphabetical order. */
  stats(): Promise<QueueDepth[]> {
    return queueDepths(this.#database.executor(this.#database.sql), [...this.#kinds.keys()]);
  }

  /** Stops claiming and ends the engine. Drain the workers first, or their jobs wait for their leases to end. */
  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.stopClaiming()));
    await this.#stopWatch?.();
    await this.#unlisten();
    await this.#boss.stop({ graceful: false, close: false });
  }

  #wake(kind: string): void {
    for (const worker of this.#workers) if (worker.kind === kind) worker.wake();
  }

  #port(): WorkerPort {
    return {
      claim: async (kind, count) => {
        const jobs = await this.#boss.fetch<Envelope>(kind, {
          batchSize: count,
          includeMetadata: true,
        });
        return jobs.map((job) => ({
          id: job.id,
          kind,
          retryCount: job.retryCount,
          retryLimit: job.retryLimit,
          envelope: job.data,
        }));
      },
      renew: async (job) => affected(await this.#boss.touch(job.kind, job)) > 0,
      settle: (job, verdict, signal) =>
        outlastOutage(() => settle(this.#boss, this.#database, verdict, job), signal),
    };
  }
}
