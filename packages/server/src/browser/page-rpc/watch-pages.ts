import type { BrowserContext, Page } from 'playwright-core';

/** Calls `changed` when a page of the context opens, closes or goes elsewhere, until the signal aborts. */
export function watchPages(
  context: BrowserContext,
  changed: () => void,
  signal: AbortSignal,
): void {
  const watch = (page: Page) => {
    page.on('framenavigated', changed);
    page.on('framedetached', changed);
    page.on('close', changed);
  };
  const opened = (page: Page) => {
    watch(page);
    changed();
  };
  for (const page of context.pages()) watch(page);
  context.on('page', opened);
  const stop = () => {
    context.off('page', opened);
    for (const page of context.pages()) {
      page.off('framenavigated', changed);
      page.off('framedetached', changed);
      page.off('close', changed);
    }
  };
  signal.addEventListener('abort', stop, { once: true });
}
