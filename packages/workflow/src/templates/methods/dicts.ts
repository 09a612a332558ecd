import { TemplateError, typeError } from '../errors.ts';
import { type Operation, operation, variadic } from '../operation.ts';
import type { Runtime } from '../runtime.ts';
import { dictEntries, dictGet, dictKeys } from '../values/dicts.ts';
import { iterate } from '../values/iterate.ts';
import { repr } from '../values/repr.ts';
import {
  type Dict,
  isDict,
  PyDict,
  PyTuple,
  PyView,
  type Value,
  valueOr,
} from '../values/value.ts';

type Method = Operation<Value>;

function dictOf(value: Value): Dict {
  if (isDict(value)) return value;
  throw typeError('A dict is needed here.');
}

/** The dict as one that may change; starts the rendering again when its values belong to the caller. */
function changeable(rt: Runtime, value: Value): PyDict {
  rt.allowChanges();
  if (value instanceof PyDict) return value;
  throw typeError('This dict cannot be changed.');
}

function view(kind: PyView['kind'], itemsOf: (dict: Dict) => readonly Value[]): Method {
  return operation([], (rt, value) => {
    const items = itemsOf(dictOf(value));
    rt.budget.items(items.length);
    return new PyView(kind, items);
  });
}

const get = operation<Value>(['key', 'default?'], (_, value, [key, fallback]) =>
  valueOr(dictGet(dictOf(value), key ?? null), fallback ?? null),
);

const copy = operation<Value>([], (rt, value) => {
  const entries = dictEntries(dictOf(value));
  rt.budget.items(entries.length);
  return new PyDict(entries);
});

const setdefault = operation<Value>(['key', 'default?'], (rt, value, [key, fallback]) => {
  const dict = changeable(rt, value);
  const known = dict.get(key ?? null);
  if (known !== undefined) return known;
  dict.set(key ?? null, fallback ?? null);
  return fallback ?? null;
});

const update = variadic<Value>((rt, value, { positional: [source], named }) => {
  const dict = changeable(rt, value);
  const entries = [...(source === undefined ? [] : entriesOf(rt, source)), ...named];
  rt.budget.items(dict.size + entries.length);
  for (const [key, item] of entries) dict.set(key, item);
  return null;
});

function entriesOf(rt: Runtime, source: Value): readonly (readonly [Value, Value])[] {
  if (isDict(source)) return dictEntries(source);
  return iterate(rt, source).map((pair) => {
    const [key, item] = iterate(rt, pair);
    if (key === undefined || item === undefined) throw typeError('update() needs pairs');
    return [key, item];
  });
}

const pop = operation<Value>(['key', 'default?'], (rt, value, [key, fallback]) => {
  const dict = changeable(rt, value);
  const found = dict.get(key ?? null);
  const known = found === undefined ? fallback : found;
  if (known === undefined) {
    throw new TemplateError('type', `The dict has no key ${repr(rt, key ?? null)}.`);
  }
  dict.delete(key ?? null);
  return known;
});

const popitem = operation<Value>([], (rt, value) => {
  const dict = changeable(rt, value);
  const last = dict.entries().at(-1);
  if (last === undefined) throw typeError('popitem(): dictionary is empty');
  dict.delete(last[0]);
  return new PyTuple(last);
});

const clear = operation<Value>([], (rt, value) => {
  changeable(rt, value).clear();
  return null;
});

/** Methods of dicts. */
export const DICT_METHODS: ReadonlyMap<string, Method> = new Map([
  ['get', get],
  ['items', view('dict_items', (dict) => dictEntries(dict).map((entry) => new PyTuple(entry)))],
  ['keys', view('dict_keys', dictKeys)],
  ['values', view('dict_values', (dict) => dictEntries(dict).map(([, item]) => item))],
  ['copy', copy],
  ['setdefault', setdefault],
  ['update', update],
  ['pop', pop],
  ['popitem', popitem],
  ['clear', clear],
]);
