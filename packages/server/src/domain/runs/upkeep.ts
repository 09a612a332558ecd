import { isFinalStatus, type RunStatus } from '@lapwing/protocol';
import type { PlacedRun } from '../admission/service.ts';
import type { RunExecution } from './execution.ts';
import type { RunParts } from './parts.ts';
import * as store from './store.ts';
import { timeLimitReason } from './time-limit.ts';

/** A worker ends a run whose time is over by itself; when it has not for so long, it does no more. */
const graceMs = 60_000;
/** So late the run is ended whatever its worker does. */
const latestMs = 10 * 60_000;

/** What is done about a run that would stay as it is for ever. */
export type Remedy = 'enqueue' | 'fail' | 'time_out' | 'wind_up';

/** What a run needs that has a place; null: nothing, somebody has it in hand. */
export function remedyFor(
  run: Pick<PlacedRun, 'status' | 'startedAt' | 'maxElapsedMinutes' | 'job'>,
  now: Date,
): Remedy | null {
  const isAbandoned = run.job === null || run.job === 'dead';
  // Canceled, and its worker was lost before it had told the rest.
  if (isFinalStatus(run.status as RunStatus)) return isAbandoned ? 'wind_up' : null;
  if (run.startedAt !== null) {
    const lateMs = now.getTime() - run.startedAt.getTime() - run.maxElapsedMinutes * 60_000;
    if (lateMs > latestMs || (lateMs > graceMs && run.job !== 'active')) return 'time_out';
  }
  if (run.job === null) return 'enqueue';
  return run.job === 'dead' ? 'fail' : null;
}

/** Sees to it that every run ends: finds those that nobody would go on with. Any number of workers may do so at a time. */
export class RunUpkeep {
  readonly #parts: RunParts;
  readonly #execution: RunExecution;

  constructor(parts: RunParts, execution: RunExecution) {
    this.#parts = parts;
    this.#execution = execution;
  }

  /** @returns What was done, by run. */
  async mend(signal: AbortSignal): Promise<ReadonlyMap<string, Remedy>> {
    const { admission } = this.#parts;
    const done = new Map<string, Remedy>();
    for (const run of await admission.placed()) {
      const remedy = remedyFor(run, new Date());
      if (remedy === null) continue;
      if (signal.aborted) return done;
      if (await this.#apply(run, remedy)) done.set(run.runId, remedy);
    }
    await admission.mend(signal);
    return done;
  }

  async #apply({ runId, maxElapsedMinutes }: PlacedRun, remedy: Remedy): Promise<boolean> {
    const life = { runId, attempt: null };
    switch (remedy) {
      case 'enqueue':
        return this.#enqueue(runId);
      case 'fail':
        await this.#execution.fail(
          life,
          'The run was given up: its worker was lost too often, or it took longer than any run may',
        );
        return true;
      case 'time_out':
        await this.#execution.fail(life, timeLimitReason(maxElapsedMinutes), 'timed_out');
        return true;
      case 'wind_up':
        await this.#execution.windUp(runId);
        return true;
      default:
        return remedy satisfies never;
    }
  }

  /** The run is held meanwhile: its worker deletes the job when the run has ended, not before. */
  #enqueue(runId: string): Promise<boolean> {
    return this.#parts.database.transaction(async (tx) => {
      if (!(await store.holdOpenRun(tx, runId))) return false;
      const run = await store.findRun(tx, runId);
      if (run === undefined) return false;
      await this.#parts.admission.again(tx, run);
      return true;
    });
  }
}
