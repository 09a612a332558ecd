import type { Value } from '../values/value.ts';

export interface CallArguments {
  readonly positional: readonly Expression[];
  readonly named: readonly (readonly [string, Expression])[];
  /** `*list` */
  readonly spread: Expression | null;
  /** `**dict` */
  readonly namedSpread: Expression | null;
}

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

export interface FilterCall {
  readonly name: string;
  readonly args: CallArguments;
}

export type Expression =
  | { readonly type: 'constant'; readonly value: Value }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'list' | 'tuple'; readonly items: readonly Expression[] }
  | { readonly type: 'dict'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly type: 'attribute'; readonly target: Expression; readonly name: string }
  | { readonly type: 'subscript'; readonly target: Expression; readonly index: Expression }
  | {
      readonly type: 'slice';
      readonly target: Expression;
      /** Start, stop and step. */
      readonly bounds: readonly [Expression | null, Expression | null, Expression | null];
    }
  | { readonly type: 'call'; readonly callee: Expression; readonly args: CallArguments }
  | { readonly type: 'filter'; readonly target: Expression; readonly filter: FilterCall }
  | {
      readonly type: 'test';
      readonly target: Expression;
      readonly test: FilterCall;
      readonly negated: boolean;
    }
  | {
      readonly type: 'comparison';
      readonly first: Expression;
      readonly rest: readonly (readonly [ComparisonOperator, Expression])[];
    }
  | {
      readonly type: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly type: 'concat'; readonly parts: readonly Expression[] }
  | { readonly type: 'sign'; readonly operator: '+' | '-'; readonly operand: Expression }
  | { readonly type: 'not'; readonly operand: Expression }
  | {
      readonly type: 'logic';
      readonly operator: 'and' | 'or';
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly type: 'conditional';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression | null;
    };

export type Target =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'member'; readonly namespace: string; readonly name: string }
  | { readonly type: 'targets'; readonly items: readonly Target[] };

export interface Parameter {
  readonly name: string;
  readonly fallback: Expression | null;
}

export interface MacroDefinition {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
  /** Names that the body reads, which decides whether extra arguments are accepted. */
  readonly reads: ReadonlySet<string>;
}

export interface ForStatement {
  readonly type: 'for';
  readonly target: Target;
  readonly iterable: Expression;
  readonly condition: Expression | null;
  readonly recursive: boolean;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

export type Statement =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'output'; readonly value: Expression }
  | {
      readonly type: 'if';
      readonly branches: readonly {
        readonly test: Expression;
        readonly body: readonly Statement[];
      }[];
      readonly otherwise: readonly Statement[];
    }
  | ForStatement
  | { readonly type: 'set'; readonly target: Target; readonly value: Expression }
  | {
      readonly type: 'capture';
      readonly target: Target;
      readonly filters: readonly FilterCall[];
      readonly body: readonly Statement[];
    }
  | {
      readonly type: 'with';
      readonly bindings: readonly (readonly [Target, Expression])[];
      readonly body: readonly Statement[];
    }
  | { readonly type: 'macro'; readonly macro: MacroDefinition }
  | {
      readonly type: 'call block';
      readonly call: Extract<Expression, { type: 'call' }>;
      readonly caller: MacroDefinition;
    }
  | {
      readonly type: 'filter block';
      readonly filters: readonly FilterCall[];
      readonly body: readonly Statement[];
    };
