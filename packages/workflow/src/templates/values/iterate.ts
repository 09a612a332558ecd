import { typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { sequenceItems } from './compare.ts';
import { dictKeys, dictSize } from './dicts.ts';
import { isDict, typeName, Undefined, type Value } from './value.ts';

const SURROGATE = /[\ud800-\udfff]/;

/** Characters as Python counts them: code points. */
export function characters(text: string): readonly string[] {
  return SURROGATE.test(text) ? [...text] : text.split('');
}

/** Number of code points. */
export function textLength(text: string): number {
  return SURROGATE.test(text) ? [...text].length : text.length;
}

/** A part of a text by code points. */
export function textSlice(text: string, start: number, end?: number): string {
  return SURROGATE.test(text) ? [...text].slice(start, end).join('') : text.slice(start, end);
}

/** What a `for` walks over; raises when the value is no container. */
export function iterate(rt: Runtime, value: Value): readonly Value[] {
  const items = iterable(rt, value);
  if (items === null) throw typeError(`'${typeName(value)}' object is not iterable`);
  return items;
}

/** The items of a container; null when the value is none. */
export function iterable(rt: Runtime, value: Value): readonly Value[] | null {
  const items = sequenceItems(value);
  if (items !== null) {
    rt.budget.items(items.length);
    return items;
  }
  if (typeof value === 'string') {
    rt.budget.items(value.length);
    return characters(value);
  }
  if (value instanceof Undefined) {
    if (rt.strict && !value.inert) throw value.error();
    return [];
  }
  if (!isDict(value)) return null;
  rt.budget.items(dictSize(value));
  return dictKeys(value);
}

/** Python's `len`; null when the value has none. */
export function lengthOf(rt: Runtime, value: Value): number | null {
  if (typeof value === 'string') {
    rt.budget.chars(value.length);
    return textLength(value);
  }
  if (value instanceof Undefined) {
    if (rt.strict && !value.inert) throw value.error();
    return 0;
  }
  if (isDict(value)) {
    const size = dictSize(value);
    rt.budget.items(size);
    return size;
  }
  return sequenceItems(value)?.length ?? null;
}
