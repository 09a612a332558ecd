import type { Json } from '../code-result.ts';

const maxDepth = 90;

/**
 * The JSON form of a returned value. What has none becomes a text that says so, as in Python: functions, symbols, big
 * integers, maps, sets, promises, cycles.
 */
export function toJson(value: unknown, above: readonly unknown[] = []): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object') return notSerializable(typeof value);
  if (above.includes(value) || above.length >= maxDepth) return notSerializable(className(value));
  const path = [...above, value];
  if (Array.isArray(value)) return value.map((item) => toJson(item, path));
  if ('toJSON' in value && typeof value.toJSON === 'function') return toJson(value.toJSON(), path);
  if (Object.prototype.toString.call(value) !== '[object Object]') {
    return notSerializable(className(value));
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, toJson(item, path)]),
  );
}

function className(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function notSerializable(type: string): string {
  return `Object '${type}' is not JSON serializable`;
}
