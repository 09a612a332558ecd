import type { Runtime } from '../runtime.ts';

export interface Replacement {
  readonly old: string;
  readonly new: string;
  /** How often at most; negative for always. */
  readonly count: number;
}

/** Python's `str.replace`. */
export function replaced(rt: Runtime, text: string, change: Replacement): string {
  const limit = change.count < 0 ? Number.POSITIVE_INFINITY : change.count;
  if (limit === 0) return text;
  const parts = change.old === '' ? ['', ...text] : splitAt(rt, text, change.old);
  if (change.old === '') parts.push('');
  const used = Math.min(limit, parts.length - 1);
  const grown = (change.new.length - change.old.length) * used;
  rt.budget.chars(text.length + Math.max(0, grown));
  const head = parts.slice(0, used + 1).join(change.new);
  return [head, ...parts.slice(used + 1)].join(change.old);
}

/** The parts of a text between the occurrences of another. */
export function splitAt(rt: Runtime, text: string, separator: string): string[] {
  rt.budget.search(text.length, separator.length);
  const parts = text.split(separator);
  rt.budget.items(parts.length);
  return parts;
}
