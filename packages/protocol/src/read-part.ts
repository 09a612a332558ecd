import { type DefinitionIssue, toIssues } from '@lapwing/workflow';
import type { z } from 'zod';

/** A part of a request that fits its schema, or what does not fit. */
export type ReadPart =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly DefinitionIssue[] };

/**
 * Reads one part of a request by its schema. What does not fit is listed as a 422 lists it (reference: api.md §3).
 * @param place `body` or `query`: what each `loc` begins with.
 */
export function readPart(schema: z.ZodType, value: unknown, place: 'body' | 'query'): ReadPart {
  const parsed = schema.safeParse(value);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, issues: toIssues(parsed.error.issues, { value, schema, loc: [place] }) };
}
