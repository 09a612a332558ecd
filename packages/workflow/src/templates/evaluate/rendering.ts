import { typeError } from '../errors.ts';
import { FILTERS } from '../filters/filters.ts';
import { GLOBALS } from '../globals.ts';
import type { Budget } from '../limits.ts';
import { invoke, type Operations } from '../operation.ts';
import type { Runtime } from '../runtime.ts';
import { TESTS } from '../tests.ts';
import { changeableCopy } from '../values/json.ts';
import type { CallValues, Value } from '../values/value.ts';
import { getAttribute, getItem } from './access.ts';
import { Scope } from './scope.ts';

/** What decides how a template is rendered. */
export interface Settings {
  readonly strict: boolean;
  readonly objects: 'python' | 'json';
  readonly cells: boolean;
  readonly nativeJson: boolean;
  /** One for all templates that a call renders. */
  readonly budget: Budget;
}

/** Raised when a template is about to change a value while its scope is still the caller's. */
export class ChangeRequested extends Error {}

/** One rendering: its budget, its settings, and the names of its scope. */
export class Rendering implements Runtime {
  readonly budget: Budget;
  readonly strict: boolean;
  readonly objects: 'python' | 'json';
  readonly cells: boolean;
  readonly nativeJson: boolean;
  readonly scope: Scope;
  readonly #names: Readonly<Record<string, unknown>>;
  readonly #copies: Map<string, Value> | null;

  constructor(
    names: Readonly<Record<string, unknown>>,
    settings: Settings,
    options: { changeable: boolean },
  ) {
    this.budget = settings.budget;
    this.strict = settings.strict;
    this.objects = settings.objects;
    this.cells = settings.cells;
    this.nativeJson = settings.nativeJson;
    this.#names = names;
    this.#copies = options.changeable ? new Map() : null;
    this.scope = new Scope((name) => this.#name(name));
  }

  readonly allowChanges = (): void => {
    if (this.#copies === null) throw new ChangeRequested();
  };

  readonly item = (target: Value, key: Value): Value => getItem(this, target, key);

  readonly attribute = (target: Value, name: string): Value => getAttribute(this, target, name);

  readonly filter = (name: string, value: Value, args: CallValues): Value =>
    this.#run('filter', FILTERS, [name, value, args]);

  readonly test = (name: string, value: Value, args: CallValues): boolean =>
    this.#run('test', TESTS, [name, value, args]);

  #run<R>(kind: string, table: Operations<R>, call: readonly [string, Value, CallValues]): R {
    const [name, value, args] = call;
    const found = table.get(name);
    if (found === undefined) throw typeError(`No ${kind} named '${name}'.`);
    return invoke(this, [name, found], value, args);
  }

  #name(name: string): Value | undefined {
    const copy = this.#copies?.get(name);
    if (copy !== undefined) return copy;
    if (!hasName(this.#names, name)) return GLOBALS.get(name)?.(this);
    const value = this.#names[name];
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw typeError(`"${name}" is a ${typeof value}, which a template cannot use.`);
    }
    if (this.#copies === null) return value as Value;
    const own = changeableCopy(this, value as Value);
    this.#copies.set(name, own);
    return own;
  }
}

/** Whether a scope holds a name of its own. */
export function hasName(names: Readonly<Record<string, unknown>>, name: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(names, name) && names[name] !== undefined;
}
