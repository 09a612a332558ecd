/** A JSON value as it left the sandbox: at most {@link maxDepth} levels deep. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type Language = 'python' | 'javascript' | 'typescript';

/** How user code ended; the union of the workflow language's `CodeResult`, and the line of an exception. */
export type CodeResult =
  | { readonly kind: 'returned'; readonly value: Json }
  | {
      readonly kind: 'raised';
      readonly type: string;
      readonly message: string;
      /** 1-based line of the user's code, null when it was not raised there. */
      readonly line: number | null;
    }
  | { readonly kind: 'error_code'; readonly code: string; readonly reasoning: string }
  | { readonly kind: 'misused' | 'terminated' | 'refused'; readonly message: string }
  | {
      readonly kind: 'limit';
      readonly limit: 'time' | 'memory' | 'output';
      readonly message: string;
    };

/** Deeper values would overflow the stack of whoever walks them later. */
const maxDepth = 100;

/** Tells whether no branch of a parsed JSON value has more than `levels` levels. */
export function depthWithin(value: unknown, levels: number = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((child) => depthWithin(child, levels - 1));
}
