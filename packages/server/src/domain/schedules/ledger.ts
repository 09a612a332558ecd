import type { FireOutcome, OverlapPolicy } from '@lapwing/protocol';
import type { Sql } from '../../db/database.ts';
import { newId } from '../../lib/ids.ts';
import { Tally } from '../../lib/tally.ts';
import * as store from './ledger-store.ts';
import { type Preparation, type ScheduleParts, scheduledRunId } from './parts.ts';
import type { Decision, Standing } from './plan.ts';
import type { ScheduleRow } from './store.ts';
import { outcomeOf } from './view.ts';

/** A decision, and the line that its instant has already. */
export interface Line {
  readonly decision: Decision;
  readonly existing: store.FireRow | null;
}

/** How many lines were written with each outcome since this process started. */
export type OutcomeCounts = ReadonlyMap<FireOutcome, number>;

const outcomes: readonly FireOutcome[] = [
  ...(['started', 'caught_up', 'backfilled', 'triggered', 'queued', 'skipped', 'missed'] as const),
];

/** Writes lines of the ledger, each with the run and the job that it tells of. */
export class Ledger {
  readonly #parts: Pick<ScheduleParts, 'runs'>;
  readonly #counts = new Tally(outcomes);

  constructor(parts: Pick<ScheduleParts, 'runs'>) {
    this.#parts = parts;
  }

  get counts(): OutcomeCounts {
    return this.#counts.counts;
  }

  /**
   * What stands in the ledger now; true until the transaction ends, of a schedule that it has locked.
   * @param policy One that lets runs go side by side need not know.
   */
  async standing(tx: Sql, scheduleId: string, policy?: OverlapPolicy): Promise<Standing> {
    if (policy === 'allow') return { openRuns: [], isWaiting: false };
    const [openRuns, queued] = await Promise.all([
      store.listOpenRuns(tx, scheduleId),
      store.findQueued(tx, scheduleId),
    ]);
    return { openRuns, isWaiting: queued !== undefined };
  }

  /**
   * Writes what was decided, in the transaction that has locked the schedule. An instant that got a line otherwise keeps
   * it: no run starts then.
   * @returns The lines written, oldest instant first.
   */
  async write(
    tx: Sql,
    schedule: Pick<ScheduleRow, 'scheduleId' | 'organizationId'>,
    lines: readonly Line[],
    preparation: Preparation,
  ): Promise<store.FireRow[]> {
    const { scheduleId, organizationId } = schedule;
    const added = lines.filter(({ existing }) => existing === null);
    const rows = added.map(({ decision }) => ({
      fireId: newId('wsf'),
      ...{ scheduleId, organizationId, dueAt: decision.dueAt },
      ...factsOf(scheduleId, decision, preparation),
    }));
    const written = await store.insertFires(tx, rows);
    for (const { decision, existing } of lines) {
      if (existing === null) continue;
      const facts = factsOf(scheduleId, decision, preparation);
      written.push(await store.updateFire(tx, existing.fireId, facts));
    }
    for (const { runId } of written)
      if (runId !== null && preparation.ok)
        await this.#parts.runs.startIn(tx, preparation.run, {
          ...{ runId, workflowScheduleId: scheduleId },
        });
    return written.sort((one, other) => one.dueAt.getTime() - other.dueAt.getTime());
  }

  /** Counts lines, once they have been committed. */
  count(lines: readonly store.FireRow[]): void {
    for (const line of lines) this.#counts.add(outcomeOf(line));
  }
}

/** What the line of a decision says; without a run that can start, why there is none. */
function factsOf(
  scheduleId: string,
  decision: Decision,
  preparation: Preparation,
): Pick<store.FireRow, 'cause' | 'state' | 'reason' | 'runId'> {
  const { cause, state } = decision;
  switch (state) {
    case 'started':
    case 'queued':
      if (!preparation.ok)
        return { cause, state: 'missed', reason: preparation.reason, runId: null };
      return {
        ...{ cause, state, reason: null },
        runId: state === 'started' ? scheduledRunId(scheduleId, decision.dueAt) : null,
      };
    case 'skipped':
    case 'missed':
      return { cause, state, reason: decision.reason, runId: null };
    default:
      return decision satisfies never;
  }
}
