import type { TemplateError } from '../errors.ts';
import { FILTERS } from '../filters/filters.ts';
import { TESTS } from '../tests.ts';
import { floatValue, normalInteger } from '../values/numbers.ts';
import type { Value } from '../values/value.ts';
import type {
  ArithmeticOperator,
  CallArguments,
  ComparisonOperator,
  Expression,
  FilterCall,
} from './ast.ts';
import type { TokenStream } from './token-stream.ts';

/*
 * Jinja2's grammar, one function for each level of precedence, loosest first. Two levels differ from Python's: `~` binds
 * tighter than `+`, and a sign binds tighter than `**`.
 */

const NO_ARGUMENTS: CallArguments = { positional: [], named: [], spread: null, namedSpread: null };
const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
const SUMS = new Set(['+', '-']);
const PRODUCTS = new Set(['*', '/', '//', '%']);
const POWERS = new Set(['**']);
const POSTFIXES = new Set(['.', '[', '(']);
const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

/** Parses an expression, with `a if b else c` unless a `for` needs the word `if` for itself. */
export function parseExpression(s: TokenStream, conditional = true): Expression {
  return s.nested(() => (conditional ? parseConditional(s) : parseOr(s)));
}

function parseConditional(s: TokenStream): Expression {
  let then = parseOr(s);
  while (s.skip('name', 'if')) {
    const test = parseOr(s);
    const otherwise = s.skip('name', 'else') ? parseExpression(s) : null;
    then = { type: 'conditional', test, then, otherwise };
  }
  return then;
}

function parseOr(s: TokenStream): Expression {
  let left = parseAnd(s);
  while (s.skip('name', 'or')) left = { type: 'logic', operator: 'or', left, right: parseAnd(s) };
  return left;
}

function parseAnd(s: TokenStream): Expression {
  let left = parseNot(s);
  while (s.skip('name', 'and')) left = { type: 'logic', operator: 'and', left, right: parseNot(s) };
  return left;
}

function parseNot(s: TokenStream): Expression {
  if (!s.skip('name', 'not')) return parseComparison(s);
  return { type: 'not', operand: s.nested(() => parseNot(s)) };
}

function parseComparison(s: TokenStream): Expression {
  const first = parseSum(s);
  const rest: (readonly [ComparisonOperator, Expression])[] = [];
  for (let operator = comparison(s); operator !== null; operator = comparison(s)) {
    rest.push([operator, parseSum(s)]);
  }
  return rest.length === 0 ? first : { type: 'comparison', first, rest };
}

function comparison(s: TokenStream): ComparisonOperator | null {
  if (s.isOperator(COMPARISONS)) return s.next().value as ComparisonOperator;
  if (s.skip('name', 'in')) return 'in';
  if (!(s.is('name', 'not') && s.following.type === 'name' && s.following.value === 'in')) {
    return null;
  }
  s.next();
  s.next();
  return 'not in';
}

function parseArithmetic(
  s: TokenStream,
  operators: ReadonlySet<string>,
  operand: (s: TokenStream) => Expression,
): Expression {
  let left = operand(s);
  while (s.isOperator(operators)) {
    const operator = s.next().value as ArithmeticOperator;
    left = { type: 'arithmetic', operator, left, right: operand(s) };
  }
  return left;
}

function parseSum(s: TokenStream): Expression {
  return parseArithmetic(s, SUMS, parseConcat);
}

function parseConcat(s: TokenStream): Expression {
  const first = parseProduct(s);
  if (!s.is('operator', '~')) return first;
  const parts = [first];
  while (s.skip('operator', '~')) parts.push(parseProduct(s));
  return { type: 'concat', parts };
}

function parseProduct(s: TokenStream): Expression {
  return parseArithmetic(s, PRODUCTS, parsePower);
}

function parsePower(s: TokenStream): Expression {
  return parseArithmetic(s, POWERS, (inner) => parseUnary(inner, true));
}

function parseUnary(s: TokenStream, filters: boolean): Expression {
  let result: Expression;
  if (s.isOperator(SUMS)) {
    const operator = s.next().value === '-' ? '-' : '+';
    result = { type: 'sign', operator, operand: s.nested(() => parseUnary(s, false)) };
  } else {
    result = parsePrimary(s);
  }
  result = parsePostfix(s, result);
  return filters ? parseFiltersAndTests(s, result) : result;
}

