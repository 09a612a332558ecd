import type { Sql } from '../../db/database.ts';
import { isConnectionLost } from '../../db/errors.ts';
import { tell, tellOfFires } from './events.ts';
import { disabling, type ScheduleFiring } from './firing.ts';
import type { Ledger } from './ledger.ts';
import * as ledgerStore from './ledger-store.ts';
import { isScheduledRun, type Preparation, type ScheduleParts, tryPrepare } from './parts.ts';
import type { Cause } from './plan.ts';
import * as store from './store.ts';

/** Rows that are read at a time. */
const batchSize = 200;

/** What ended runs do to their schedules: the ledger knows how they ended, failures add up, the next in line starts. */
export class ScheduleEnds {
  readonly #parts: ScheduleParts;
  readonly #ledger: Ledger;
  readonly #firing: ScheduleFiring;

  constructor(parts: ScheduleParts, ledger: Ledger, firing: ScheduleFiring) {
    this.#parts = parts;
    this.#ledger = ledger;
    this.#firing = firing;
  }

  /** Whether what happens to a run may be news for a schedule. */
  concerns(runId: string): boolean {
    return isScheduledRun(runId);
  }

  /**
   * Does what ended runs ask for. Any number of these work side by side.
   * @param runIds Only these; null: all that have not been noted.
   */
  async note(runIds: readonly string[] | null, signal: AbortSignal): Promise<void> {
    const { sql } = this.#parts.database;
    await ledgerStore.noteEnds(sql, runIds);
    const ended = await ledgerStore.listWatchedEnds(sql, { runIds }, batchSize);
    const watched = new Set(ended.map(({ fire }) => fire.scheduleId));
    await forEach(watched, signal, (scheduleId) => this.#noteWatched(scheduleId));
    const ready = await ledgerStore.listReady(sql, batchSize);
    await forEach(ready, signal, (row) => this.#startQueued(row));
  }

  async #noteWatched(scheduleId: string): Promise<void> {
    while (!(await this.#tryNoteWatched(scheduleId))) {
      const row = await store.findById(this.#parts.database.sql, scheduleId);
      if (row === undefined) return;
      await this.#firing.settle(row);
    }
  }

  /** @returns False when it has to be disabled, and instants are due that come first. */
  async #tryNoteWatched(scheduleId: string): Promise<boolean> {
    const { database, now } = this.#parts;
    return database.transaction(async (tx) => {
      const row = await store.lockIfFree(tx, scheduleId);
      // Whoever has it, or a later look, will see these ends too.
      if (row === undefined) return true;
      const ended = await ledgerStore.listWatchedEnds(tx, { runIds: null, scheduleId }, batchSize);
      if (ended.length === 0) return true;
      const failures = failuresAfter(row.consecutiveFailures, ended);
      const pauses = row.enabled && failures >= (row.pauseAfterFailures ?? Infinity);
      if (pauses && row.nextDueAt !== null && row.nextDueAt <= now()) return false;
      for (const { fire, status } of ended)
        await ledgerStore.updateFire(tx, fire.fireId, { runStatus: status });
      const reason = `${failures} runs in a row have failed (pause_after_failures is ${row.pauseAfterFailures})`;
      const after = await store.updateSchedule(tx, scheduleId, {
        consecutiveFailures: failures,
        ...(pauses && disabling(row, reason, now())),
      });
      if (pauses) {
        const fires = ended.map(({ fire, status }) => ({ ...fire, runStatus: status }));
        await tell(tx, this.#parts, after, { name: 'paused', fires });
      }
      return true;
    });
  }

  async #startQueued(read: store.ScheduleRow): Promise<void> {
    const { database, workflows } = this.#parts;
    const queued = await ledgerStore.findQueued(database.sql, read.scheduleId);
    if (queued === undefined) return;
    const preparation = await tryPrepare(this.#parts, read, queued.cause as Cause, workflows);
    const fires = await database.transaction(async (tx) => {
      const row = await store.lockIfFree(tx, read.scheduleId);
      if (row === undefined || row.revision !== read.revision) return [];
      return this.#startNext(tx, row, queued, preparation);
    });
    this.#ledger.count(fires);
  }

  async #startNext(
    tx: Sql,
    row: store.ScheduleRow,
    queued: ledgerStore.FireRow,
    preparation: Preparation,
  ): Promise<readonly ledgerStore.FireRow[]> {
    const existing = await ledgerStore.findQueued(tx, row.scheduleId);
    const { openRuns } = await this.#ledger.standing(tx, row.scheduleId);
    if (existing?.fireId !== queued.fireId || openRuns.length > 0) return [];
    const { dueAt, cause } = existing;
    const decision = { dueAt, cause: cause as Cause, state: 'started' } as const;
    const fires = await this.#ledger.write(tx, row, [{ decision, existing }], preparation);
    await tellOfFires(tx, this.#parts, row, fires);
    return fires;
  }
}

/** Does it for each; one that fails does not keep the others from it. @throws AggregateError in the end */
async function forEach<T>(
  items: Iterable<T>,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  for (const item of items) {
    if (signal.aborted) return;
    try {
      await work(item);
    } catch (error) {
      if (isConnectionLost(error)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'What ended runs ask for was not done');
}

/** Failures in a row: a success ends them; a cancel says nothing, nor does a run that gave way to another. */
function failuresAfter(
  before: number,
  ended: readonly { readonly fire: ledgerStore.FireRow; readonly status: string }[],
): number {
  return ended.reduce((failures, { fire, status }) => {
    if (status === 'completed') return 0;
    const gaveWay = status === 'terminated' && fire.reason !== null;
    return gaveWay || status === 'canceled' ? failures : failures + 1;
  }, before);
}
