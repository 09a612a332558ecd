import { typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import type { MacroDefinition, Statement, Target } from '../syntax/ast.ts';
import { truthy } from '../values/compare.ts';
import { iterate } from '../values/iterate.ts';
import { text } from '../values/text.ts';
import { PyObject, PyTuple, Undefined, type Value } from '../values/value.ts';
import { applyFilter, callValue, evaluate, evaluateArguments, type Frame } from './expressions.ts';
import { LoopState } from './loop-state.ts';
import { bindMacro } from './macro-arguments.ts';

type Of<T extends Statement['type']> = Extract<Statement, { type: T }>;

/** Runs a body in a scope of its own and returns what it prints. */
export function render(frame: Frame, body: readonly Statement[]): string {
  return execute(inside(frame), body);
}

function inside(frame: Frame): Frame {
  return { rt: frame.rt, scope: frame.scope.inner() };
}

function printed(rt: Runtime, value: Value): string {
  if (rt.cells && value instanceof Undefined) throw value.error();
  const shown = rt.cells && value === null ? '' : text(rt, value);
  rt.budget.output(shown.length);
  return shown;
}

function execute(frame: Frame, body: readonly Statement[]): string {
  let output = '';
  for (const statement of body) output += executeOne(frame, statement);
  return output;
}

/** Runs one statement and returns what it prints. */
function executeOne(frame: Frame, statement: Statement): string {
  const { rt, scope } = frame;
  rt.budget.spend(1);
  switch (statement.type) {
    case 'text':
      return printed(rt, statement.text);
    case 'output':
      return printed(rt, evaluate(frame, statement.value));
    case 'if':
      return executeIf(frame, statement);
    case 'for': {
      const items = iterate(rt, evaluate(frame, statement.iterable));
      return executeLoop({ frame, statement, depth: 1 }, items);
    }
    case 'set':
      assign(frame, statement.target, evaluate(frame, statement.value));
      return '';
    case 'capture': {
      const captured = render(frame, statement.body);
      assign(frame, statement.target, applyFilters(frame, captured, statement));
      return '';
    }
    case 'with':
      return executeWith(frame, statement);
    case 'macro':
      scope.set(statement.macro.name, macroValue(frame, statement.macro));
      return '';
    case 'call block':
      return printed(rt, callBlock(frame, statement));
    case 'filter block':
      return printed(rt, applyFilters(frame, render(frame, statement.body), statement));
  }
}

function executeIf(frame: Frame, { branches, otherwise }: Of<'if'>): string {
  const chosen = branches.find(({ test }) => truthy(frame.rt, evaluate(frame, test)));
  return execute(frame, chosen?.body ?? otherwise);
}

function executeWith(frame: Frame, { bindings, body }: Of<'with'>): string {
  const inner = inside(frame);
  for (const [target, value] of bindings) assign(inner, target, evaluate(frame, value));
  return execute(inner, body);
}

function applyFilters(
  frame: Frame,
  captured: string,
  { filters }: Of<'capture'> | Of<'filter block'>,
): Value {
  return filters.reduce((value: Value, filter) => applyFilter(frame, value, filter), captured);
}

function assign(frame: Frame, target: Target, value: Value): void {
  switch (target.type) {
    case 'name':
      frame.scope.set(target.name, value);
      break;
    case 'member': {
      const owner = frame.scope.get(target.namespace);
      if (!(owner instanceof PyObject) || owner.set === null) {
        throw typeError(
          `"${target.namespace}" is no namespace; only a namespace has settable parts`,
        );
      }
      owner.set(target.name, value);
      break;
    }
    case 'targets':
      assignEach(frame, target.items, iterate(frame.rt, value));
  }
}

function assignEach(frame: Frame, targets: readonly Target[], items: readonly Value[]): void {
  if (items.length !== targets.length) {
    throw typeError(`${targets.length} values are expected here, but there are ${items.length}`);
  }
  for (const [index, target] of targets.entries()) assign(frame, target, items[index] ?? null);
}

/** One level of a loop: where it stands and how deep. */
interface Loop {
  readonly frame: Frame;
  readonly statement: Of<'for'>;
  readonly depth: number;
}

function executeLoop(loop: Loop, candidates: readonly Value[]): string {
  const { frame, statement, depth } = loop;
  const items = accepted(loop, candidates);
  if (items.length === 0) return render(frame, statement.otherwise);
  const recurse = statement.recursive ? (value: Value) => deeper(loop, value) : null;
  const state = new LoopState(frame.rt, items, { depth, recurse });
  let output = '';
  for (const item of items) {
    state.advance();
    const inner = inside(frame);
    inner.scope.set('loop', state.value);
    assign(inner, statement.target, item);
    output += execute(inner, statement.body);
  }
  return output;
}

/** A copy, so that a body that changes the list it walks over cannot make the walk endless. */
function accepted({ frame, statement }: Loop, candidates: readonly Value[]): readonly Value[] {
  const { condition, target } = statement;
  if (condition === null) return [...candidates];
  return candidates.filter((item) => {
    const inner = inside(frame);
    assign(inner, target, item);
    return truthy(frame.rt, evaluate(inner, condition));
  });
}

function deeper(loop: Loop, value: Value): string {
  const { rt } = loop.frame;
  return rt.budget.call(() => executeLoop({ ...loop, depth: loop.depth + 1 }, iterate(rt, value)));
}

function callBlock(frame: Frame, { call, caller }: Of<'call block'>): Value {
  const callee = evaluate(frame, call.callee);
  const args = evaluateArguments(frame, call.args);
  const named = new Map([...args.named, ['caller', macroValue(frame, caller)] as const]);
  return callValue(callee, { positional: args.positional, named });
}

function macroValue(frame: Frame, macro: MacroDefinition): PyObject {
  const { rt } = frame;
  const names = new PyTuple(macro.parameters.map(({ name }) => name));
  return new PyObject('Macro', {
    label: `<Macro '${macro.name}'>`,
    get: (name) => (name === 'name' ? macro.name : name === 'arguments' ? names : undefined),
    call: (args) =>
      rt.budget.call(() => {
        const inner = inside(frame);
        bindMacro(inner, macro, args);
        return render(inner, macro.body);
      }),
  });
}

/** The one output that a body consists of, white space around it left aside; undefined for any other body. */
export function loneOutput(body: readonly Statement[]): Of<'output'> | undefined {
  const [first, ...more] = body.filter((part) => part.type !== 'text' || part.text.trim() !== '');
  return first?.type === 'output' && more.length === 0 ? first : undefined;
}
