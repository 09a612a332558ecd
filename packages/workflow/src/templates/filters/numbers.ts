import { typeError } from '../errors.ts';
import { type Operation, operation } from '../operation.ts';
import type { Runtime } from '../runtime.ts';
import { parseFloatText, parseIntegerText } from '../values/number-text.ts';
import {
  asInteger,
  asNumber,
  floatValue,
  type Integer,
  negate,
  roundFloat,
  roundInteger,
  truncated,
} from '../values/numbers.ts';
import { isFloat, PyFloat, typeName, Undefined, type Value, valueOr } from '../values/value.ts';
import { flag, integerOr, textOr } from './given.ts';

type Filter = Operation<Value>;

const int = operation<Value>(['default?', 'base?'], (rt, value, [fallback, base]) => {
  if (value instanceof Undefined) throw value.error();
  if (typeof value === 'string') {
    rt.budget.chars(value.length);
    const parsed = parseIntegerText(rt.budget, value, integerOr(base, 10));
    const number = parseFloatText(value);
    return parsed ?? (number === null ? null : truncated(number)) ?? valueOr(fallback, 0);
  }
  return asInteger(value) ?? wholePart(value) ?? valueOr(fallback, 0);
});

function wholePart(value: Value): Integer | null {
  return isFloat(value) ? truncated(asNumber(value) ?? 0) : null;
}

/** What Python's `float()` makes of a value; null when it makes nothing of it. */
function floatOf(rt: Runtime, value: Value): number | null {
  if (typeof value !== 'string') return asNumber(value);
  rt.budget.chars(value.length);
  return parseFloatText(value);
}

const float = operation<Value>(['default?'], (rt, value, [fallback]) => {
  if (value instanceof Undefined) throw value.error();
  const number = floatOf(rt, value);
  return number === null ? valueOr(fallback, new PyFloat(0)) : floatValue(number);
});

const abs = operation<Value>([], (_, value) => {
  if (value instanceof Undefined) throw value.error();
  const number = asNumber(value);
  if (number === null) throw typeError(`bad operand type for abs(): '${typeName(value)}'`);
  if (number < 0 || Object.is(number, -0)) return negate(value) ?? value;
  return typeof value === 'boolean' ? Number(value) : value;
});

const round = operation<Value>(['precision?', 'method?'], (rt, value, [precision, method]) => {
  if (value instanceof Undefined) throw value.error();
  const digits = integerOr(precision, 0);
  const how = textOr(rt, method, 'common');
  const number = asNumber(value);
  if (number === null) throw typeError(`type ${typeName(value)} doesn't define __round__ method`);
  if (how === 'common') {
    const integer = asInteger(value);
    return integer === null
      ? floatValue(roundFloat(number, digits))
      : roundInteger(integer, digits);
  }
  if (how !== 'ceil' && how !== 'floor') throw typeError('method must be common, ceil or floor');
  const unit = 10 ** digits;
  return floatValue((how === 'ceil' ? Math.ceil(number * unit) : Math.floor(number * unit)) / unit);
});

const DECIMAL_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const BINARY_UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

const filesizeformat = operation<Value>(['binary?'], (rt, value, [binary]) => {
  const bytes = floatOf(rt, value);
  if (value instanceof Undefined) throw value.error();
  if (bytes === null) throw typeError(`could not convert ${typeName(value)} to float`);
  const [base, units] = flag(rt, binary) ? [1024, BINARY_UNITS] : [1000, DECIMAL_UNITS];
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const index = units.findIndex((_, power) => bytes < base ** (power + 2));
  const power = index === -1 ? units.length - 1 : index;
  return `${roundFloat(bytes / base ** (power + 1), 1).toFixed(1)} ${units[power]}`;
});

/** Filters on numbers. */
export const NUMBER_FILTERS: readonly (readonly [string, Filter])[] = [
  ['int', int],
  ['float', float],
  ['abs', abs],
  ['round', round],
  ['filesizeformat', filesizeformat],
];
