import type { JsonValue } from '../json.ts';

export type CodeLanguage = 'python' | 'javascript' | 'typescript';

export interface CodeRequest {
  readonly language: CodeLanguage;
  /** Statements, run as the body of an async function. */
  readonly code: string;
  /** Become variables of these names, and are left out of the captured locals. */
  readonly variables: Readonly<Record<string, JsonValue>>;
  readonly timeoutSeconds: number;
}

/** How user code ended. */
export type CodeResult =
  /** By `return`, or by falling off the end: then `value` is an object of its local variables. */
  | { readonly kind: 'returned'; readonly value: JsonValue }
  /** By an exception: `type` is its class name in its own language. */
  | { readonly kind: 'raised'; readonly type: string; readonly message: string }
  /** By `raise ErrorCode("CODE", "why")`. */
  | { readonly kind: 'error_code'; readonly code: string; readonly reasoning: string }
  /** The sandbox refused the code before running it. */
  | { readonly kind: 'refused'; readonly message: string }
  /** It was ended at one of its limits. */
  | {
      readonly kind: 'limit';
      readonly limit: 'time' | 'memory' | 'output';
      readonly message: string;
    };

/** Runs code of users in a child process that may do nothing but compute and call `page`. */
export interface CodeCapability {
  /** Rejects only when the sandbox itself could not be started, or with the RunStopped of the run's signal. */
  run(request: CodeRequest): Promise<CodeResult>;
}