/** Parses a name, a literal or a bracket. */
function parsePrimary(s: TokenStream): Expression {
  const token = s.current;
  switch (token.type) {
    case 'name': {
      s.next();
      const constant = CONSTANTS.get(token.value);
      if (constant !== undefined) return { type: 'constant', value: constant };
      return { type: 'name', name: token.value };
    }
    case 'string': {
      let value = '';
      while (s.is('string')) value += s.next().value;
      return { type: 'constant', value };
    }
    case 'integer':
      s.next();
      return { type: 'constant', value: normalInteger(BigInt(token.value)) };
    case 'float':
      s.next();
      return { type: 'constant', value: floatValue(Number(token.value)) };
    default:
      return parseBracket(s);
  }
}

function parseBracket(s: TokenStream): Expression {
  if (s.skip('operator', '(')) {
    const value = parseTuple(s, { empty: true });
    s.expect('operator', ')');
    return value;
  }
  if (s.skip('operator', '[')) {
    return { type: 'list', items: parseItems(s, ']', parseExpression) };
  }
  if (s.skip('operator', '{')) {
    return { type: 'dict', entries: parseItems(s, '}', parseEntry) };
  }
  throw s.unexpected();
}

function parseEntry(s: TokenStream): readonly [Expression, Expression] {
  const key = parseExpression(s);
  s.expect('operator', ':');
  return [key, parseExpression(s)];
}

function parseItems<T>(s: TokenStream, end: string, parse: (s: TokenStream) => T): T[] {
  const items: T[] = [];
  while (!s.is('operator', end)) {
    if (items.length > 0) s.expect('operator', ',');
    if (s.is('operator', end)) break;
    items.push(parse(s));
  }
  s.expect('operator', end);
  return items;
}

/** How a bare list of expressions is read: whether `if` belongs to it, and whether nothing at all is a tuple. */
export interface TupleOptions {
  readonly conditional?: boolean;
  readonly empty?: boolean;
  /** In the head of a `for`, where the word `recursive` ends the list. */
  readonly loop?: boolean;
}

/** Parses one expression, or a tuple when a comma follows. */
export function parseTuple(s: TokenStream, options: TupleOptions = {}): Expression {
  const items: Expression[] = [];
  let comma = false;
  while (!tupleEnds(s, options)) {
    items.push(parseExpression(s, options.conditional ?? true));
    if (!s.skip('operator', ',')) break;
    comma = true;
  }
  const [only] = items;
  if (only !== undefined) return comma ? { type: 'tuple', items } : only;
  if (options.empty === true) return { type: 'tuple', items };
  throw s.error('Expected an expression');
}

function tupleEnds(s: TokenStream, options: TupleOptions): boolean {
  if (options.loop === true && s.is('name', 'recursive')) return true;
  return s.is('output end') || s.is('block end') || s.is('operator', ')');
}

/** Parses what may follow a value: attributes, subscripts and calls. */
function parsePostfix(s: TokenStream, start: Expression): Expression {
  let value = start;
  while (s.isOperator(POSTFIXES)) {
    const operator = s.next().value;
    if (operator === '(') value = { type: 'call', callee: value, args: parseCallArguments(s) };
    else if (operator === '[') value = parseSubscript(s, value);
    else value = parseAttribute(s, value);
  }
  return value;
}

function parseAttribute(s: TokenStream, target: Expression): Expression {
  if (s.is('integer')) return { type: 'subscript', target, index: parsePrimary(s) };
  return { type: 'attribute', target, name: s.expect('name').value };
}

function parseSubscript(s: TokenStream, target: Expression): Expression {
  const start = s.is('operator', ':') ? null : parseExpression(s);
  if (start !== null && !s.is('operator', ':')) {
    const items = [start];
    while (s.skip('operator', ',')) items.push(parseExpression(s));
    s.expect('operator', ']');
    return {
      type: 'subscript',
      target,
      index: items.length > 1 ? { type: 'tuple', items } : start,
    };
  }
  s.expect('operator', ':');
  const stop = sliceBound(s);
  const step = s.skip('operator', ':') ? sliceBound(s) : null;
  s.expect('operator', ']');
  return { type: 'slice', target, bounds: [start, stop, step] };
}

