import { createHash } from 'node:crypto';
import type { Database, Sql } from '../../db/database.ts';
import type { Admission } from '../../db/tables/runs.ts';
import type { JobState, NewJob } from '../../queue/job.ts';
import type { JobQueue } from '../../queue/queue.ts';
import * as store from './store.ts';

/** The queue's name for a run; its data is `{ run_id }`. */
export const runJob = 'run';

/**
 * So many runs of an organization may be in the queue, not yet taken up. What more it has waits as rows: neither the
 * claims of the workers nor the runs of other organizations notice how many they are.
 */
const window = 32;
/** The window is filled up when so few are left in it, several at a time: a lock for each would be a queue by itself. */
const lowWindow = 16;

/** Of a run: whether others of its organization wait, and the queue has few of them. */
export const queueIsLow: ReturnType<typeof store.isLow> = store.isLow(lowWindow);

/** What admission knows of a run. */
export interface AdmittedRun {
  readonly organizationId: string;
  readonly runId: string;
  /** What only one run at a time may have, by name; null: nothing. */
  readonly lanes: readonly string[] | null;
  readonly limited: boolean;
  readonly awaited: boolean;
  readonly admission: Admission;
  readonly depth: number;
  readonly turn: number | null;
}

/** A run that has a place, and how its job stands; null: it has none. */
export interface PlacedRun extends store.Placed {
  readonly job: JobState | null;
}

/** How a new run begins. */
export interface Beginning {
  /** Of its row. */
  readonly columns: Pick<AdmittedRun, 'admission' | 'limited' | 'turn'>;
  /** It waits behind so many that its turn comes without more ado. */
  readonly isInLine: boolean;
}

