import { typeError } from '../errors.ts';
import type { Budget } from '../limits.ts';
import { type Integer, normalInteger } from './numbers.ts';
import { strip } from './space.ts';

const FLOAT = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
const SPECIAL = /^([+-]?)(?:(inf|infinity)|nan)$/i;
const PREFIXES: ReadonlyMap<string, number> = new Map([
  ['0b', 2],
  ['0o', 8],
  ['0x', 16],
]);

/** Python's `float(text)`; null when the text is no number. */
export function parseFloatText(text: string): number | null {
  const trimmed = strip(text, null);
  if (FLOAT.test(trimmed)) return Number(trimmed.replaceAll('_', ''));
  const special = SPECIAL.exec(trimmed);
  if (special === null) return null;
  if (special[2] === undefined) return Number.NaN;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Python's `int(text, base)`; null when the text is no whole number. */
export function parseIntegerText(budget: Budget, text: string, base: number): Integer | null {
  if (base !== 0 && (base < 2 || base > 36))
    throw typeError('int() base must be >= 2 and <= 36, or 0');
  const [, sign = '', body = ''] = /^([+-]?)(.*)$/s.exec(strip(text, null)) ?? [];
  const prefixBase = PREFIXES.get(body.slice(0, 2).toLowerCase());
  const usesPrefix = prefixBase !== undefined && (base === 0 || base === prefixBase);
  const radix = base === 0 ? (prefixBase ?? 10) : base;
  const digits = usesPrefix ? body.slice(2).replace(/^_/, '') : body;
  if (!/^[0-9a-z]+(?:_[0-9a-z]+)*$/i.test(digits)) return null;
  budget.bits(digits.length * Math.log2(radix));
  let value = 0n;
  for (const digit of digits.replaceAll('_', '')) {
    const size = Number.parseInt(digit, 36);
    if (size >= radix) return null;
    value = value * BigInt(radix) + BigInt(size);
  }
  return normalInteger(sign === '-' ? -value : value);
}
