import { typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { CallArguments, ComparisonOperator, Expression, FilterCall } from '../syntax/ast.ts';
import { compare, contains, equal, truthy } from '../values/compare.ts';
import { dictEntries } from '../values/dicts.ts';
import { iterate } from '../values/iterate.ts';
import { asNumber, negate } from '../values/numbers.ts';
import { operate } from '../values/operators.ts';
import { joined } from '../values/repr.ts';
import { text } from '../values/text.ts';
import {
  type CallValues,
  isDict,
  PyDict,
  PyObject,
  PyTuple,
  typeName,
  Undefined,
  type Value,
} from '../values/value.ts';
import { getItem, getMember, getSlice, missingName } from './access.ts';
import type { Scope } from './scope.ts';

/** Where an expression or a statement is evaluated. */
export interface Frame {
  readonly rt: Runtime;
  readonly scope: Scope;
}

type Of<T extends Expression['type']> = Extract<Expression, { type: T }>;

/** The value of an expression. */
export function evaluate(frame: Frame, expression: Expression): Value {
  const { rt } = frame;
  rt.budget.spend(1);
  switch (expression.type) {
    case 'constant':
      return expression.value;
    case 'name':
      return evaluateName(frame, expression.name);
    case 'list':
      return evaluateAll(frame, expression.items);
    case 'tuple':
      return new PyTuple(evaluateAll(frame, expression.items));
    case 'dict':
      return evaluateDict(frame, expression);
    case 'attribute':
      return getMember(rt, evaluate(frame, expression.target), expression.name);
    case 'subscript':
      return getItem(rt, evaluate(frame, expression.target), evaluate(frame, expression.index));
    case 'slice':
      return evaluateSlice(frame, expression);
    case 'call':
      return evaluateCall(frame, expression);
    case 'filter':
      return applyFilter(frame, evaluate(frame, expression.target), expression.filter);
    case 'test':
      return evaluateTest(frame, expression);
    default:
      return evaluateOperation(frame, expression);
  }
}

function evaluateName(frame: Frame, name: string): Value {
  const value = frame.scope.get(name);
  return value === undefined ? missingName(name) : value;
}

type Operation = Of<
  'comparison' | 'arithmetic' | 'concat' | 'sign' | 'not' | 'logic' | 'conditional'
>;

function evaluateOperation(frame: Frame, expression: Operation): Value {
  const { rt } = frame;
  switch (expression.type) {
    case 'comparison':
      return evaluateComparison(frame, expression);
    case 'arithmetic': {
      const left = evaluate(frame, expression.left);
      return operate(rt, expression.operator, [left, evaluate(frame, expression.right)]);
    }
    case 'concat': {
      const parts = expression.parts.map((part) => text(rt, evaluate(frame, part)));
      return joined(rt, parts, '');
    }
    case 'sign':
      return signed(expression.operator, evaluate(frame, expression.operand));
    case 'not':
      return !truthy(rt, evaluate(frame, expression.operand));
    case 'logic': {
      const left = evaluate(frame, expression.left);
      if (truthy(rt, left) === (expression.operator === 'or')) return left;
      return evaluate(frame, expression.right);
    }
    case 'conditional':
      return evaluateConditional(frame, expression);
  }
}

function evaluateAll(frame: Frame, expressions: readonly Expression[]): Value[] {
  return expressions.map((expression) => evaluate(frame, expression));
}

function evaluateDict(frame: Frame, { entries }: Of<'dict'>): Value {
  return new PyDict(entries.map(([key, value]) => [evaluate(frame, key), evaluate(frame, value)]));
}

function evaluateSlice(frame: Frame, { target, bounds }: Of<'slice'>): Value {
  const value = evaluate(frame, target);
  const [start, stop, step] = bounds.map((bound) => bound && evaluate(frame, bound));
  return getSlice(frame.rt, value, [start ?? null, stop ?? null, step ?? null]);
}

function evaluateConditional(frame: Frame, { test, then, otherwise }: Of<'conditional'>): Value {
  if (truthy(frame.rt, evaluate(frame, test))) return evaluate(frame, then);
  if (otherwise !== null) return evaluate(frame, otherwise);
  return new Undefined('An inline "if" was false and has no "else".');
}

function evaluateCall(frame: Frame, { callee, args }: Of<'call'>): Value {
  const target =
    callee.type === 'attribute'
      ? getMember(frame.rt, evaluate(frame, callee.target), callee.name, true)
      : evaluate(frame, callee);
  return callValue(target, evaluateArguments(frame, args));
}

/** Calls a value; raises when it cannot be called. */
export function callValue(callee: Value, args: CallValues): Value {
  if (callee instanceof Undefined) {
    if (callee.inert) return callee;
    throw callee.error();
  }
  if (!(callee instanceof PyObject) || callee.call === null) {
    throw typeError(`'${typeName(callee)}' object is not callable`);
  }
  return callee.call(args);
}

/** Evaluates the arguments of a call, from left to right. */
export function evaluateArguments(frame: Frame, args: CallArguments): CallValues {
  const positional = evaluateAll(frame, args.positional);
  const named = new Map<string, Value>();
  for (const [name, value] of args.named) {
    if (named.has(name)) throw typeError(`keyword argument repeated: ${name}`);
    named.set(name, evaluate(frame, value));
  }
  if (args.spread !== null) {
    const more = iterate(frame.rt, evaluate(frame, args.spread));
    return { positional: [...positional, ...more], named: withSpread(frame, named, args) };
  }
  return { positional, named: withSpread(frame, named, args) };
}

function withSpread(
  frame: Frame,
  named: Map<string, Value>,
  { namedSpread }: CallArguments,
): ReadonlyMap<string, Value> {
  if (namedSpread === null) return named;
  const more = evaluate(frame, namedSpread);
  if (!isDict(more)) throw typeError(`argument after ** must be a mapping, not ${typeName(more)}`);
  for (const [key, value] of dictEntries(more)) {
    if (typeof key !== 'string') throw typeError('keywords must be strings');
    if (named.has(key)) throw typeError(`got multiple values for keyword argument '${key}'`);
    named.set(key, value);
  }
  return named;
}

/** Applies one filter with its arguments. */
export function applyFilter(frame: Frame, value: Value, { name, args }: FilterCall): Value {
  return frame.rt.filter(name, value, evaluateArguments(frame, args));
}

function evaluateTest(frame: Frame, { target, test, negated }: Of<'test'>): boolean {
  const value = evaluate(frame, target);
  return frame.rt.test(test.name, value, evaluateArguments(frame, test.args)) !== negated;
}

function evaluateComparison(frame: Frame, { first, rest }: Of<'comparison'>): boolean {
  let left = evaluate(frame, first);
  for (const [operator, operand] of rest) {
    const right = evaluate(frame, operand);
    if (!compares(frame.rt, operator, [left, right])) return false;
    left = right;
  }
  return true;
}

function compares(
  rt: Runtime,
  operator: ComparisonOperator,
  pair: readonly [Value, Value],
): boolean {
  const [left, right] = pair;
  switch (operator) {
    case '==':
      return equal(rt, left, right);
    case '!=':
      return !equal(rt, left, right);
    case 'in':
      return contains(rt, right, left);
    case 'not in':
      return !contains(rt, right, left);
    case '<':
      return compare(rt, operator, pair) < 0;
    case '<=':
      return compare(rt, operator, pair) <= 0;
    case '>':
      return compare(rt, operator, pair) > 0;
    case '>=':
      return compare(rt, operator, pair) >= 0;
  }
}

function signed(operator: '+' | '-', value: Value): Value {
  if (value instanceof Undefined) {
    if (value.inert) return value;
    throw value.error();
  }
  const negative = negate(value);
  if (negative === null || asNumber(value) === null) {
    throw typeError(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  }
  if (operator === '-') return negative;
  return typeof value === 'boolean' ? Number(value) : value;
}
