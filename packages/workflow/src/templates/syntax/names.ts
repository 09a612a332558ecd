import type {
  CallArguments,
  Expression,
  FilterCall,
  MacroDefinition,
  Statement,
  Target,
} from './ast.ts';

/** Collects names that are read without having been set before, scope by scope. */
class NameReader {
  readonly read = new Set<string>();
  readonly #known: ReadonlySet<string>;

  constructor(known: ReadonlySet<string>) {
    this.#known = known;
  }

  body(statements: readonly Statement[], outer: ReadonlySet<string>): void {
    const local = new Set(outer);
    for (const statement of statements) this.statement(statement, local);
  }

  statement(statement: Statement, local: Set<string>): void {
    switch (statement.type) {
      case 'text':
        return;
      case 'output':
        this.expression(statement.value, local);
        return;
      case 'if':
        for (const branch of statement.branches) {
          this.expression(branch.test, local);
          for (const inner of branch.body) this.statement(inner, local);
        }
        for (const inner of statement.otherwise) this.statement(inner, local);
        return;
      case 'for': {
        this.expression(statement.iterable, local);
        const inside = new Set(local);
        declare(statement.target, inside);
        if (statement.condition !== null) this.expression(statement.condition, inside);
        inside.add('loop');
        this.body(statement.body, inside);
        this.body(statement.otherwise, local);
        return;
      }
      case 'set':
        this.expression(statement.value, local);
        this.#assign(statement.target, local);
        return;
      case 'capture':
        this.#filters(statement.filters, local);
        this.body(statement.body, local);
        this.#assign(statement.target, local);
        return;
      case 'with': {
        const inside = new Set(local);
        for (const [target, value] of statement.bindings) {
          this.expression(value, local);
          declare(target, inside);
        }
        this.body(statement.body, inside);
        return;
      }
      case 'macro':
        local.add(statement.macro.name);
        this.#macro(statement.macro, local);
        return;
      case 'call block':
        this.expression(statement.call, local);
        this.#macro(statement.caller, local);
        return;
      case 'filter block':
        this.#filters(statement.filters, local);
        this.body(statement.body, local);
        return;
    }
  }

  expression(expression: Expression, local: ReadonlySet<string>): void {
    switch (expression.type) {
      case 'constant':
        return;
      case 'name':
        if (!local.has(expression.name) && !this.#known.has(expression.name)) {
          this.read.add(expression.name);
        }
        return;
      case 'call':
        this.expression(expression.callee, local);
        this.#arguments(expression.args, local);
        return;
      case 'filter':
        this.expression(expression.target, local);
        this.#arguments(expression.filter.args, local);
        return;
      case 'test':
        this.expression(expression.target, local);
        this.#arguments(expression.test.args, local);
        return;
      default:
        for (const part of operands(expression)) this.expression(part, local);
    }
  }

  #assign(target: Target, local: Set<string>): void {
    if (target.type === 'member') this.expression({ type: 'name', name: target.namespace }, local);
    declare(target, local);
  }

  #macro(macro: MacroDefinition, local: ReadonlySet<string>): void {
    const inside = new Set([...local, 'caller', 'varargs', 'kwargs']);
    for (const { name, fallback } of macro.parameters) {
      if (fallback !== null) this.expression(fallback, inside);
      inside.add(name);
    }
    this.body(macro.body, inside);
  }

  #filters(filters: readonly FilterCall[], local: ReadonlySet<string>): void {
    for (const filter of filters) this.#arguments(filter.args, local);
  }

  #arguments(args: CallArguments, local: ReadonlySet<string>): void {
    for (const value of args.positional) this.expression(value, local);
    for (const [, value] of args.named) this.expression(value, local);
    if (args.spread !== null) this.expression(args.spread, local);
    if (args.namedSpread !== null) this.expression(args.namedSpread, local);
  }
}

type WithArguments = Extract<
  Expression,
  { type: 'constant' | 'name' | 'call' | 'filter' | 'test' }
>;

function operands(expression: Exclude<Expression, WithArguments>): readonly Expression[] {
  switch (expression.type) {
    case 'list':
    case 'tuple':
      return expression.items;
    case 'dict':
      return expression.entries.flat();
    case 'attribute':
      return [expression.target];
    case 'subscript':
      return [expression.target, expression.index];
    case 'slice':
      return [expression.target, ...expression.bounds.filter((bound) => bound !== null)];
    case 'comparison':
      return [expression.first, ...expression.rest.map(([, right]) => right)];
    case 'arithmetic':
    case 'logic':
      return [expression.left, expression.right];
    case 'concat':
      return expression.parts;
    case 'sign':
    case 'not':
      return [expression.operand];
    case 'conditional': {
      const { test, then, otherwise } = expression;
      return otherwise === null ? [test, then] : [test, then, otherwise];
    }
  }
}

function declare(target: Target, local: Set<string>): void {
  if (target.type === 'name') local.add(target.name);
  else if (target.type === 'targets') for (const item of target.items) declare(item, local);
}

/** Names that a template reads from outside: not set before in the same scope, and not in `known`. */
export function undeclaredNames(
  body: readonly Statement[],
  known: ReadonlySet<string>,
): ReadonlySet<string> {
  const reader = new NameReader(known);
  reader.body(body, new Set());
  return reader.read;
}

/** Names that the body of a macro reads from around it, `caller`, `varargs` and `kwargs` among them. */
export function namesRead(body: readonly Statement[]): ReadonlySet<string> {
  return undeclaredNames(body, new Set());
}
