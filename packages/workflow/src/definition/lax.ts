import { z } from 'zod';

const truths: ReadonlySet<unknown> = new Set([1, '1', 'true', 't', 'yes', 'y', 'on']);
const falsehoods: ReadonlySet<unknown> = new Set([0, '0', 'false', 'f', 'no', 'n', 'off']);

/**
 * A boolean as the reference reads it: also 0 and 1, and `true`, `t`, `yes`, `y`, `on`, `1` and their opposites in any
 * case.
 */
export const laxBoolean = z.preprocess((value) => {
  const plain = typeof value === 'string' ? value.toLowerCase() : value;
  if (truths.has(plain)) {
    return true;
  }
  return falsehoods.has(plain) ? false : value;
}, z.boolean());

/** A text that is a whole number (`"15"`, `"15.0"`), as that number; all else as it is. */
function wholeNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[+-]?\d{1,16}(\.0+)?\s*$/.test(value)
    ? Number(value)
    : value;
}

/** A whole number as the reference reads it: also as text, and booleans as 0 and 1. */
export const laxInteger = z.preprocess(
  (value) => (typeof value === 'boolean' ? Number(value) : wholeNumber(value)),
  z.int(),
);

/** A whole number within bounds, also as text, but no boolean. */
export function boundedInteger(minimum: number, maximum: number) {
  return z.preprocess(wholeNumber, z.int().min(minimum).max(maximum));
}

/** `?` in the reference's tables: may be absent or null, and is null then. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? null);
}
