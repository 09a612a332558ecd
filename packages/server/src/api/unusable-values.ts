import type { ValidationIssue } from '../errors.ts';

/** Objects and lists in each other. Definitions have a limit of their own below this one, and say so themselves. */
const maxDepth = 250;

/** A value of a document, and the way to it. */
interface Place {
  readonly value: unknown;
  readonly key: string | number;
  readonly parent: Place | null;
  readonly depth: number;
}

function locOf(place: Place): (string | number)[] {
  const loc: (string | number)[] = [];
  for (let at: Place | null = place; at !== null; at = at.parent) loc.unshift(at.key);
  return loc;
}

/** PostgreSQL keeps neither in a text, and no client can show either. */
function isUsable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function problemOf({ value, depth }: Place): string | null {
  if (typeof value === 'string') {
    return isUsable(value) ? null : 'a text may hold no null byte and no half of a surrogate pair';
  }
  if (typeof value !== 'object' || value === null) return null;
  if (depth > maxDepth)
    return `objects and lists are nested more than ${maxDepth} levels deep; flatten them`;
  return Object.keys(value).every(isUsable)
    ? null
    : 'a name may hold no null byte and no half of a surrogate pair';
}

/**
 * The first thing in a part of a request that could be parsed but neither be kept nor given back; null when there is
 * none. Needs no stack, whatever the depth.
 */
export function unusableValue(
  root: unknown,
  part: 'path' | 'query' | 'body',
): ValidationIssue | null {
  const waiting: Place[] = [{ value: root, key: part, parent: null, depth: 1 }];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const problem = problemOf(place);
    if (problem !== null) {
      return { type: 'value_error', loc: locOf(place), msg: `Value error, ${problem}` };
    }
    const { value, depth } = place;
    if (typeof value !== 'object' || value === null) continue;
    const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
    for (const [key, inner] of entries) {
      waiting.push({ value: inner, key, parent: place, depth: depth + 1 });
    }
  }
  return null;
}
