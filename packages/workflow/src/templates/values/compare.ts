import { typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { dictEntries, dictGet, dictSize } from './dicts.ts';
import { asInteger, asNumber } from './numbers.ts';
import {
  isDict,
  isList,
  NativeJson,
  PyTuple,
  PyView,
  typeName,
  Undefined,
  type Value,
} from './value.ts';

/** Python's truth of a value. */
export function truthy(rt: Runtime, value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null) return false;
  if (typeof value === 'string') return value !== '';
  if (value instanceof Undefined) {
    if (rt.strict && !value.inert) throw value.error();
    return false;
  }
  const number = asNumber(value);
  if (number !== null) return number !== 0;
  if (value instanceof NativeJson) return truthy(rt, value.value);
  const items = sequenceItems(value);
  if (items !== null) return items.length > 0;
  if (!isDict(value)) return true;
  const size = dictSize(value);
  rt.budget.items(size);
  return size > 0;
}

/** The items of a list, tuple or view; null for other values. */
export function sequenceItems(value: Value): readonly Value[] | null {
  if (isList(value)) return value;
  return value instanceof PyTuple || value instanceof PyView ? value.items : null;
}

/** Python's `==`. */
export function equal(rt: Runtime, a: Value, b: Value): boolean {
  rt.budget.spend(0.25);
  if (typeof a === 'string' || typeof b === 'string') return textsEqual(rt, a, b);
  for (const side of [a, b]) {
    if (side instanceof Undefined && rt.strict && !side.inert) throw side.error();
  }
  if (a === b) return true;
  if (asNumber(a) !== null && asNumber(b) !== null) return numbersEqual(a, b);
  if (a instanceof Undefined) return b instanceof Undefined;
  if (sameKindOfSequence(a, b)) {
    return sequencesEqual(rt, sequenceItems(a) ?? [], sequenceItems(b) ?? []);
  }
  return isDict(a) && isDict(b) && dictsEqual(rt, a, b);
}

function textsEqual(rt: Runtime, a: Value, b: Value): boolean {
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  rt.budget.chars(Math.min(a.length, b.length));
  return a === b;
}

function numbersEqual(a: Value, b: Value): boolean {
  const x = asInteger(a);
  const y = asInteger(b);
  if (x !== null && y !== null && (typeof x === 'bigint' || typeof y === 'bigint')) {
    return BigInt(x) === BigInt(y);
  }
  return asNumber(a) === asNumber(b);
}

function sameKindOfSequence(a: Value, b: Value): boolean {
  if (isList(a)) return isList(b);
  if (a instanceof PyTuple) return b instanceof PyTuple;
  return a instanceof PyView && b instanceof PyView && a.kind === b.kind;
}

function sequencesEqual(rt: Runtime, a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, index) => equal(rt, item, b[index] ?? null));
}

function dictsEqual(
  rt: Runtime,
  a: Parameters<typeof dictSize>[0],
  b: Parameters<typeof dictSize>[0],
): boolean {
  if (dictSize(a) !== dictSize(b)) return false;
  return dictEntries(a).every(([key, item]) => {
    const other = dictGet(b, key);
    return other !== undefined && equal(rt, item, other);
  });
}

const SURROGATE = /[\ud800-\udfff]/;

/** Orders texts by code points, as Python does; UTF-16 units differ only where surrogates occur. */
function compareTexts(a: string, b: string): number {
  if (!(SURROGATE.test(a) || SURROGATE.test(b))) return a < b ? -1 : Number(a > b);
  const x = Array.from(a, (character) => character.codePointAt(0) ?? 0);
  const y = Array.from(b, (character) => character.codePointAt(0) ?? 0);
  for (const [index, code] of x.entries()) {
    const other = y[index];
    if (other === undefined) return 1;
    if (code !== other) return code - other;
  }
  return x.length - y.length;
}

/** Orders two values of one kind, NaN for numbers that have no order; raises, naming the operator, when they do not compare. */
export function compare(rt: Runtime, operator: string, [a, b]: readonly [Value, Value]): number {
  rt.budget.spend(0.125);
  if (typeof a === 'string' && typeof b === 'string') {
    rt.budget.chars(Math.min(a.length, b.length), 4);
    return compareTexts(a, b);
  }
  const x = asNumber(a);
  const y = asNumber(b);
  if (x !== null && y !== null) return compareNumbers(a, b);
  for (const side of [a, b]) if (side instanceof Undefined) throw side.error();
  if (!sameKindOfSequence(a, b) || a instanceof PyView) {
    const types = `'${typeName(a)}' and '${typeName(b)}'`;
    throw typeError(`'${operator}' not supported between instances of ${types}`);
  }
  return compareItems(rt, operator, [sequenceItems(a) ?? [], sequenceItems(b) ?? []]);
}

function compareItems(
  rt: Runtime,
  operator: string,
  [left, right]: readonly [readonly Value[], readonly Value[]],
): number {
  for (const [index, item] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (!equal(rt, item, other)) return compare(rt, operator, [item, other]);
  }
  return left.length - right.length;
}

function compareNumbers(a: Value, b: Value): number {
  const x = asInteger(a);
  const y = asInteger(b);
  if (x !== null && y !== null) return x < y ? -1 : Number(x > y);
  const m = asNumber(a) ?? 0;
  const n = asNumber(b) ?? 0;
  if (Number.isNaN(m) || Number.isNaN(n)) return Number.NaN;
  return m < n ? -1 : Number(m > n);
}

/** Python's `item in container`. */
export function contains(rt: Runtime, container: Value, item: Value): boolean {
  if (typeof container === 'string') {
    if (typeof item !== 'string') {
      throw typeError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    }
    rt.budget.search(container.length, item.length);
    return container.includes(item);
  }
  if (isDict(container)) return dictGet(container, item) !== undefined;
  if (container instanceof Undefined) {
    if (rt.strict && !container.inert) throw container.error();
    return false;
  }
  const items = sequenceItems(container);
  if (items === null) throw typeError(`argument of type '${typeName(container)}' is not iterable`);
  return items.some((candidate) => equal(rt, candidate, item));
}
