import { typeError } from '../errors.ts';
import { methodOf } from '../methods/methods.ts';
import type { Runtime } from '../runtime.ts';
import { sequenceItems } from '../values/compare.ts';
import { dictGet } from '../values/dicts.ts';
import { characters } from '../values/iterate.ts';
import { asInteger } from '../values/numbers.ts';
import { repr } from '../values/repr.ts';
import {
  isDict,
  isList,
  PyObject,
  PyTuple,
  PyView,
  typeName,
  Undefined,
  type Value,
} from '../values/value.ts';

/** Python's inner attributes, and JavaScript's ways to its engine. */
const UNREACHABLE = /^(?:__.*|constructor|prototype)$/s;

/** A missing name; it is inert when it would lead into the engine elsewhere, so that whatever is asked of it is nothing. */
export function missingName(name: string): Undefined {
  return new Undefined(`'${name}' is undefined`, UNREACHABLE.test(name));
}

function missingMember(rt: Runtime, target: Value, key: Value): Undefined {
  const owner = target === null ? 'None' : `${typeName(target)} object`;
  if (typeof key !== 'string') return new Undefined(`${owner} has no element ${repr(rt, key)}`);
  return new Undefined(`'${owner}' has no attribute '${key}'`, UNREACHABLE.test(key));
}

/** Gives an inert undefined back and raises for any other; null for a value that exists. */
function refused(target: Value): Undefined | null {
  if (!(target instanceof Undefined)) return null;
  if (target.inert) return target;
  throw target.error();
}

/** An attribute proper: of an object that has some, a named part of a tuple, or a method. */
function attribute(rt: Runtime, target: Value, name: string): Value | undefined {
  if (target instanceof PyObject) return target.attribute(name);
  if (target instanceof PyTuple) {
    const field = target.fields.indexOf(name);
    if (field !== -1) return target.items[field];
  }
  return methodOf(rt, target, name);
}

/** `target.name` without a look at a dict's keys. */
export function getAttribute(rt: Runtime, target: Value, name: string): Value {
  const nothing = refused(target);
  if (nothing !== null) return nothing;
  const found = attribute(rt, target, name);
  return found === undefined ? missingMember(rt, target, name) : found;
}

/**
 * `target.name`. Python finds a dict's methods before its keys, which hides keys such as `items` and `values`; here
 * methods come first only where one is called.
 */
export function getMember(rt: Runtime, target: Value, name: string, called = false): Value {
  const nothing = refused(target);
  if (nothing !== null) return nothing;
  const own = isDict(target) && !name.startsWith('__') ? dictGet(target, name) : undefined;
  const first = called || own === undefined ? attribute(rt, target, name) : undefined;
  const found = first === undefined ? own : first;
  return found === undefined ? missingMember(rt, target, name) : found;
}

/** `target[key]`: an item, or else an attribute of that name. */
export function getItem(rt: Runtime, target: Value, key: Value): Value {
  const nothing = refused(target);
  if (nothing !== null) return nothing;
  const item = isDict(target) ? dictGet(target, key) : elementAt(rt, target, key);
  if (item !== undefined) return item;
  const named = typeof key === 'string' ? attribute(rt, target, key) : undefined;
  return named === undefined ? missingMember(rt, target, key) : named;
}

function elementAt(rt: Runtime, target: Value, key: Value): Value | undefined {
  const index = asInteger(key);
  if (index === null) return undefined;
  const items = elements(rt, target);
  return items?.[Number(index) + (index < 0 ? items.length : 0)];
}

/** What can be indexed and cut; null for other values. */
function elements(rt: Runtime, target: Value): readonly Value[] | null {
  if (typeof target === 'string') {
    rt.budget.chars(target.length);
    return characters(target);
  }
  if (target instanceof PyView && target.kind !== 'range') return null;
  return sequenceItems(target);
}

type Bounds = readonly [Value, Value, Value];

/** `target[start:stop:step]`; a bound that is left out is null. */
export function getSlice(rt: Runtime, target: Value, bounds: Bounds): Value {
  const nothing = refused(target);
  if (nothing !== null) return nothing;
  const items = elements(rt, target);
  if (items === null) throw typeError(`'${typeName(target)}' object is not subscriptable`);
  const part = [...sliceIndexes(items.length, bounds)].map((index) => items[index] ?? null);
  rt.budget.items(part.length);
  if (typeof target === 'string') return part.join('');
  return isList(target) || target instanceof PyView ? part : new PyTuple(part);
}

function* sliceIndexes(length: number, [from, to, by]: Bounds): Iterable<number> {
  const step = sliceBound(by) ?? 1;
  if (step === 0) throw typeError('slice step cannot be zero');
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (bound: number) =>
    Math.min(high, Math.max(low, bound < 0 ? bound + length : bound));
  const start = sliceBound(from);
  const stop = sliceBound(to);
  const first = start === null ? (step > 0 ? low : high) : clamp(start);
  const end = stop === null ? (step > 0 ? high : low) : clamp(stop);
  for (let index = first; step > 0 ? index < end : index > end; index += step) yield index;
}

function sliceBound(value: Value): number | null {
  if (value === null) return null;
  const bound = asInteger(value);
  if (bound === null) throw typeError('slice indices must be integers or None');
  return Number(bound);
}
