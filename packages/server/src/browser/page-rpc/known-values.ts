import type { Frame, Page } from 'playwright-core';
import type { Held, Registry } from './registry.ts';

/** Root → member name → value. */
export type ValuesByRoot = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The `value` members of all objects that the child can hold, and which of them it has been told. */
export class KnownValues {
  readonly #registry: Registry;
  readonly #told = new Map<string, string>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** What is new since the last call. Pages and frames seen for the first time get their handles here. */
  changes(page: Page): ValuesByRoot {
    const changed: Record<string, Readonly<Record<string, unknown>>> = {};
    for (const [root, held] of this.#registry.entries()) {
      const isFixed = held.class === 'Download' || held.class === 'Response';
      if (isFixed && this.#told.has(root)) continue;
      const values = this.#valuesOf(held, page);
      const text = JSON.stringify(values);
      if (text === this.#told.get(root)) continue;
      this.#told.set(root, text);
      changed[root] = values;
    }
    return changed;
  }

  #valuesOf(held: Held, page: Page): Readonly<Record<string, unknown>> {
    switch (held.class) {
      case 'Page':
        return {
          url: held.object.url(),
          isClosed: held.object.isClosed(),
          viewportSize: held.object.viewportSize(),
          mainFrame: this.#frame(held.object.mainFrame()),
          frames: held.object.frames().map((frame) => this.#frame(frame)),
          pages: page
            .context()
            .pages()
            .map((object) => this.#registry.add({ class: 'Page', object })),
        };
      case 'Frame':
        return { url: held.object.url(), name: held.object.name() };
      case 'Download':
        return { url: held.object.url(), suggestedFilename: held.object.suggestedFilename() };
      case 'Response':
        return {
          url: held.object.url(),
          status: held.object.status(),
          statusText: held.object.statusText(),
          ok: held.object.ok(),
          headers: held.object.headers(),
        };
    }
  }

  #frame(object: Frame) {
    return this.#registry.add({ class: 'Frame', object });
  }
}