/** The id of the job of a run: the same whenever it is made, so that a run never has two. */
function runJobId(runId: string): string {
  const hex = createHash('md5').update(runId).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * Who may begin, and when. A run goes through two doors:
 *
 * 1. Its lanes: of the runs that want the same thing, one at a time has it, strictly in the order of coming.
 * 2. A place of its organization: as many as its limit says, and never more than {@link window} that no worker has taken
 *    up; the highest priority first, then the order of coming.
 *
 * Behind them its job is in the queue. What is decided, is decided in the transaction that creates, takes up or ends a run;
 * wherever somebody waits or may have to, under a lock of the organization. That lock comes last in its transaction and
 * waits for no row (`skip locked`), so that it can be in no deadlock with the rows of runs.
 *
 * A run that a block of another one waits for has neither lanes nor a place: it goes on in those of the waiting one, which
 * could otherwise wait for itself. A paused run keeps what it has.
 */
export class AdmissionService {
  readonly #database: Database;
  readonly #queue: JobQueue;
  readonly #limit: number | null;

  /** @param parts.limit Runs at a time of organizations that have no limit of their own; null: any number. */
  constructor(parts: { database: Database; queue: JobQueue; limit: number | null }) {
    this.#database = parts.database;
    this.#queue = parts.queue;
    this.#limit = parts.limit;
  }

  /** How a run begins that has not been written yet. Nobody is locked out: who has to wait is told so under the lock. */
  async beginning(
    tx: Sql,
    run: Pick<AdmittedRun, 'organizationId' | 'lanes' | 'awaited'>,
  ): Promise<Beginning> {
    if (run.awaited)
      return { columns: { admission: 'ready', limited: false, turn: null }, isInLine: false };
    const standing = await this.#standing(tx, run.organizationId);
    const limited = standing.limit !== null;
    const isFree = run.lanes === null && !limited;
    if (isFree && !standing.othersWait && roomIn(standing) > 0) {
      return {
        columns: { admission: 'ready', limited, turn: nextTurn(standing) },
        isInLine: false,
      };
    }
    // Of so many that are ready each looks, when it is taken up and when it ends, whether somebody waits.
    const isInLine = isFree && standing.ready > lowWindow;
    return { columns: { admission: 'waiting', limited, turn: null }, isInLine };
  }

  /** Lets a run that was just written in, or stands it where it has to wait; not one that is in line already. */
  async enter(tx: Sql, run: AdmittedRun): Promise<void> {
    if (run.admission === 'ready') return this.#enqueue(tx, run);
    await store.lockOrganization(tx, run.organizationId);
    if (run.lanes !== null && (await store.joinLanes(tx, run, run.lanes))) return;
    await this.#admit(tx, run.organizationId);
  }

  /**
   * A worker has taken the run up: the next one may go to the queue.
   * @param run.queueIsLow As {@link queueIsLow} says of it.
   */
  async taken(tx: Sql, run: AdmittedRun & { readonly queueIsLow: boolean }): Promise<void> {
    if (run.awaited || !run.queueIsLow) return;
    // Looked at first without the lock: an organization at its limit has room for nobody, however often one is taken up.
    if (roomIn(await this.#standing(tx, run.organizationId)) === 0) return;
    await store.lockOrganization(tx, run.organizationId);
    await this.#admit(tx, run.organizationId);
  }

  /**
   * A run is over: what it had is the next one's, in the transaction that ends it.
   * @param run As it was before, or with its admission `over`. Whether the queue is low is asked here once more: runs that
   *   were taken up at the same moment did not see each other.
   */
  async leave(tx: Sql, run: AdmittedRun & { readonly queueIsLow?: boolean }): Promise<void> {
    // A place that was counted for nobody and that no worker was to take: nobody waits for it.
    const wasFree = run.lanes === null && !run.limited && run.admission !== 'ready';
    if (wasFree && run.queueIsLow !== true) return;
    const { organizationId, runId } = run;
    await store.lockOrganization(tx, organizationId);
    const lanes = run.lanes === null ? [] : await store.leaveLanes(tx, runId);
    if (lanes.length > 0) await store.unblockFirst(tx, organizationId, lanes);
    await this.#admit(tx, organizationId);
  }

  /** The runs that have a place; those that ended meanwhile may be among them. */
  async placed(): Promise<PlacedRun[]> {
    const runs = await store.listPlaced(this.#database.sql);
    const ids = runs.map(({ runId }) => runJobId(runId));
    const states = await this.#queue.states(runJob, ids);
    return runs.map((run) => ({ ...run, job: states.get(runJobId(run.runId)) ?? null }));
  }

  /** Puts the job of a run that has a place into the queue; one that is there stays. */
  async again(tx: Sql, run: AdmittedRun): Promise<void> {
    if (run.admission === 'ready' || run.admission === 'taken') await this.#enqueue(tx, run);
  }

  /**
   * Lets those in that wait though they need not: a limit was raised, or one that began to wait was not seen by who made
   * room at that moment.
   */
  async mend(signal: AbortSignal): Promise<void> {
    const { sql } = this.#database;
    for (const organizationId of await store.listWaitingOrganizations(sql)) {
      if (signal.aborted) return;
      const stuck = await store.listStuckLanes(sql, organizationId);
      const standing = await this.#standing(sql, organizationId);
      if (stuck.length === 0 && !(standing.othersWait && roomIn(standing) > 0)) continue;
      await this.#database.transaction((tx) => this.#mendOne(tx, organizationId));
    }
  }

  async #mendOne(tx: Sql, organizationId: string): Promise<void> {
    await store.lockOrganization(tx, organizationId);
    const stuck = await store.listStuckLanes(tx, organizationId);
    const freed = new Set(stuck.map(({ lane }) => lane));
    for (const { runId, isOver } of stuck) {
      if (isOver) for (const lane of await store.leaveLanes(tx, runId)) freed.add(lane);
    }
    if (freed.size > 0) await store.unblockFirst(tx, organizationId, [...freed]);
    await this.#admit(tx, organizationId);
  }

  /** Under the lock: fills the places that are free. */
  async #admit(tx: Sql, organizationId: string): Promise<void> {
    const standing = await this.#standing(tx, organizationId);
    const count = standing.othersWait ? roomIn(standing) : 0;
    if (count === 0) return;
    const next = { count, turn: nextTurn(standing) };
    const admitted = await store.admitNext(tx, organizationId, next);
    const jobs = admitted.map((run) => jobOf({ ...run, awaited: false, depth: 0 }));
    await this.#queue.enqueueAll(tx, runJob, jobs);
  }

  async #enqueue(tx: Sql, run: Parameters<typeof jobOf>[0]): Promise<void> {
    await this.#queue.enqueue(tx, runJob, jobOf(run));
  }

  #standing(sql: Sql, organizationId: string): Promise<store.Standing> {
    return store.findStanding(sql, organizationId, { limit: this.#limit, count: window });
  }
}

/**
 * The queue goes by rounds: each organization with ready runs has one of them in each round, however many it has. A run
 * that another one waits for goes before all others, the deepest first: it ends what has begun.
 */
function jobOf(run: Pick<AdmittedRun, 'runId' | 'turn' | 'awaited' | 'depth'>): NewJob {
  return {
    id: runJobId(run.runId),
    data: { run_id: run.runId },
    priority: run.awaited ? run.depth : -(run.turn ?? 0),
  };
}

/** So many more runs may be in the queue. */
function roomIn({ limit, places, ready }: store.Standing): number {
  const left = limit === null ? window : limit - places;
  return Math.max(0, Math.min(window - ready, left));
}

/** Behind the organization's own ready runs, and not before the round that is being served. */
function nextTurn({ lastTurn, firstTurn }: store.Standing): number {
  return Math.max(lastTurn === null ? 0 : lastTurn + 1, firstTurn ?? 0);
}
