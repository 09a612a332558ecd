import { typeError } from '../errors.ts';
import type { MacroDefinition, Statement, Target } from '../syntax/ast.ts';
import { truthy } from '../values/compare.ts';
import { iterate } from '../values/iterate.ts';
import { joined, text } from '../values/text.ts';
import { PyObject, PyTuple, type Value } from '../values/value.ts';
import { applyFilter, callValue, evaluate, evaluateArguments, type Frame } from './expressions.ts';
import { LoopState } from './loop-state.ts';
import { bindMacro } from './macro-arguments.ts';

type Of<T extends Statement['type']> = Extract<Statement, { type: T }>;

/** Texts that a body has printed so far. */
type Output = string[];

/** Runs a body in a scope of its own and returns what it prints. */
export function render(frame: Frame, body: readonly Statement[]): string {
  const output: Output = [];
  execute(inside(frame), body, output);
  return joined(frame.rt, output, '');
}

function inside(frame: Frame): Frame {
  return { rt: frame.rt, scope: frame.scope.inner() };
}

function print(frame: Frame, output: Output, printed: string): void {
  frame.rt.budget.output(printed.length);
  output.push(printed);
}

function execute(frame: Frame, body: readonly Statement[], output: Output): void {
  for (const statement of body) executeOne(frame, statement, output);
}

function executeOne(frame: Frame, statement: Statement, output: Output): void {
  const { rt, scope } = frame;
  rt.budget.spend(1);
  switch (statement.type) {
    case 'text':
      return print(frame, output, statement.text);
    case 'output':
      return print(frame, output, text(rt, evaluate(frame, statement.value)));
    case 'if':
      return executeIf(frame, statement, output);
    case 'for': {
      const items = iterate(rt, evaluate(frame, statement.iterable));
      return executeLoop({ frame, statement, depth: 1 }, items, output);
    }
    case 'set':
      return assign(frame, statement.target, evaluate(frame, statement.value));
    case 'capture': {
      const captured = render(frame, statement.body);
      return assign(frame, statement.target, applyFilters(frame, captured, statement));
    }
    case 'with':
      return executeWith(frame, statement, output);
    case 'macro':
      return scope.set(statement.macro.name, macroValue(frame, statement.macro));
    case 'call block':
      return print(frame, output, text(rt, callBlock(frame, statement)));
    case 'filter block': {
      const printed = render(frame, statement.body);
      return print(frame, output, text(rt, applyFilters(frame, printed, statement)));
    }
  }
}

function executeIf(frame: Frame, { branches, otherwise }: Of<'if'>, output: Output): void {
  const chosen = branches.find(({ test }) => truthy(frame.rt, evaluate(frame, test)));
  execute(frame, chosen?.body ?? otherwise, output);
}

function executeWith(frame: Frame, { bindings, body }: Of<'with'>, output: Output): void {
  const inner = inside(frame);
  for (const [target, value] of bindings) assign(inner, target, evaluate(frame, value));
  execute(inner, body, output);
}

function applyFilters(
  frame: Frame,
  printed: string,
  { filters }: Of<'capture'> | Of<'filter block'>,
): Value {
  return filters.reduce((value: Value, filter) => applyFilter(frame, value, filter), printed);
}

function assign(frame: Frame, target: Target, value: Value): void {
  switch (target.type) {
    case 'name':
      return frame.scope.set(target.name, value);
    case 'member': {
      const owner = frame.scope.get(target.namespace);
      if (!(owner instanceof PyObject) || owner.set === null) {
        throw typeError(`"${target.namespace}" is no namespace; only a namespace has settable parts`);
      }
      return owner.set(target.name, value);
    }
    case 'targets': {
      const items = iterate(frame.rt, value);
      const wanted = target.items.length;
      if (items.length !== wanted) {
        throw typeError(`${wanted} values are expected here, but there are ${items.length}`);
      }
      for (const [index, part] of target.items.entries()) assign(frame, part, items[index] ?? null);
    }
  }
}

/** One level of a loop: where it stands and how deep. */
interface Loop {
  readonly frame: Frame;
  readonly statement: Of<'for'>;
  readonly depth: number;
}

function executeLoop(loop: Loop, candidates: readonly Value[], output: Output): void {
  const { frame, statement, depth } = loop;
  const items = accepted(loop, candidates);
  if (items.length === 0) return execute(inside(frame), statement.otherwise, output);
  const recurse = statement.recursive ? (value: Value) => deeper(loop, value) : null;
  const state = new LoopState(frame.rt, items, { depth, recurse });
  for (const item of items) {
    state.advance();
    const inner = inside(frame);
    inner.scope.set('loop', state.value);
    assign(inner, statement.target, item);
    execute(inner, statement.body, output);
  }
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
  return rt.budget.call(() => {
    const output: Output = [];
    executeLoop({ ...loop, depth: loop.depth + 1 }, iterate(rt, value), output);
    return joined(rt, output, '');
  });
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
