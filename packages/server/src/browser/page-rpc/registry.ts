import type { Download, Frame, Page, Response } from 'playwright-core';
import type { ClassName } from './surface.ts';

/** An object that the child can name: its class, and the object of Playwright. */
export type Held =
  | { readonly class: 'Page'; readonly object: Page }
  | { readonly class: 'Frame'; readonly object: Frame }
  | { readonly class: 'Download'; readonly object: Download }
  | { readonly class: 'Response'; readonly object: Response };

/** Where the child finds an object: a root, then steps of `[method, ...arguments]` that need no round trip. */
export interface Path {
  readonly root: string;
  readonly steps: readonly (readonly [string, ...unknown[]])[];
}

/** How an object looks on the wire. */
export interface Reference {
  readonly $ref: Path & { readonly class: ClassName };
}

export const mainRoot = 'page';
/** Functions that are no one's methods are found here. */
export const helpersRoot = 'helpers';
const maxHandles = 10_000;

/** The handles of one run. An object keeps its handle as long as the run lasts. */
export class Registry {
  readonly #held = new Map<string, Held>();
  readonly #roots = new Map<object, string>();

  /** The object of a root. Throws TypeError for one that was never given out. */
  get(root: string): Held {
    const held = this.#held.get(root);
    if (held === undefined) throw new TypeError(`There is no object ${root.slice(0, 20)}.`);
    return held;
  }

  /** Gives an object its handle; the first page is the run's own. */
  add(held: Held): Reference {
    let root = this.#roots.get(held.object);
    if (root === undefined) {
      if (this.#held.size >= maxHandles) {
        throw new Error(
          `The code holds more than ${maxHandles} pages, frames, downloads and answers.`,
        );
      }
      root = this.#held.size === 0 ? mainRoot : `h${this.#held.size}`;
      this.#held.set(root, held);
      this.#roots.set(held.object, root);
    }
    return { $ref: { class: held.class, root, steps: [] } };
  }

  /** In the order in which they were added; goes on to what is added meanwhile. */
  entries(): IterableIterator<[string, Held]> {
    return this.#held.entries();
  }
}
