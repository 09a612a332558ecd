import type { Value } from '../values/value.ts';

/** Where names without a value in any scope are looked up. */
export type Outside = (name: string) => Value | undefined;

/** Names set by a template, block by block. A body of a loop or macro sets names of its own and reads those around it. */
export class Scope {
  readonly #names = new Map<string, Value>();
  readonly #outer: Scope | null;
  readonly #outside: Outside;

  constructor(outside: Outside, outer: Scope | null = null) {
    this.#outside = outside;
    this.#outer = outer;
  }

  inner(): Scope {
    return new Scope(this.#outside, this);
  }

  set(name: string, value: Value): void {
    this.#names.set(name, value);
  }

  get(name: string): Value | undefined {
    let scope: Scope | null = this;
    while (scope !== null) {
      const value = scope.#names.get(name);
      if (value !== undefined) return value;
      scope = scope.#outer;
    }
    return this.#outside(name);
  }
}
