import type { Page } from 'playwright-core';
import type { Held, Registry } from './registry.ts';

/** Member name → value, for one object. */
type Values = Readonly<Record<string, unknown>>;

/**
 * The `value` members of all objects that the child can hold, by root. Pages and frames that were not known before get
 * their handles here.
 */
export function knownValues(registry: Registry, page: Page): Readonly<Record<string, Values>> {
  const pages = page
    .context()
    .pages()
    .map((object) => registry.add({ class: 'Page', object }));
  const values: Record<string, Values> = {};
  // A map's iteration goes on to what is added while it runs: frames are reached through their pages.
  for (const [root, held] of registry.entries()) {
    values[root] = { ...valuesOf(registry, held), ...(held.class === 'Page' ? { pages } : {}) };
  }
  return values;
}

function valuesOf(registry: Registry, held: Held): Values {
  switch (held.class) {
    case 'Page': {
      const frame = (object: ReturnType<Page['mainFrame']>) =>
        registry.add({ class: 'Frame', object });
      return {
        url: held.object.url(),
        isClosed: held.object.isClosed(),
        viewportSize: held.object.viewportSize(),
        mainFrame: frame(held.object.mainFrame()),
        frames: held.object.frames().map(frame),
      };
    }
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
