import { typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { ArithmeticOperator } from '../syntax/ast.ts';
import { asInteger, arithmetic as numberArithmetic } from './numbers.ts';
import { printf } from './printf.ts';
import { isList, PyTuple, typeName, Undefined, type Value } from './value.ts';

/** Python's binary operators. */
export function operate(
  rt: Runtime,
  operator: ArithmeticOperator,
  [left, right]: readonly [Value, Value],
): Value {
  for (const side of [left, right]) {
    if (!(side instanceof Undefined)) continue;
    if (side.inert) return side;
    if (!(operator === '%' && typeof left === 'string')) throw side.error();
  }
  return (
    numberArithmetic(rt.budget, operator, [left, right]) ??
    sequenceArithmetic(rt, operator, [left, right]) ??
    mismatch(operator, left, right)
  );
}

function mismatch(operator: ArithmeticOperator, left: Value, right: Value): never {
  const shown = operator === '**' ? '** or pow()' : operator;
  const types = `'${typeName(left)}' and '${typeName(right)}'`;
  throw typeError(`unsupported operand type(s) for ${shown}: ${types}`);
}

function sequenceArithmetic(
  rt: Runtime,
  operator: ArithmeticOperator,
  [left, right]: readonly [Value, Value],
): Value | null {
  switch (operator) {
    case '+':
      return added(rt, left, right);
    case '*': {
      const count = asInteger(right);
      if (count !== null) return repeated(rt, left, Number(count));
      const times = asInteger(left);
      return times === null ? null : repeated(rt, right, Number(times));
    }
    case '%':
      return typeof left === 'string' ? printf(rt, left, right) : null;
    default:
      return null;
  }
}

function added(rt: Runtime, left: Value, right: Value): Value | null {
  if (typeof left === 'string' && typeof right === 'string') {
    rt.budget.chars(left.length + right.length);
    return left + right;
  }
  if (isList(left) && isList(right)) {
    rt.budget.items(left.length + right.length);
    return [...left, ...right];
  }
  if (left instanceof PyTuple && right instanceof PyTuple) {
    rt.budget.items(left.items.length + right.items.length);
    return new PyTuple([...left.items, ...right.items]);
  }
  return null;
}

function repeated(rt: Runtime, value: Value, times: number): Value | null {
  const count = Math.max(0, times);
  if (typeof value === 'string') {
    if (value === '') return '';
    rt.budget.chars(value.length * count);
    return value.repeat(count);
  }
  if (isList(value)) return repeatedItems(rt, value, count);
  if (value instanceof PyTuple) return new PyTuple(repeatedItems(rt, value.items, count));
  return null;
}

function repeatedItems(rt: Runtime, items: readonly Value[], count: number): readonly Value[] {
  if (items.length === 0) return [];
  rt.budget.items(items.length * count);
  return Array.from({ length: count }, () => items).flat(1);
}