function sliceBound(s: TokenStream): Expression | null {
  return s.is('operator', ':') || s.is('operator', ']') ? null : parseExpression(s);
}

interface ArgumentsRead {
  readonly positional: Expression[];
  readonly named: (readonly [string, Expression])[];
  spread: Expression | null;
  namedSpread: Expression | null;
}

/** Parses the arguments of a call; its opening bracket has been read. */
function parseCallArguments(s: TokenStream): CallArguments {
  const read: ArgumentsRead = { positional: [], named: [], spread: null, namedSpread: null };
  let first = true;
  while (!s.is('operator', ')')) {
    if (!first) s.expect('operator', ',');
    if (s.is('operator', ')')) break;
    first = false;
    parseCallArgument(s, read);
  }
  s.expect('operator', ')');
  return read;
}

function parseCallArgument(s: TokenStream, read: ArgumentsRead): void {
  if (s.skip('operator', '*')) {
    if (read.spread !== null || read.namedSpread !== null) throw invalidCall(s);
    read.spread = parseExpression(s);
  } else if (s.skip('operator', '**')) {
    if (read.namedSpread !== null) throw invalidCall(s);
    read.namedSpread = parseExpression(s);
  } else if (isNamedArgument(s)) {
    if (read.namedSpread !== null) throw invalidCall(s);
    const name = s.next().value;
    s.next();
    read.named.push([name, parseExpression(s)]);
  } else {
    const late = read.spread !== null || read.namedSpread !== null || read.named.length > 0;
    if (late) throw s.error('Positional arguments must come before named ones');
    read.positional.push(parseExpression(s));
  }
}

function invalidCall(s: TokenStream): TemplateError {
  return s.error('Invalid syntax for a call');
}

function isNamedArgument(s: TokenStream): boolean {
  return s.is('name') && s.following.type === 'operator' && s.following.value === '=';
}

function parseFiltersAndTests(s: TokenStream, start: Expression): Expression {
  let value = start;
  for (;;) {
    if (s.skip('operator', '|')) {
      value = { type: 'filter', target: value, filter: parseFilterCall(s) };
    } else if (s.skip('name', 'is')) {
      const negated = s.skip('name', 'not');
      value = { type: 'test', target: value, test: parseTestCall(s), negated };
    } else if (s.skip('operator', '(')) {
      value = { type: 'call', callee: value, args: parseCallArguments(s) };
    } else {
      return value;
    }
  }
}

function dottedName(s: TokenStream): string {
  let name = s.expect('name').value;
  while (s.skip('operator', '.')) name += `.${s.expect('name').value}`;
  return name;
}

/** Parses a filter's name and arguments; the bar has been read. */
export function parseFilterCall(s: TokenStream): FilterCall {
  const name = dottedName(s);
  if (!FILTERS.has(name)) throw s.error(`No filter named "${name}"`);
  return { name, args: s.skip('operator', '(') ? parseCallArguments(s) : NO_ARGUMENTS };
}

function parseTestCall(s: TokenStream): FilterCall {
  const name = dottedName(s);
  if (!TESTS.has(name)) throw s.error(`No test named "${name}"`);
  if (s.skip('operator', '(')) return { name, args: parseCallArguments(s) };
  if (!startsTestArgument(s)) return { name, args: NO_ARGUMENTS };
  if (s.is('name', 'is')) throw s.error('Tests cannot be chained with "is"');
  const argument = s.nested(() => parsePostfix(s, parsePrimary(s)));
  return { name, args: { ...NO_ARGUMENTS, positional: [argument] } };
}

function startsTestArgument(s: TokenStream): boolean {
  const { type, value } = s.current;
  if (type === 'name') return value !== 'else' && value !== 'or' && value !== 'and';
  if (type === 'operator') return value === '[' || value === '{';
  return type === 'string' || type === 'integer' || type === 'float';
}
