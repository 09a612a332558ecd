import type { JsonValue } from './json.ts';

/** One entry of a run's or a block's `errors` (reference: blocks.md §5.8, §6.5). */
export interface RunError {
  readonly error_code: string;
  readonly reasoning: string;
  readonly confidence_float?: number;
  readonly error_type?: 'USER_DEFINED_ERROR' | 'SYSTEM_DEFINED_ERROR';
}

/**
 * An expected failure of a block, with a text written for the user. Capabilities and blocks throw it; the interpreter
 * turns it into a `failed` outcome. Any other exception becomes "Unexpected error: …".
 */
export class BlockFailure extends Error {
  override readonly name = 'BlockFailure';
  readonly output: JsonValue | undefined;
  readonly errors: readonly RunError[];

  constructor(
    message: string,
    options: { output?: JsonValue; errors?: readonly RunError[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.output = options.output;
    this.errors = options.errors ?? [];
  }
}

/** Why a run is stopped from outside; the `reason` of its AbortSignal is always a {@link RunStopped}. */
export type StopKind = 'canceled' | 'timed_out' | 'interrupted';

/**
 * `canceled`: a user asked for it. `timed_out`: the elapsed limit passed. `interrupted`: the worker is shutting down and
 * the run goes back to the queue, so nothing final may be recorded.
 */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';
  readonly kind: StopKind;

  constructor(kind: StopKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
