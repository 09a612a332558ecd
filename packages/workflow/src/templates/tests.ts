import { FILTERS } from './filters/filters.ts';
import { type Operation, type Operations, operation } from './operation.ts';
import type { Runtime } from './runtime.ts';
import { compare, contains, equal, sequenceItems } from './values/compare.ts';
import { iterable } from './values/iterate.ts';
import { isLower, isUpper } from './values/letters.ts';
import { asInteger, asNumber } from './values/numbers.ts';
import { operate } from './values/operators.ts';
import { text } from './values/text.ts';
import {
  isDict,
  isFloat,
  PyObject,
  PyView,
  typeName,
  Undefined,
  type Value,
} from './values/value.ts';

type Test = Operation<boolean>;

function plain(holds: (value: Value, rt: Runtime) => boolean): Test {
  return operation([], (rt, value) => holds(value, rt));
}

function relation(holds: (rt: Runtime, value: Value, other: Value) => boolean): Test {
  return operation(['other'], (rt, value, [other]) => holds(rt, value, other ?? null));
}

function remainderIs(rt: Runtime, value: Value, divisor: Value, wanted: number): boolean {
  return equal(rt, operate(rt, '%', [value, divisor]), wanted);
}

const eq = relation(equal);
const ne = relation((rt, value, other) => !equal(rt, value, other));
const lt = relation((rt, value, other) => compare(rt, '<', [value, other]) < 0);
const le = relation((rt, value, other) => compare(rt, '<=', [value, other]) <= 0);
const gt = relation((rt, value, other) => compare(rt, '>', [value, other]) > 0);
const ge = relation((rt, value, other) => compare(rt, '>=', [value, other]) >= 0);

function isSequence(value: Value): boolean {
  if (value instanceof PyView) return value.kind === 'range';
  const other = typeof value === 'string' || value instanceof Undefined || isDict(value);
  return other || sequenceItems(value) !== null;
}

function readText(rt: Runtime, value: Value): string {
  const shown = text(rt, value);
  rt.budget.chars(shown.length);
  return shown;
}

function isInteger(value: Value): boolean {
  return typeof value !== 'boolean' && asInteger(value) !== null;
}

/** Identity; values of the scope are the same when JavaScript says so. */
function isSame(value: Value, other: Value): boolean {
  return value === other && typeName(value) === typeName(other);
}

/** All tests, by name. */
export const TESTS: Operations<boolean> = new Map<string, Test>([
  ['defined', plain((value) => !(value instanceof Undefined))],
  ['undefined', plain((value) => value instanceof Undefined)],
  ['none', plain((value) => value === null)],
  ['boolean', plain((value) => typeof value === 'boolean')],
  ['true', plain((value) => value === true)],
  ['false', plain((value) => value === false)],
  ['integer', plain(isInteger)],
  ['float', plain((value) => isFloat(value))],
  ['number', plain((value) => asNumber(value) !== null)],
  ['string', plain((value) => typeof value === 'string')],
  ['mapping', plain((value) => isDict(value))],
  ['sequence', plain(isSequence)],
  ['iterable', plain((value, rt) => iterable(rt, value) !== null)],
  ['callable', plain((value) => value instanceof PyObject && value.call !== null)],
  ['escaped', plain(() => false)],
  ['lower', plain((value, rt) => isLower(readText(rt, value)))],
  ['upper', plain((value, rt) => isUpper(readText(rt, value)))],
  ['even', plain((value, rt) => remainderIs(rt, value, 2, 0))],
  ['odd', plain((value, rt) => remainderIs(rt, value, 2, 1))],
  ['divisibleby', operation(['num'], (rt, value, [num]) => remainderIs(rt, value, num ?? null, 0))],
  ['filter', plain((value) => typeof value === 'string' && FILTERS.has(value))],
  ['test', plain((value) => typeof value === 'string' && TESTS.has(value))],
  ['sameas', relation((_, value, other) => isSame(value, other))],
  ['in', relation((rt, value, other) => contains(rt, other, value))],
  ...named(['eq', 'equalto', '=='], eq),
  ...named(['ne', '!='], ne),
  ...named(['lt', 'lessthan', '<'], lt),
  ...named(['le', '<='], le),
  ...named(['gt', 'greaterthan', '>'], gt),
  ...named(['ge', '>='], ge),
]);

function named(names: readonly string[], test: Test): readonly (readonly [string, Test])[] {
  return names.map((name) => [name, test]);
}
