import type { CatchUpPolicy, OverlapPolicy } from '@lapwing/protocol';
import type { Sql } from '../../db/database.ts';
import { isConnectionLost } from '../../db/errors.ts';
import type { WorkflowVersion } from '../workflows/service.ts';
import { tell, tellOfFires } from './events.ts';
import { instantAfter, type Rhythm } from './instants.ts';
import type { Ledger } from './ledger.ts';
import type { FireRow } from './ledger-store.ts';
import * as ledgerStore from './ledger-store.ts';
import {
  firstInstant,
  type Preparation,
  reasonOf,
  rhythmOf,
  type ScheduleParts,
  timesOf,
  tryPrepare,
  withJitter,
} from './parts.ts';
import { type DueInstant, planClock } from './plan.ts';
import * as store from './store.ts';

/** Schedules that are read at a time. */
const batchSize = 200;
/** Transactions at a time: more than a worker has runs, so that what is due comes before what has begun. */
const lanes = 24;
/** Instants that one transaction looks at. */
const maxInstants = 500;
/** From here on a schedule is late. */
export const lateMs = 60_000;
/** A schedule that could not be fired for a reason that is nobody's is tried so often, so far apart. */
const tries = 3;
const retryMs = 5_000;

/** What became of an attempt at one schedule. */
type Attempt =
  | { readonly kind: 'written'; readonly fires: readonly FireRow[] }
  /** Somebody else has it, or it is not due any more. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'end first'; readonly runIds: readonly string[]; readonly dueAt: Date };

interface Failure {
  readonly count: number;
  readonly retryAt: number;
}

/** Something that went wrong with one schedule, for the log. */
export interface FiringProblem {
  readonly scheduleId: string;
  readonly error: unknown;
}

/** What one look at the due schedules has come to. */
export interface Fired {
  /** Lines written. */
  readonly lines: number;
  /** Schedules that were late, with the longest time that one was, in milliseconds. */
  readonly late: number;
  readonly longestLateMs: number;
  readonly problems: readonly FiringProblem[];
}

/** Reads each workflow once, however many schedules of a batch run it. */
class WorkflowCache {
  readonly #workflows: ScheduleParts['workflows'];
  readonly #versions = new Map<string, Promise<WorkflowVersion>>();

  constructor({ workflows }: Pick<ScheduleParts, 'workflows'>) {
    this.#workflows = workflows;
  }

  newest(organizationId: string, permanentId: string): Promise<WorkflowVersion> {
    const key = `${organizationId}/${permanentId}`;
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const read = this.#workflows.newest(organizationId, permanentId);
    this.#versions.set(key, read);
    return read;
  }
}

/** Fires what is due. Any number of these work side by side: the row of a schedule is locked by whoever fires it. */
export class ScheduleFiring {
  readonly #parts: ScheduleParts;
  readonly #ledger: Ledger;
  readonly #failures = new Map<string, Failure>();

  constructor(parts: ScheduleParts, ledger: Ledger) {
    this.#parts = parts;
    this.#ledger = ledger;
  }

