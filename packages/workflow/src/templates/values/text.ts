import type { Runtime } from '../runtime.ts';
import { jsonText } from './json.ts';
import { jsonValue, repr } from './repr.ts';
import { isDict, isList, NativeJson, PyTuple, Undefined, type Value } from './value.ts';

/** Python's `str`, which is how values print. */
export function text(rt: Runtime, value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) {
    if (rt.strict && !value.inert) throw value.error();
    return '';
  }
  if (value instanceof NativeJson) return jsonText(rt, jsonValue(rt, value));
  if (rt.objects === 'json' && isPlainJson(value)) return jsonText(rt, value);
  return repr(rt, value);
}

function isPlainJson(value: Value): boolean {
  if (value === null || typeof value === 'boolean') return true;
  return isList(value) || isDict(value) || value instanceof PyTuple;
}
