/**
 * The same JSON as Postgres can keep it: it takes no NUL and no half of a surrogate pair in text. Each becomes the
 * replacement character.
 */
export function storable<T>(value: T): T {
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD').toWellFormed() as T;
  if (Array.isArray(value)) return value.map(storable) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [storable(key), storable(item)]),
  ) as T;
}
