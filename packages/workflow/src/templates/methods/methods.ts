import { invoke, type Operation } from '../operation.ts';
import type { Runtime } from '../runtime.ts';
import { asNumber } from '../values/numbers.ts';
import { isDict, isList, PyObject, PyTuple, typeName, type Value } from '../values/value.ts';
import { DICT_METHODS } from './dicts.ts';
import { LIST_METHODS, TUPLE_METHODS } from './lists.ts';
import { NUMBER_METHODS } from './numbers.ts';
import { STRING_METHODS } from './strings.ts';

type Methods = ReadonlyMap<string, Operation<Value>>;

const NONE: Methods = new Map();

function methodsOf(value: Value): Methods {
  if (typeof value === 'string') return STRING_METHODS;
  if (isList(value)) return LIST_METHODS;
  if (value instanceof PyTuple) return TUPLE_METHODS;
  if (asNumber(value) !== null) return NUMBER_METHODS;
  return typeof value === 'object' && isDict(value) ? DICT_METHODS : NONE;
}

/** The method of a value, bound to it; undefined when it has none of that name. */
export function methodOf(rt: Runtime, value: Value, name: string): PyObject | undefined {
  const method = methodsOf(value).get(name);
  if (method === undefined) return undefined;
  return new PyObject('builtin_function_or_method', {
    label: `<built-in method ${name} of ${typeName(value)} object>`,
    call: (args) => invoke(rt, [`${name}()`, method], value, args),
  });
}
