import { checkKey, type Dict, PyDict, type Value } from './value.ts';

/** The value of a key; undefined when there is none. Only an object's own enumerable keys exist. */
export function dictGet(dict: Dict, key: Value): Value | undefined {
  if (dict instanceof PyDict) return dict.get(key);
  if (typeof key !== 'string') return undefined;
  checkKey(key);
  return Object.prototype.propertyIsEnumerable.call(dict, key) ? dict[key] : undefined;
}

export function dictSize(dict: Dict): number {
  return dict instanceof PyDict ? dict.size : Object.keys(dict).length;
}

export function dictKeys(dict: Dict): readonly Value[] {
  return dict instanceof PyDict ? dict.entries().map(([key]) => key) : Object.keys(dict);
}

export function dictEntries(dict: Dict): readonly (readonly [Value, Value])[] {
  return dict instanceof PyDict ? dict.entries() : Object.entries(dict);
}
