import { typeError } from '../errors.ts';
import { type Operation, operation } from '../operation.ts';
import type { Runtime } from '../runtime.ts';
import { compare, equal, sequenceItems, truthy } from '../values/compare.ts';
import { iterate } from '../values/iterate.ts';
import { asIndex } from '../values/numbers.ts';
import { repr } from '../values/repr.ts';
import { isList, type Value } from '../values/value.ts';

type Method = Operation<Value>;

/** The list as one that may change; starts the rendering again when its values belong to the caller. */
function changeable(rt: Runtime, value: Value, growth = 0): Value[] {
  rt.allowChanges();
  if (!isList(value)) throw typeError('A list is needed here.');
  if (growth > 0) rt.budget.items(growth);
  // Every list of a rendering that allows changes was made by the template or copied for it.
  return value as Value[];
}

function itemsOf(value: Value): readonly Value[] {
  return sequenceItems(value) ?? [];
}

const append = operation<Value>(['object'], (rt, value, [item]) => {
  changeable(rt, value).push(item ?? null);
  return null;
});

const extend = operation<Value>(['iterable'], (rt, value, [more]) => {
  const items = [...iterate(rt, more ?? null)];
  const list = changeable(rt, value, itemsOf(value).length + items.length);
  for (const item of items) list.push(item);
  return null;
});

const insert = operation<Value>(['index', 'object'], (rt, value, [index, item]) => {
  changeable(rt, value, itemsOf(value).length).splice(asIndex(index ?? null), 0, item ?? null);
  return null;
});

const pop = operation<Value>(['index?'], (rt, value, [index]) => {
  const list = changeable(rt, value, itemsOf(value).length);
  const at = index === undefined ? -1 : asIndex(index);
  const item = list.at(at);
  if (item === undefined) throw typeError('pop index out of range');
  list.splice(at, 1);
  return item;
});

const remove = operation<Value>(['value'], (rt, value, [item]) => {
  const list = changeable(rt, value, itemsOf(value).length);
  list.splice(position(rt, list, item), 1);
  return null;
});

function position(rt: Runtime, items: readonly Value[], item: Value | undefined): number {
  const at = items.findIndex((candidate) => equal(rt, candidate, item ?? null));
  if (at === -1) throw typeError(`${repr(rt, item ?? null)} is not in list`);
  return at;
}

const clear = operation<Value>([], (rt, value) => {
  changeable(rt, value).length = 0;
  return null;
});

const reverse = operation<Value>([], (rt, value) => {
  changeable(rt, value, itemsOf(value).length).reverse();
  return null;
});

const sort = operation<Value>(['reverse?'], (rt, value, [reverse]) => {
  const turn = reverse !== undefined && truthy(rt, reverse) ? -1 : 1;
  const list = changeable(rt, value, itemsOf(value).length);
  list.sort((a, b) => turn * (compare(rt, '<', [a, b]) || 0));
  return null;
});

const index = operation<Value>(['value', 'start?', 'stop?'], (rt, value, [item, start, stop]) => {
  const items = itemsOf(value);
  const from = Math.max(0, start === undefined ? 0 : fromEnd(items, start));
  const to = stop === undefined ? items.length : fromEnd(items, stop);
  return from + position(rt, items.slice(from, Math.max(from, to)), item);
});

function fromEnd(items: readonly Value[], value: Value): number {
  const at = asIndex(value);
  return at < 0 ? at + items.length : at;
}

const count = operation<Value>(
  ['value'],
  (rt, value, [item]) =>
    itemsOf(value).filter((candidate) => equal(rt, candidate, item ?? null)).length,
);

const copy = operation<Value>([], (rt, value) => [...iterate(rt, value)]);

/** Methods of tuples. */
export const TUPLE_METHODS: ReadonlyMap<string, Method> = new Map([
  ['index', index],
  ['count', count],
]);

/** Methods of lists. */
export const LIST_METHODS: ReadonlyMap<string, Method> = new Map([
  ...TUPLE_METHODS,
  ['append', append],
  ['extend', extend],
  ['insert', insert],
  ['pop', pop],
  ['remove', remove],
  ['clear', clear],
  ['reverse', reverse],
  ['sort', sort],
  ['copy', copy],
]);
