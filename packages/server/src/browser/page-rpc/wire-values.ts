/** A function of user code: only its text, for the page to run. */
export type PageFunction = () => unknown;

/**
 * Makes something that Playwright takes for a function with this source. No user code runs here: Playwright asks only
 * for `typeof` and `String()`.
 */
export function pageFunction(source: string): PageFunction {
  return Object.assign(() => undefined, { toString: () => source });
}

type Resolve = (reference: unknown) => unknown;

/** Turns an argument of the wire into one for Playwright; `resolve` finds the object of a `$ref`. */
export function decodeArgument(value: unknown, resolve: Resolve): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => decodeArgument(item, resolve));
  const [first, second] = Object.entries(value);
  if (first?.[0].startsWith('$') && second === undefined) {
    return decodeTagged(first[0], first[1], resolve);
  }
  return decodeEntries(value, resolve);
}

function decodeEntries(value: object, resolve: Resolve): unknown {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, decodeArgument(item, resolve)]),
  );
}

function decodeTagged(tag: string, value: unknown, resolve: Resolve): unknown {
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

/** Turns what Playwright gave into JSON for the wire: bytes are tagged, dates become ISO texts, undefined null. */
export function encodeResult(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return value;
  if (Buffer.isBuffer(value)) return { $bytes: value.toString('base64') };
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(encodeResult);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const encoded = Object.fromEntries(entries.map(([key, item]) => [key, encodeResult(item)]));
  // An object of the page that looks like one of our tags must not be taken for it.
  return entries.length === 1 && entries[0]?.[0].startsWith('$') ? { $plain: encoded } : encoded;
}
