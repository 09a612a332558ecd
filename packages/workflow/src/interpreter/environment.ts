import type { Capabilities } from '../capabilities/index.ts';
import type { RunError } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import type { Journal } from './journal.ts';

/** Some blocks of a workflow, run alone (blocks.md §2.4). */
export interface PartialRun {
  /** Labels of the blocks to run, at whatever depth, in the order to run them in. One may be named again. */
  readonly labels: readonly string[];
  /** Outputs of blocks that ran in another run, by label: what the blocks of this one see. */
  readonly outputs: Readonly<Record<string, JsonValue>>;
}

/** What one run brings along. */
export interface RunEnvironment {
  readonly runId: string;
  readonly workflowId: string;
  readonly workflowPermanentId: string;
  readonly title: string;
  /** Values of the declared parameters, already converted to their types. */
  readonly parameters: Readonly<Record<string, JsonValue>>;
  readonly browserSessionId: string | null;
  /** Null: the whole workflow runs. */
  readonly partial: PartialRun | null;
  readonly journal: Journal;
  /** Capabilities for the block with this row id (`wrb_…`): what they store is attributed to it. */
  capabilities(blockId: string): Capabilities;
  /** A new id with this prefix, given without its underscore (`tsk`). */
  newId(prefix: string): string;
  /** Its reason is a RunStopped. */
  readonly signal: AbortSignal;
}

export type FinalRunStatus = 'completed' | 'failed' | 'terminated' | 'canceled' | 'timed_out';

/** How a run ended. */
export interface RunResult {
  readonly status: FinalRunStatus;
  readonly failureReason: string | null;
  /** `{label}_output` entries plus `extracted_information` (blocks.md §6.3); null when nothing was recorded. */
  readonly output: Readonly<Record<string, JsonValue>> | null;
  readonly errors: readonly RunError[];
  /** Tasks (browser blocks) that ran, the reference's `step_count`. */
  readonly stepCount: number;
}
