import { TemplateError } from '../errors.ts';
import type { Expression, FilterCall, Parameter, Statement, Target } from './ast.ts';
import { parseExpression, parseFilterCall, parseTuple } from './expressions.ts';
import { tokenize } from './lexer.ts';
import { namesRead } from './names.ts';
import { TokenStream } from './token-stream.ts';

/** Tags that load or extend other templates; a workflow's template stands alone. */
const OTHER_TEMPLATES = new Set(['include', 'import', 'from', 'extends', 'block']);

const CONSTANT_NAMES = new Set(['true', 'false', 'none', 'True', 'False', 'None']);

type TagParser = (s: TokenStream) => Statement;

const TAGS: ReadonlyMap<string, TagParser> = new Map<string, TagParser>([
  ['if', parseIf],
  ['for', parseFor],
  ['set', parseSet],
  ['with', parseWith],
  ['macro', parseMacro],
  ['call', parseCallBlock],
  ['filter', parseFilterBlock],
]);

/** Parses a whole template. */
export function parseTemplate(source: string): readonly Statement[] {
  const s = new TokenStream(tokenize(source));
  const body: Statement[] = [];
  while (!s.is('end')) body.push(parseStatement(s));
  return body;
}

function parseStatement(s: TokenStream): Statement {
  if (s.is('text')) return { type: 'text', text: s.next().value };
  if (s.skip('output begin')) {
    const value = parseTuple(s);
    s.expect('output end');
    return { type: 'output', value };
  }
  s.expect('block begin');
  return s.nested(() => parseTag(s));
}

function parseTag(s: TokenStream): Statement {
  const name = s.current.value;
  if (!s.is('name')) throw s.error('Expected the name of a tag');
  if (OTHER_TEMPLATES.has(name)) {
    throw new TemplateError(
      'forbidden',
      `{% ${name} %} cannot be used: there are no other templates.`,
    );
  }
  const parse = TAGS.get(name);
  if (parse === undefined) throw s.error(`Unknown or misplaced tag "${name}"`);
  s.next();
  return parse(s);
}

/** Parses statements up to one of the given tags and reads its name. */
function parseBody(s: TokenStream, ends: ReadonlySet<string>): { body: Statement[]; end: string } {
  s.expect('block end');
  const body: Statement[] = [];
  while (!(s.is('block begin') && s.following.type === 'name' && ends.has(s.following.value))) {
    if (s.is('end'))
      throw s.error(`Missing ${[...ends].map((end) => `{% ${end} %}`).join(' or ')}`);
    body.push(parseStatement(s));
  }
  s.next();
  return { body, end: s.next().value };
}

/** Parses statements up to the closing tag of a block. */
function parseBlock(s: TokenStream, end: string): Statement[] {
  const { body } = parseBody(s, new Set([end]));
  s.expect('block end');
  return body;
}

function parseIf(s: TokenStream): Statement {
  const branches: { test: Expression; body: Statement[] }[] = [];
  for (;;) {
    const test = parseTuple(s, { conditional: false });
    const { body, end } = parseBody(s, new Set(['elif', 'else', 'endif']));
    branches.push({ test, body });
    if (end === 'elif') continue;
    const otherwise = end === 'else' ? parseBlock(s, 'endif') : [];
    if (end === 'endif') s.expect('block end');
    return { type: 'if', branches, otherwise };
  }
}

function parseFor(s: TokenStream): Statement {
  const target = parseTarget(s, { namespaces: false });
  s.expect('name', 'in');
  const iterable = parseTuple(s, { conditional: false, loop: true });
  const condition = s.skip('name', 'if') ? parseExpression(s) : null;
  const recursive = s.skip('name', 'recursive');
  const { body, end } = parseBody(s, new Set(['else', 'endfor']));
  const otherwise = end === 'else' ? parseBlock(s, 'endfor') : [];
  if (end === 'endfor') s.expect('block end');
  return { type: 'for', target, iterable, condition, recursive, body, otherwise };
}

