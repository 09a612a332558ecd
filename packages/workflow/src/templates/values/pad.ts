import type { Runtime } from '../runtime.ts';
import { textLength } from './iterate.ts';

/** Centres a text by Python's rule for an odd number of spaces. */
export function centred(rt: Runtime, text: string, width: number, fill = ' '): string {
  const missing = missingWidth(rt, text, width);
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(left) + text + fill.repeat(missing - left);
}

/** How many characters a text lacks to a width; accounts for the padded text. */
export function missingWidth(rt: Runtime, text: string, width: number): number {
  rt.budget.chars(Math.max(width, text.length));
  return Math.max(0, width - textLength(text));
}
