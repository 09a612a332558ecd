import { z } from 'zod';
import { type CodeResult, depthWithin, type Json, type Language } from './code-result.ts';

/** What the page looks like to user code: the classes it may use, and the values that are known without asking. */
export interface PageSetup {
  /** Class name → member name → its kind, parameters and options (browser/page-rpc/surface.ts). */
  readonly surface: unknown;
  readonly values: unknown;
}

export interface StartMessage {
  readonly type: 'start';
  /** Precedes every line that the broker writes from here on, until the next start. User code never sees it. */
  readonly token: string;
  readonly language: Language;
  readonly code: string;
  readonly variables: Readonly<Record<string, Json>>;
  /** Field name → value, by the name of the object. */
  readonly credentials: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly page: PageSetup | null;
  /** Counted by child/limits.ts. */
  readonly maxLogCost: number;
  readonly maxOutputBytes: number;
}

/** Parent to child, one JSON line each. */
export type ToChild =
  | StartMessage
  | { readonly type: 'reply'; readonly id: number; readonly value: unknown }
  | {
      readonly type: 'failure';
      readonly id: number;
      readonly name: string;
      readonly message: string;
    }
  | { readonly type: 'values'; readonly values: unknown };

/** Child to parent, each `<token><JSON>` on a line of its own; the first one, `ready`, has no token. */
export type FromChild =
  | { readonly type: 'ready' }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
    }
  | { readonly type: 'call'; readonly id: number; readonly call: unknown }
  | { readonly type: 'end'; readonly result: CodeResult }
  /** After `end`, from Python: whether the child is as it was before the code, and can be given another piece. */
  | { readonly type: 'settled'; readonly isClean: boolean };

/** Longer than what is shown in the end: a secret in it is masked whole before that is cut. */
const text = z.string().max(8000);
const json = z.custom<Json>((value) => depthWithin(value), 'is nested too deeply');
const line = z.int().positive().nullable();

const codeResult = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('returned'), value: json }),
  z.object({ kind: z.literal('raised'), type: text, message: text, line }),
  z.object({ kind: z.literal('error_code'), code: text, reasoning: text }),
  z.object({ kind: z.enum(['misused', 'terminated', 'refused']), message: text }),
  z.object({ kind: z.literal('limit'), limit: z.literal('output'), message: text }),
]);

/** What a child may say while user code runs. Anything else is user code that writes to the channel itself. */
export const fromChild = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string(),
  }),
  z.object({
    type: z.literal('call'),
    id: z.int(),
    call: z.custom<unknown>((value) => depthWithin(value)),
  }),
  z.object({ type: z.literal('end'), result: codeResult }),
  z.object({ type: z.literal('settled'), isClean: z.boolean() }),
]);
