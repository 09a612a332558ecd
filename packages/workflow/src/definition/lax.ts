import { z } from 'zod';
import type { JsonObject, JsonValue } from '../json.ts';

const truths: ReadonlySet<unknown> = new Set([1, '1', 'true', 't', 'yes', 'y', 'on']);
const falsehoods: ReadonlySet<unknown> = new Set([0, '0', 'false', 'f', 'no', 'n', 'off']);

/**
 * A boolean as the reference reads it: also 0 and 1, and `true`, `t`, `yes`, `y`, `on`, `1` and their opposites in any
 * case.
 */
export const laxBoolean = z.preprocess(truthValue, z.boolean());

function truthValue(value: unknown): unknown {
  const plain = typeof value === 'string' ? value.toLowerCase() : value;
  if (truths.has(plain)) {
    return true;
  }
  return falsehoods.has(plain) ? false : value;
}

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

/**
 * Fields of a request with texts in place of numbers and booleans read as those, where the schema wants them, as the
 * reference does. The schema itself stays strict.
 */
export function readLaxly(schema: z.ZodObject, fields: JsonObject): JsonObject {
  const entries = Object.entries(fields).map(([name, value]) => {
    const field = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    return [name, field === undefined ? value : readAs(kindOf(field), value)];
  });
  return Object.fromEntries(entries);
}

function readAs(kind: string, value: JsonValue): unknown {
  switch (kind) {
    case 'boolean':
      return truthValue(value);
    case 'number':
      return typeof value === 'string' && /^\s*[+-]?\d{1,16}(\.\d{1,16})?\s*$/.test(value)
        ? Number(value)
        : value;
    default:
      return value;
  }
}

/** The kind of value behind defaults, optional marks and what is made of the value afterwards. */
function kindOf(schema: z.core.$ZodType): string {
  let at = schema;
  for (let inner = innerOf(at); inner !== undefined; inner = innerOf(at)) {
    at = inner;
  }
  return at._zod.def.type;
}

function innerOf({ _zod: { def } }: z.core.$ZodType): z.core.$ZodType | undefined {
  const { innerType, in: input } = def as { innerType?: z.core.$ZodType; in?: z.core.$ZodType };
  return innerType ?? input;
}