  /**
   * Fires everything that is due; what becomes due meanwhile too.
   * @throws when the database is lost, what else goes wrong is in the answer.
   */
  async fireDue(signal: AbortSignal): Promise<Fired> {
    const total = { lines: 0, late: 0, longestLateMs: 0, problems: [] as FiringProblem[] };
    while (!signal.aborted) {
      const now = this.#parts.now();
      const due = await store.listDue(this.#parts.database.sql, now, {
        limit: batchSize,
        without: this.#waitingForRetry(),
      });
      const late = due.map((row) => now.getTime() - (row.nextFireAt ?? now).getTime());
      total.late += late.filter((ms) => ms > lateMs).length;
      total.longestLateMs = Math.max(total.longestLateMs, ...late);
      const written = await this.#fireAll(due, total.problems, signal);
      total.lines += written;
      if (written === 0) break;
    }
    return total;
  }

  /** When there will be something to fire; null when nothing is enabled. */
  async nextAt(): Promise<Date | null> {
    return store.earliestFire(this.#parts.database.sql);
  }

  /**
   * Fires a schedule until none of its instants is due, whatever its jitter says: before it is changed. What is due by
   * then is due by what it was.
   */
  async settle(name: store.ScheduleName): Promise<void> {
    for (;;) {
      const row = await store.findSchedule(this.#parts.database.sql, name);
      if (row === undefined || !isDue(row, this.#parts.now())) return;
      await this.#fire(row, new WorkflowCache(this.#parts), 'waits');
    }
  }

  /**
   * Gives enabled schedules that have lost their next instant one: the first that has no line yet. What is due by then
   * fires, or is missed with a line. @returns their ids.
   */
  async repair(): Promise<string[]> {
    const { database, now } = this.#parts;
    const stranded = await store.listStranded(database.sql, batchSize);
    const repaired: string[] = [];
    for (const { scheduleId } of stranded) {
      await database.transaction(async (tx) => {
        const row = await store.lockIfFree(tx, scheduleId);
        if (row === undefined || !row.enabled) return;
        if (row.nextDueAt !== null && row.nextFireAt !== null) return;
        const rhythm = rhythmOf(row);
        // Up to its last change nothing was left to do.
        const next = row.nextDueAt ?? firstInstant(row, rhythm, row.modifiedAt);
        await this.#goOn(tx, row, rhythm, { next, repairedAt: now() });
        repaired.push(scheduleId);
      });
    }
    return repaired;
  }

  #waitingForRetry(): string[] {
    const now = performance.now();
    return [...this.#failures].filter(([, { retryAt }]) => retryAt > now).map(([id]) => id);
  }

  /** @returns how many lines were written. */
  async #fireAll(
    due: readonly store.ScheduleRow[],
    problems: FiringProblem[],
    signal: AbortSignal,
  ): Promise<number> {
    const cache = new WorkflowCache(this.#parts);
    // Those who look at the same moment read the same rows: in another order they meet less often.
    const waiting = due.map((row) => ({ row, at: Math.random() })).sort((a, b) => a.at - b.at);
    let written = 0;
    const lane = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        if (signal.aborted) return;
        const lines = await this.#tryFire(next.row, cache, problems);
        // Not in one expression: other lanes add to it during the wait.
        written += lines;
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return written;
  }

  async #tryFire(
    row: store.ScheduleRow,
    cache: WorkflowCache,
    problems: FiringProblem[],
  ): Promise<number> {
    try {
      const fires = await this.#fire(row, cache, 'passes by');
      this.#failures.delete(row.scheduleId);
      return fires.length;
    } catch (error) {
      if (isConnectionLost(error)) throw error;
      problems.push({ scheduleId: row.scheduleId, error });
      const count = (this.#failures.get(row.scheduleId)?.count ?? 0) + 1;
      this.#failures.set(row.scheduleId, { count, retryAt: performance.now() + retryMs * count });
      return 0;
    }
  }

  /**
   * Writes what one transaction can of a schedule's due instants.
   * @param ifLocked Whether it waits for somebody else who has the schedule.
   */
  async #fire(
    row: store.ScheduleRow,
    cache: WorkflowCache,
    ifLocked: 'waits' | 'passes by',
  ): Promise<readonly FireRow[]> {
    let preparation = await this.#prepare(row, cache);
    for (;;) {
      const attempt = await this.#attempt(row, preparation, ifLocked).catch((error: unknown) => {
        // Refused after all: what was right when it was looked at is right no more.
        if (preparation.ok) preparation = { ok: false, reason: reasonOf(error) };
        else throw error;
        return null;
      });
      if (attempt === null) continue;
      if (attempt.kind === 'nothing') return [];
      if (attempt.kind === 'written') {
        this.#ledger.count(attempt.fires);
        return attempt.fires;
      }
      await replaceRuns(this.#parts, row.overlapPolicy as OverlapPolicy, attempt);
    }
  }

  async #prepare(row: store.ScheduleRow, cache: WorkflowCache): Promise<Preparation> {
    const { count = 0 } = this.#failures.get(row.scheduleId) ?? {};
    if (count >= tries) {
      return { ok: false, reason: `An internal error stopped its run ${count} times: see the log` };
    }
    return tryPrepare(this.#parts, row, 'clock', cache);
  }

  async #attempt(
    read: store.ScheduleRow,
    preparation: Preparation,
    ifLocked: 'waits' | 'passes by',
  ): Promise<Attempt> {
    return this.#parts.database.transaction(async (tx) => {
      const row =
        ifLocked === 'waits'
          ? await store.lockSchedule(tx, read)
          : await store.lockIfFree(tx, read.scheduleId);
      const now = this.#parts.now();
      if (row === undefined || row.revision !== read.revision || !isDue(row, now))
        return { kind: 'nothing' };
      const rhythm = rhythmOf(row);
      const due = dueInstants(row, rhythm, now);
      const rules = rulesOf(row);
      const standing = await this.#ledger.standing(tx, row.scheduleId, rules.overlapPolicy);
      const plan = planClock(due.instants, due.isComplete, rules, { now, standing });
      const last = plan.decisions.at(-1)?.dueAt ?? now;
      if (plan.replaced.length > 0 && preparation.ok)
        return { kind: 'end first', runIds: plan.replaced, dueAt: last };
      const lines = plan.decisions.map((decision) => ({ decision, existing: null }));
      const fires = await this.#ledger.write(tx, row, lines, preparation);
      const isLate = now.getTime() - (row.nextFireAt ?? now).getTime() > lateMs;
      const after = await this.#goOn(tx, row, rhythm, {
        next: due.instants[lines.length]?.dueAt ?? due.next,
        last,
        started: fires.filter(({ state }) => state === 'started' || state === 'queued').length,
        repairedAt: isLate ? now : row.repairedAt,
      });
      await tellOfFires(tx, this.#parts, after, fires);
      return { kind: 'written', fires };
    });
  }

  /** Moves a schedule on to its next instant, or disables it when there is none any more. */
  async #goOn(
    tx: Sql,
    row: store.ScheduleRow,
    rhythm: Rhythm,
    to: {
      readonly next: Date | null;
      readonly repairedAt: Date | null;
      readonly last?: Date;
      readonly started?: number;
    },
  ): Promise<store.ScheduleRow> {
    const runsStarted = row.runsStarted + (to.started ?? 0);
    const finish = finishOf({ ...row, runsStarted }, to.next);
    const times = timesOf(row, rhythm, finish === null ? to.next : null);
    const after = await store.updateSchedule(tx, row.scheduleId, {
      ...{ ...times, runsStarted, repairedAt: to.repairedAt },
      ...{ lastDueAt: to.last ?? row.lastDueAt },
      ...(finish !== null && disabling(row, finish, this.#parts.now())),
    });
    if (finish !== null) await tell(tx, this.#parts, after, { name: 'finished', fires: [] });
    return after;
  }
}

const isDue = (row: store.ScheduleRow, now: Date) =>
  row.enabled && row.nextDueAt !== null && row.nextDueAt <= now;

/** Why a schedule starts nothing any more; null while it does. */
export function finishOf(
  row: Pick<store.ScheduleRow, 'maxRuns' | 'runsStarted' | 'endAt'>,
  next: Date | null,
): string | null {
  if (row.maxRuns !== null && row.runsStarted >= row.maxRuns)
    return `It has started its max_runs (${row.maxRuns})`;
  if (next !== null) return null;
  return row.endAt === null
    ? 'Its cron_expression fits no date any more'
    : `No instant is left before its end_at (${row.endAt.toISOString()})`;
}

/** The change by which Lapwing disables a schedule. */
export function disabling(row: store.ScheduleRow, reason: string, now: Date) {
  return {
    enabled: false,
    disabledReason: reason,
    nextDueAt: null,
    nextFireAt: null,
    revision: row.revision + 1,
    modifiedAt: now,
  };
}

/** Instants that are due, as many as one transaction looks at, and the first one behind them. */
function dueInstants(row: store.ScheduleRow, rhythm: Rhythm, now: Date) {
  const instants: DueInstant[] = [];
  let next = row.nextDueAt;
  while (next !== null && next <= now && instants.length < maxInstants) {
    const following = instantAfter(rhythm, next);
    instants.push({ dueAt: next, lookAt: withJitter(row, next, following) });
    next = following;
  }
  return { instants, next, isComplete: next === null || next > now };
}

const rulesOf = (row: store.ScheduleRow) => ({
  overlapPolicy: row.overlapPolicy as OverlapPolicy,
  catchUp: row.catchUp as CatchUpPolicy,
  catchUpWindowMinutes: row.catchUpWindowMinutes,
  runsLeft: row.maxRuns === null ? null : row.maxRuns - row.runsStarted,
});

/** Ends runs whose place another takes. Whoever else has the same instant ends the same ones: never the new one. */
export async function replaceRuns(
  { database, runs }: Pick<ScheduleParts, 'database' | 'runs'>,
  policy: OverlapPolicy,
  by: { readonly runIds: readonly string[]; readonly dueAt: Date },
): Promise<void> {
  const becomes = policy === 'terminate_previous' ? 'terminated' : 'canceled';
  const reason = `The run of ${by.dueAt.toISOString()} takes its place`;
  // Before they end: whoever notes their ends meanwhile is to know that they are no failures.
  await ledgerStore.noteGivingWay(database.sql, by.runIds, reason);
  for (const runId of by.runIds) await runs.replace(runId, becomes, reason);
  await ledgerStore.noteReplaced(database.sql, by.runIds, { status: becomes, reason });
}
