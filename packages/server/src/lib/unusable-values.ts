/** Objects and lists in each other. Definitions have a lower limit of their own. */
const maxDepth = 250;

/** What cannot be used, and where: names and indexes from the top of the document. */
export interface Unusable {
  readonly loc: readonly (string | number)[];
  readonly problem: string;
}

/** A value of a document, and the way to it. */
interface Place {
  readonly value: unknown;
  readonly key: string | number;
  /** Null at the top, whose key is no part of the way. */
  readonly parent: Place | null;
  readonly depth: number;
}

function locOf(place: Place): (string | number)[] {
  const loc: (string | number)[] = [];
  for (let at = place; at.parent !== null; at = at.parent) loc.unshift(at.key);
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
 * Something in a document that could be parsed but neither be kept nor given back; null when there is none. Needs no
 * stack, whatever the depth, and looks once at what stands in several places (YAML aliases).
 */
export function unusableValue(root: unknown): Unusable | null {
  const seen = new Set<object>();
  const waiting: Place[] = [{ value: root, key: '', parent: null, depth: 1 }];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const problem = problemOf(place);
    if (problem !== null) return { loc: locOf(place), problem };
    const { value, depth } = place;
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
    for (const [key, inner] of entries) {
      waiting.push({ value: inner, key, parent: place, depth: depth + 1 });
    }
  }
  return null;
}
