import type { Runtime } from '../runtime.ts';
import { asInteger } from '../values/numbers.ts';
import { text } from '../values/text.ts';
import { Undefined, type Value } from '../values/value.ts';

/** What a filter sorts, groups or compares an item by. */
export type KeyOf = (item: Value) => Value;

function getter(rt: Runtime, path: Value, fallback: Value | null): KeyOf {
  const steps: readonly Value[] =
    asInteger(path) !== null
      ? [path]
      : text(rt, path)
          .split('.')
          .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  return (item) => {
    let value = item;
    for (const step of steps) {
      value = rt.item(value, step);
      if (value instanceof Undefined && fallback !== null) value = fallback;
    }
    return value;
  };
}

/** Reads `a.b.0` of an item; the item itself when there is no path. */
export function attributeOf(
  rt: Runtime,
  path: Value | undefined,
  fallback: Value | null = null,
): KeyOf {
  return path === undefined || path === null ? (item) => item : getter(rt, path, fallback);
}

/** Reads several paths, separated by commas. */
export function attributesOf(rt: Runtime, path: Value | undefined): readonly KeyOf[] {
  if (typeof path !== 'string') return [attributeOf(rt, path)];
  return path.split(',').map((part) => attributeOf(rt, part));
}

/** Makes texts compare without regard to case, unless they should. */
export function folded(keyOf: KeyOf, caseSensitive: boolean): KeyOf {
  if (caseSensitive) return keyOf;
  return (item) => {
    const key = keyOf(item);
    return typeof key === 'string' ? key.toLowerCase() : key;
  };
}
