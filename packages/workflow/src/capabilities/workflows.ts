import type { JsonObject } from '../json.ts';

/** What a block starts. */
export interface ChildRequest {
  readonly workflowPermanentId: string;
  readonly parameters: JsonObject;
  /** Whether the block waits for the end: such a run goes before others. */
  readonly awaited: boolean;
}

/** How a run ended that a block had started. */
export interface ChildEnd {
  readonly status: string;
  readonly failureReason: string | null;
  /** What its blocks have recorded, by `{label}_output`; null when nothing was. */
  readonly outputs: JsonObject | null;
}

/** Runs of other workflows. */
export interface WorkflowsCapability {
  /**
   * Starts a run of another workflow as a child of this one and returns its id. A block that is run again after an
   * interruption gets the run that it started before.
   * Rejects with BlockFailure naming what is missing or does not fit; no run is left behind then.
   */
  start(request: ChildRequest): Promise<string>;
  /**
   * Waits for the end of a run that the block started. Needs no slot and no browser of the worker meanwhile.
   * Rejects with RunStopped when this run is stopped: when it ends by that, the other is canceled.
   */
  end(runId: string): Promise<ChildEnd>;
}
