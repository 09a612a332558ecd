import { TemplateError, typeError } from '../errors.ts';
import type { Budget } from '../limits.ts';
import type { ArithmeticOperator } from '../syntax/ast.ts';
import { isFloat, PyFloat, type Value } from './value.ts';

/** A Python int. */
export type Integer = number | bigint;

/** A float as a template value. */
export function floatValue(value: number): number | PyFloat {
  return Number.isFinite(value) && !Number.isInteger(value) ? value : new PyFloat(value);
}

/** An int as a template value, in its small form where it fits. */
export function normalInteger(value: bigint): Integer {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** The int that a bool or an int stands for; null for other values. */
export function asInteger(value: Value): Integer | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isInteger(value) ? value : null;
}

/** The value of a bool, int or float as a double; null for other values. */
export function asNumber(value: Value): number | null {
  if (value instanceof PyFloat) return value.value;
  if (typeof value === 'number') return value;
  const integer = asInteger(value);
  return integer === null ? null : Number(integer);
}

/** A small int that counts or indexes something; raises for other types. */
export function asIndex(value: Value): number {
  const integer = asInteger(value);
  if (integer === null) throw typeError('An integer is needed here.');
  return Number(integer);
}

function bits(value: Integer): number {
  if (typeof value === 'number') return Math.log2(Math.abs(value) + 1);
  return value.toString(16).length * 4;
}

function zeroDivision(): TemplateError {
  return typeError('division by zero');
}

/** Applies an operator to two numbers; null when one of them is none. */
export function arithmetic(
  budget: Budget,
  operator: ArithmeticOperator,
  [left, right]: readonly [Value, Value],
): Value | null {
  const a = asNumber(left);
  const b = asNumber(right);
  if (a === null || b === null) return null;
  const x = asInteger(left);
  const y = asInteger(right);
  if (operator === '/') {
    if (b === 0) throw zeroDivision();
    return floatValue(a / b);
  }
  if (x === null || y === null) return floatValue(floatArithmetic(operator, a, b));
  return integerArithmetic(budget, operator, [x, y]);
}

function floatArithmetic(operator: Exclude<ArithmeticOperator, '/'>, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '//':
      return floorDivide(a, b);
    case '%':
      return floatModulo(a, b);
    case '**':
      return floatPower(a, b);
  }
}

function floatModulo(a: number, b: number): number {
  if (b === 0) throw zeroDivision();
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

function floorDivide(a: number, b: number): number {
  const rest = floatModulo(a, b);
  return Math.round((a - rest) / b);
}

function floatPower(a: number, b: number): number {
  if (a === 0 && b < 0) throw typeError('zero cannot be raised to a negative power');
  if (a < 0 && !Number.isInteger(b) && Number.isFinite(b)) {
    throw typeError('a negative number cannot be raised to a fractional power');
  }
  if (a === 1 || (a === -1 && !Number.isFinite(b))) return 1;
  const result = a ** b;
  if (Number.isFinite(a) && Number.isFinite(b) && !Number.isFinite(result)) {
    throw typeError('Numerical result out of range');
  }
  return result;
}

function integerArithmetic(
  budget: Budget,
  operator: Exclude<ArithmeticOperator, '/'>,
  [x, y]: readonly [Integer, Integer],
): Value {
  if (operator === '**' && y < 0) return floatValue(floatPower(Number(x), Number(y)));
  if ((operator === '//' || operator === '%') && Number(y) === 0) throw zeroDivision();
  if (typeof x === 'number' && typeof y === 'number') {
    const small = smallArithmetic(operator, x, y);
    if (small !== null) return small;
  }
  const size = operator === '**' ? bits(x) * Number(y) : bits(x) + bits(y);
  budget.bits(size);
  return normalInteger(bigArithmetic(operator, BigInt(x), BigInt(y)));
}

/** Computes in doubles; null when a number is too large for exactness. */
function smallArithmetic(
  operator: Exclude<ArithmeticOperator, '/'>,
  x: number,
  y: number,
): number | null {
  if (!Number.isSafeInteger(x) || !Number.isSafeInteger(y)) return null;
  // Adding zero turns -0, which Python's ints do not have, into 0.
  const result = smallResult(operator, x, y) + 0;
  return Number.isSafeInteger(result) ? result : null;
}

function smallResult(operator: Exclude<ArithmeticOperator, '/'>, x: number, y: number): number {
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '//':
      return (x - floatModulo(x, y)) / y;
    case '%':
      return floatModulo(x, y);
    case '**':
      return x ** y;
  }
}

function bigArithmetic(operator: Exclude<ArithmeticOperator, '/'>, x: bigint, y: bigint): bigint {
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '**':
      return x ** y;
    case '//':
      return (x - bigModulo(x, y)) / y;
    case '%':
      return bigModulo(x, y);
  }
}

function bigModulo(x: bigint, y: bigint): bigint {
  const rest = x % y;
  return rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest;
}

/** The value with its sign turned; null when it is no number. */
export function negate(value: Value): Value | null {
  if (isFloat(value)) return floatValue(-(asNumber(value) ?? 0));
  const integer = asInteger(value);
  if (integer === null) return null;
  return typeof integer === 'bigint' ? normalInteger(-integer) : 0 - integer;
}

/** A double as whole number, cut towards zero; null when it is infinite or not a number. */
export function truncated(value: number): Integer | null {
  return Number.isFinite(value) ? normalInteger(BigInt(Math.trunc(value))) : null;
}

/** How Python writes what is no finite float. */
export function nonFiniteText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return value < 0 ? '-inf' : 'inf';
}

const MOST_DIGITS = 100;

/** Fixed-point text with Python's rounding: the exact value decides, and exact halves go to the even digit. */
export function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return nonFiniteText(value);
  if (!(digits <= MOST_DIGITS)) {
    throw new TemplateError(
      'limit',
      `At most ${MOST_DIGITS} digits after the point can be asked for.`,
    );
  }
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (size >= 1e21) {
    return `${sign}${BigInt(size)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`;
  }
  const exact = size.toFixed(MOST_DIGITS);
  const cut = exact.length - MOST_DIGITS + digits;
  if (digits < MOST_DIGITS && /^50*$/.test(exact.slice(cut))) {
    const lower = exact.slice(0, cut).replace(/\.$/, '');
    if (/[02468]$/.test(lower)) return sign + lower;
  }
  return sign + size.toFixed(digits);
}

/** Python's `round(number, digits)` for a float. */
export function roundFloat(value: number, digits: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21 || digits > 22) return value;
  if (digits >= 0) return Number(fixed(value, digits));
  if (digits < -308) return 0;
  const unit = 10 ** -digits;
  return Number(fixed(value / unit, 0)) * unit;
}

/** Python's `round(number, digits)` for an int: exact halves go to the even digit. */
export function roundInteger(value: Integer, digits: number): Integer {
  if (digits >= 0) return value;
  const unit = 10n ** BigInt(Math.min(-digits, 400));
  const whole = BigInt(value);
  const low = whole - bigModulo(whole, unit);
  const twice = (whole - low) * 2n;
  const up = twice > unit || (twice === unit && (low / unit) % 2n !== 0n);
  return normalInteger(up ? low + unit : low);
}
