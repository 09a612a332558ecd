import type { JsonValue } from '../json.ts';
import type { CredentialFields } from './credentials.ts';

export type CodeLanguage = 'python' | 'javascript' | 'typescript';

export interface CodeRequest {
  readonly language: CodeLanguage;
  /** Statements, run as the body of an async function. */
  readonly code: string;
  /** Become variables of these names, and are left out of the captured locals. */
  readonly variables: Readonly<Record<string, JsonValue>>;
  /** Become objects of these names. Their fields are variables too, where no parameter has the name. */
  readonly credentials: Readonly<Record<string, CredentialFields>>;
  readonly timeoutSeconds: number;
  /** Applied to all that is told of the code while it runs. */
  mask(text: string): string;
}

/** How user code ended. */
export type CodeResult =
  /** By `return`, or by falling off the end: then `value` is an object of its local variables. */
  | { readonly kind: 'returned'; readonly value: JsonValue }
  /** By an exception: `type` is its class name in its own language. */
  | { readonly kind: 'raised'; readonly type: string; readonly message: string }
  /** By `raise ErrorCode("CODE", "why")`. */
  | { readonly kind: 'error_code'; readonly code: string; readonly reasoning: string }
  /** It uses `ErrorCode` in another way, and was not run. */
  | { readonly kind: 'misused'; readonly message: string }
  /** A helper of the code found that there is no going on, and the code did not catch it. */
  | { readonly kind: 'terminated'; readonly message: string }
  /** The sandbox refused the code before running it. */
  | { readonly kind: 'refused'; readonly message: string }
  /** It was ended at one of its limits. */
  | {
      readonly kind: 'limit';
      readonly limit: 'time' | 'memory' | 'output';
      readonly message: string;
    };

/** Runs code of users in a child process that may do nothing but compute, call `page`, and call its few helpers. */
export interface CodeCapability {
  /**
   * Rejects with BlockFailure when code cannot be run here, or no browser can be had for it; otherwise only when the
   * sandbox itself could not be started, or with the RunStopped of the run's signal.
   */
  run(request: CodeRequest): Promise<CodeResult>;
}
