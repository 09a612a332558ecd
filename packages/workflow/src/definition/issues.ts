import type { z } from 'zod';
import { isJsonObject } from '../json.ts';
import { type Found, messageOf } from './issue-messages.ts';
import { limits } from './limits.ts';
import { wantsInteger } from './wants-integer.ts';

/** One problem of a document: an entry of a 422 list (api.md §3). */
export interface DefinitionIssue {
  /** Pydantic v2's name of the rule: `missing`, `string_type`, `value_error`, … */
  readonly type: string;
  /** Field names and indexes from the top of the document that was checked. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  /** The offending value, when it is plain (no object or list) and no longer than 1,000 characters. */
  readonly input?: unknown;
}

type Path = readonly (string | number)[];
type ZodIssue = z.core.$ZodIssue;

const longestInput = 1000;

/** A problem that no schema can express, worded for the user. Its type is `value_error`. */
export function valueError(loc: Path, text: string, input?: unknown): DefinitionIssue {
  return withInput({ type: 'value_error', loc, msg: `Value error, ${text}` }, input);
}

/** An issue with the offending value beside it, if it is plain and short. */
export function withInput(issue: DefinitionIssue, input: unknown): DefinitionIssue {
  const plain =
    input === null || ['number', 'boolean'].includes(typeof input) || typeof input === 'string';
  const short = typeof input !== 'string' || input.length <= longestInput;
  return plain && short ? { ...issue, input } : issue;
}

/**
 * Zod's issues under the names and in the words of Pydantic v2, as clients of the reference know them. Alternatives of
 * a union are listed one by one, as Pydantic does, unless only one of them fits the kind of value that was given.
 * A custom issue may name its type: `params: { pydantic: 'missing' }`. No more than the first 1,001 issues are translated.
 * @param parsed The value that was parsed, the schema, and what is put before each path (`['body']`).
 */
export function toIssues(
  issues: readonly ZodIssue[],
  { value, schema, loc = [] }: ParsedValue,
): readonly DefinitionIssue[] {
  const first = issues.slice(0, limits.issues + 1);
  return first.flatMap((issue) => translate(issue, { root: value, schema, loc, base: [] }));
}

/** What a schema has refused. Without the schema, whole numbers are called plain numbers (`float_type`). */
export interface ParsedValue {
  readonly value: unknown;
  readonly schema?: z.core.$ZodType | undefined;
  readonly loc?: Path | undefined;
}

/** Where an issue stands: `loc` + `base` + its own path is its place, `base` + path its place in `root`. */
interface Place {
  readonly root: unknown;
  readonly schema: z.core.$ZodType | undefined;
  readonly loc: Path;
  readonly base: Path;
}

function translate(issue: ZodIssue, place: Place): readonly DefinitionIssue[] {
  const path = [...place.base, ...plainPath(issue.path)];
  const value = valueAt(place.root, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        type: 'extra_forbidden',
        loc: [...place.loc, ...path, key],
        msg: 'Extra inputs are not permitted',
      }));
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues.map((inner) => {
        const loc = [...place.loc, ...path, ...plainPath(inner.path)];
        return { ...messageOf(inner, { present: true, value: inner.input }), loc };
      });
    case 'invalid_union':
      return translateUnion(issue, { ...place, base: path }, value);
    default: {
      const isNumber = issue.code === 'invalid_type' && issue.expected === 'number';
      const integer = isNumber && wantsInteger(place.schema, path);
      const message = messageOf(integer ? { ...issue, expected: 'int' } : issue, value);
      return [withInput({ ...message, loc: [...place.loc, ...path] }, value.value)];
    }
  }
}

function translateUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  place: Place,
  value: Found,
): readonly DefinitionIssue[] {
  if (issue.errors.length === 0) {
    const tagged = 'discriminator' in issue && typeof issue.discriminator === 'string';
    const base = tagged ? place.base.slice(0, -1) : place.base;
    const loc = [...place.loc, ...base];
    return [withInput({ ...messageOf(issue, value), loc }, value.value)];
  }
  if (!value.present) {
    return [{ type: 'missing', loc: [...place.loc, ...place.base], msg: 'Field required' }];
  }
  const fitting = issue.errors.filter((branch) => !branch.some(isWrongKind));
  const branches = fitting.length > 0 ? fitting : issue.errors;
  return branches.flat().flatMap((inner) => translate(inner, place));
}

/** The alternative is for another kind of value altogether: a text where an object was given. */
function isWrongKind(issue: ZodIssue): boolean {
  return issue.path.length === 0 && issue.code === 'invalid_type';
}

function valueAt(root: unknown, path: Path): Found {
  let value = root;
  for (const key of path) {
    const holds = Array.isArray(value) || isJsonObject(value);
    if (!holds || !Object.hasOwn(value as object, key)) {
      return { present: false, value: undefined };
    }
    value = (value as Record<string | number, unknown>)[key];
  }
  return { present: value !== undefined, value };
}

function plainPath(path: readonly PropertyKey[]): Path {
  return path.map((key) => (typeof key === 'symbol' ? String(key) : key));
}
