import type { StoredBlock } from '../definition/stored.ts';
import type { JsonValue } from '../json.ts';
import type { BlockOutcome, BlockVisit } from './journal.ts';

/** The inside of a loop block, as the interpreter offers it. */
export interface LoopBody {
  /** Opens an iteration: its blocks see its `current_*` values, and its files count as new to them. */
  iteration(iteration: NonNullable<BlockVisit['iteration']>): LoopIteration;
  /** The names that the loop block sees by now: those of its start, and what its blocks have left since. */
  scope(): Readonly<Record<string, unknown>>;
  /** Gives the context parameters whose source has this key their values from an item (blocks.md §2.6). */
  setContextParameters(sourceKey: string, item: JsonValue): void;
  /** Saves what the loop has so far. Does nothing while finished blocks are only replayed. */
  progress(output: JsonValue): Promise<void>;
}

export interface LoopIteration {
  /** Path that a block of this iteration is visited under. */
  path(label: string): string;
  /** Runs or replays a block of the body. */
  run(block: StoredBlock, parent: string | null): Promise<BlockOutcome>;
}