function parseSet(s: TokenStream): Statement {
  const target = parseTarget(s, { namespaces: true });
  if (s.skip('operator', '=')) {
    const value = parseTuple(s);
    s.expect('block end');
    return { type: 'set', target, value };
  }
  const filters: FilterCall[] = [];
  while (s.skip('operator', '|')) filters.push(parseFilterCall(s));
  return { type: 'capture', target, filters, body: parseBlock(s, 'endset') };
}

function parseWith(s: TokenStream): Statement {
  const bindings: (readonly [Target, Expression])[] = [];
  while (!s.is('block end')) {
    if (bindings.length > 0) s.expect('operator', ',');
    const target = parseTarget(s, { namespaces: false });
    s.expect('operator', '=');
    bindings.push([target, parseExpression(s)]);
  }
  return { type: 'with', bindings, body: parseBlock(s, 'endwith') };
}

function parseMacro(s: TokenStream): Statement {
  const name = targetName(s);
  s.expect('operator', '(');
  const parameters = parseParameters(s);
  const body = parseBlock(s, 'endmacro');
  return { type: 'macro', macro: { name, parameters, body, reads: namesRead(body) } };
}

function parseCallBlock(s: TokenStream): Statement {
  const parameters = s.skip('operator', '(') ? parseParameters(s) : [];
  const call = parseExpression(s);
  if (call.type !== 'call') throw s.error('{% call %} needs a call of a macro');
  const body = parseBlock(s, 'endcall');
  return {
    type: 'call block',
    call,
    caller: { name: 'caller', parameters, body, reads: namesRead(body) },
  };
}

function parseFilterBlock(s: TokenStream): Statement {
  const filters = [parseFilterCall(s)];
  while (s.skip('operator', '|')) filters.push(parseFilterCall(s));
  return { type: 'filter block', filters, body: parseBlock(s, 'endfilter') };
}

function parseParameters(s: TokenStream): Parameter[] {
  const parameters: Parameter[] = [];
  while (!s.is('operator', ')')) {
    if (parameters.length > 0) s.expect('operator', ',');
    const name = targetName(s);
    const fallback = s.skip('operator', '=') ? parseExpression(s) : null;
    if (fallback === null && parameters.at(-1)?.fallback) {
      throw s.error('A parameter without a default follows one with a default');
    }
    parameters.push({ name, fallback });
  }
  s.expect('operator', ')');
  return parameters;
}

function targetName(s: TokenStream): string {
  const { value } = s.expect('name');
  if (CONSTANT_NAMES.has(value)) throw s.error(`Cannot assign to "${value}"`);
  return value;
}

function parseTarget(s: TokenStream, options: { namespaces: boolean }): Target {
  const items: Target[] = [];
  let comma = false;
  while (!targetsEnd(s)) {
    items.push(s.nested(() => parseOneTarget(s, options)));
    if (!s.skip('operator', ',')) break;
    comma = true;
  }
  const [only] = items;
  if (only === undefined) throw s.unexpected();
  return comma ? { type: 'targets', items } : only;
}

function targetsEnd(s: TokenStream): boolean {
  return s.is('name', 'in') || s.is('operator', '=') || s.is('operator', ')') || s.is('block end');
}

function parseOneTarget(s: TokenStream, options: { namespaces: boolean }): Target {
  if (s.skip('operator', '(')) {
    const target = parseTarget(s, options);
    s.expect('operator', ')');
    return target;
  }
  const name = targetName(s);
  if (!options.namespaces || !s.skip('operator', '.')) return { type: 'name', name };
  return { type: 'member', namespace: name, name: s.expect('name').value };
}

/** Parses a single expression; braces around it are optional. */
export function parseLoneExpression(expression: string): Expression {
  const trimmed = expression.trim();
  const source = trimmed.startsWith('{{') && trimmed.endsWith('}}') ? trimmed : `{{ ${trimmed} }}`;
  const [statement, ...more] = parseTemplate(source);
  if (statement?.type === 'output' && more.length === 0) return statement.value;
  throw new TemplateError('syntax', `"${trimmed.slice(0, 200)}" is not one expression.`);
}
