import type { Sql } from '../../db/database.ts';
import { tell, tellOfFires } from './events.ts';
import { disabling, type ScheduleFiring } from './firing.ts';
import type { Ledger } from './ledger.ts';
import * as ledgerStore from './ledger-store.ts';
import {
  isScheduledRun,
  originOf,
  type Preparation,
  prepareRun,
  reasonOf,
  type ScheduleParts,
} from './parts.ts';
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
    for (const [scheduleId, [first]] of Map.groupBy(ended, ({ fire }) => fire.scheduleId)) {
      if (signal.aborted || first === undefined) return;
      await this.#noteWatched(scheduleId);
    }
    for (const row of await ledgerStore.listReady(sql, batchSize)) {
      if (signal.aborted) return;
      await this.#startQueued(row);
    }
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
    const preparation = await this.#prepare(read);
    const fires = await this.#parts.database.transaction(async (tx) => {
      const row = await store.lockIfFree(tx, read.scheduleId);
      if (row === undefined || row.revision !== read.revision) return [];
      return this.#startNext(tx, row, preparation);
    });
    this.#ledger.count(fires);
  }

  async #startNext(
    tx: Sql,
    row: store.ScheduleRow,
    preparation: Preparation,
  ): Promise<readonly ledgerStore.FireRow[]> {
    const existing = await ledgerStore.findQueued(tx, row.scheduleId);
    const { openRuns } = await this.#ledger.standing(tx, row.scheduleId);
    if (existing === undefined || openRuns.length > 0) return [];
    const { dueAt, cause } = existing;
    const decision = { dueAt, cause: cause as Cause, state: 'started' } as const;
    const fires = await this.#ledger.write(tx, row, [{ decision, existing }], preparation);
    await tellOfFires(tx, this.#parts, row, fires);
    return fires;
  }

  async #prepare(row: store.ScheduleRow): Promise<Preparation> {
    const { organizationId, workflowPermanentId, parameters } = row;
    try {
      const workflow = await this.#parts.workflows.newest(organizationId, workflowPermanentId);
      const origin = originOf(organizationId, 'clock');
      return { ok: true, run: await prepareRun(this.#parts, parameters, workflow, origin) };
    } catch (error) {
      return { ok: false, reason: reasonOf(error) };
    }
  }
}

/** Failures in a row: a success ends them, a cancel says nothing. */
export function failuresAfter(
  before: number,
  ended: readonly { readonly status: string }[],
): number {
  return ended.reduce((failures, { status }) => {
    if (status === 'completed') return 0;
    return status === 'canceled' ? failures : failures + 1;
  }, before);
}
