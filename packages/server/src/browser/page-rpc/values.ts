import type { Reference } from './registry.ts';

/** A function of user code: only its text, for the page to run. Playwright takes the text of whatever is a function. */
export type PageFunction = () => unknown;

/**
 * Makes something that Playwright takes for a function with this source. No user code runs here: it asks only
 * `typeof` and `String()`.
 */
export function pageFunction(source: string): PageFunction {
  return Object.assign(() => undefined, { toString: () => source });
}

/** Turns an argument of the wire into one for Playwright; `resolve` finds the object of a `$ref`. */
export function decodeArgument(
  value: unknown,
  resolve: (reference: unknown) => unknown,
): unknown {
  if (value === null) return undefined;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => decodeInner(item, resolve));
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0].startsWith('$')) {
    return decodeTagged(first[0], first[1], resolve);
  }
  return decodeEntries(value, resolve);
}

function decodeInner(value: unknown, resolve: (reference: unknown) => unknown): unknown {
  return value === null ? null : decodeArgument(value, resolve);
}

function decodeEntries(value: object, resolve: (reference: unknown) => unknown): unknown {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, decodeInner(item, resolve)]),
  );
}

function decodeTagged(
  tag: string,
  value: unknown,
  resolve: (reference: unknown) => unknown,
): unknown {
  switch (tag) {
    case '$ref':
      return resolve(value);
    case '$fn':
      return pageFunction(String(value));
    case '$bytes':
      return Buffer.from(String(value), 'base64');
    case '$re': {
      const [source, flags] = Array.isArray(value) ? value : [];
      return new RegExp(String(source), String(flags));
    }
    case '$plain':
      return decodeEntries(Object(value), resolve);
    default:
      throw new TypeError(`There is no kind of value ${tag.slice(0, 20)}.`);
  }
}

/** Turns what Playwright gave into JSON for the wire. `reference` names pages, frames and the like, or gives null. */
export function encodeResult(
  value: unknown,
  reference: (object: object) => Reference | null,
): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return value;
  if (Buffer.isBuffer(value)) return { $bytes: value.toString('base64') };
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => encodeResult(item, reference));
  return reference(value) ?? encodeEntries(value, reference);
}

function encodeEntries(value: object, reference: (object: object) => Reference | null): unknown {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const encoded = Object.fromEntries(
    entries.map(([key, item]) => [key, encodeResult(item, reference)]),
  );
  // An object of the page that looks like one of our tags must not be taken for it.
  return entries.length === 1 && entries[0]?.[0].startsWith('$') ? { $plain: encoded } : encoded;
}
