import type { StoredBlock } from '../definition/stored.ts';
import type { RunError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';

/** Final block statuses (blocks.md §1.6). */
export type BlockStatus =
  | 'completed'
  | 'failed'
  | 'terminated'
  | 'canceled'
  | 'timed_out'
  | 'skipped';

/** One execution of one block of a run. */
export interface BlockVisit {
  /**
   * Unique in the run and the same on every replay: the labels from the top, with the iteration number of each loop on
   * the way. Example: `each_order[3]/open_order`.
   */
  readonly path: string;
  readonly block: StoredBlock;
  /** The visit under whose row this one is shown: its loop, or the conditional that chose it. Null at the top. */
  readonly parentPath: string | null;
  /** The innermost loop around the block. */
  readonly iteration: { readonly index: number; readonly value: JsonValue } | null;
}

/** How a block ended: what the journal keeps, and all that a replay needs. */
export interface BlockOutcome {
  readonly status: BlockStatus;
  /** The recorded `{label}_output`; undefined when nothing was recorded (blocks.md §4.1). */
  readonly output?: JsonValue | undefined;
  readonly failureReason: string | null;
  readonly errors: readonly RunError[];
  /** Further fields of the block's row in the timeline: `url`, `loop_values`, `executed_branch_id`, … */
  readonly details: JsonObject;
}

/** What the journal knows of a visit when the interpreter comes to it. */
export interface VisitStart {
  /** Id of the row: `wrb_…`. */
  readonly blockId: string;
  /** Set when the block finished in an earlier life of the run: it is not run again. */
  readonly finished: BlockOutcome | null;
  /** Decisions noted by an earlier, unfinished life of this visit; see {@link Journal.note}. */
  readonly notes: JsonObject;
}

/** The durable record of a run's blocks. The interpreter asks it before a block and tells it after. */
export interface Journal {
  /** Finds or creates the row of a visit (status `running`). Durable before it resolves. */
  begin(visit: BlockVisit): Promise<VisitStart>;
  /** Keeps a decision that must come out the same after a resume: the values of a loop, the branch that was taken. */
  note(visit: BlockVisit, notes: JsonObject): Promise<void>;
  /** Saves what a long block has so far (a loop at iterations 0, 10, 20, …). Not final. */
  progress(visit: BlockVisit, output: JsonValue): Promise<void>;
  /**
   * Records the outcome. Durable before the next visit begins; of a run that has no further visit, together with its end at
   * the latest.
   */
  finish(visit: BlockVisit, outcome: BlockOutcome): Promise<void>;
}
