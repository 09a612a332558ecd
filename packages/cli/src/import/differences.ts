/** How what was stored differs from what was sent, at one place of the document. */
export type Difference =
  | {
      readonly kind: 'changed';
      readonly path: string;
      readonly from: unknown;
      readonly to: unknown;
    }
  | { readonly kind: 'dropped'; readonly path: string; readonly value: unknown };

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Values of headers are not shown again. */
const mask = '***';

/**
 * What of `sent` is not in `stored`, or is there otherwise. What is only in `stored` are defaults. Both are in the form of
 * a request. `"15"` and 15 are the same: the reference reads either.
 */
export function differences(sent: unknown, stored: unknown, path = ''): Difference[] {
  if (sent === null || sent === undefined || stored === mask) return [];
  if (isObject(sent) && isObject(stored)) {
    return Object.entries(sent).flatMap(([key, value]) =>
      differences(value, stored[key], path === '' ? key : `${path}.${key}`),
    );
  }
  if (Array.isArray(sent) && Array.isArray(stored)) {
    return sent.flatMap((value, index) => differences(value, stored[index], `${path}[${index}]`));
  }
  if (stored === undefined || stored === null)
    return isEmpty(sent) ? [] : [{ kind: 'dropped', path, value: sent }];
  return isSame(sent, stored) ? [] : [{ kind: 'changed', path, from: sent, to: stored }];
}

/** Nothing is lost with it. */
const isEmpty = (value: unknown) =>
  value === '' ||
  value === false ||
  (typeof value === 'object' && JSON.stringify(value).length === 2);

function isSame(sent: unknown, stored: unknown): boolean {
  if (typeof sent === 'object' || typeof stored === 'object') {
    return JSON.stringify(sent) === JSON.stringify(stored);
  }
  return String(sent) === String(stored);
}
