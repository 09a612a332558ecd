import { typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { equal } from '../values/compare.ts';
import { type CallValues, PyObject, Undefined, type Value, valueOr } from '../values/value.ts';

/** How deep a loop is, and how it runs its body again on the children of an item; null when it is not recursive. */
export interface Recursion {
  readonly depth: number;
  readonly recurse: ((value: Value) => string) | null;
}

/** What `loop` knows while a loop runs. */
export class LoopState {
  readonly value: PyObject;
  readonly #rt: Runtime;
  readonly #items: readonly Value[];
  readonly #recursion: Recursion;
  #index = -1;
  #seen: readonly Value[] | null = null;

  constructor(rt: Runtime, items: readonly Value[], recursion: Recursion) {
    this.#rt = rt;
    this.#items = items;
    this.#recursion = recursion;
    this.value = new PyObject('LoopContext', {
      get: (name) => this.#get(name),
      call: ({ positional: [children] }) => this.#recurse(children),
    });
  }

  advance(): void {
    this.#index += 1;
  }

  #get(name: string): Value | undefined {
    const index = this.#index;
    const left = this.#items.length - index - 1;
    switch (name) {
      case 'index':
        return index + 1;
      case 'index0':
        return index;
      case 'revindex':
        return left + 1;
      case 'revindex0':
        return left;
      case 'first':
        return index === 0;
      case 'last':
        return left === 0;
      case 'length':
        return this.#items.length;
      case 'depth':
        return this.#recursion.depth;
      case 'depth0':
        return this.#recursion.depth - 1;
      default:
        return this.#neighbour(name);
    }
  }

  #neighbour(name: string): Value | undefined {
    const index = this.#index;
    switch (name) {
      case 'previtem':
        return valueOr(this.#items[index - 1], new Undefined('there is no previous item'));
      case 'nextitem':
        return valueOr(this.#items[index + 1], new Undefined('there is no next item'));
      case 'cycle':
        return new PyObject('method', { call: (args) => this.#cycle(args) });
      case 'changed':
        return new PyObject('method', { call: (args) => this.#changed(args) });
      default:
        return undefined;
    }
  }

  #cycle({ positional }: CallValues): Value {
    const value = positional[this.#index % positional.length];
    if (value === undefined) throw typeError('no items for cycling given');
    return value;
  }

  #changed({ positional }: CallValues): boolean {
    const seen = this.#seen;
    this.#seen = positional;
    return !(
      seen !== null &&
      seen.length === positional.length &&
      positional.every((value, index) => equal(this.#rt, value, seen[index] ?? null))
    );
  }

  #recurse(children: Value | undefined): Value {
    const { recurse } = this.#recursion;
    if (recurse === null)
      throw typeError('A loop can be called only when it is marked "recursive"');
    if (children === undefined) throw typeError('loop() needs the items to go on with');
    return recurse(children);
  }
}
