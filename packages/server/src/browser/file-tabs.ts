import type { Page } from 'playwright-core';

/**
 * Closes tabs that were opened only to fetch a file. A browser with windows does so itself; a headless one leaves an
 * empty tab, which would be the run's current page from then on.
 */
export class FileTabs {
  /** By the id of their main frame. */
  readonly #pages = new Map<string, Page>();
  /** Main frames that began a download before their page was known. */
  readonly #frames = new Set<string>();

  /** A download has begun in the frame. */
  downloadBegan(frameId: string): void {
    const page = this.#pages.get(frameId);
    if (page === undefined) this.#frames.add(frameId);
    else closeIfEmpty(page);
  }

  /** The id of a page's main frame, which is also that of the page; null while it is not known. */
  idOf(page: Page): string | null {
    for (const [frameId, known] of this.#pages) if (known === page) return frameId;
    return null;
  }

  add(frameId: string, page: Page): void {
    this.#pages.set(frameId, page);
    page.on('close', () => this.#pages.delete(frameId));
    if (this.#frames.delete(frameId)) closeIfEmpty(page);
  }
}

async function closeIfEmpty(page: Page): Promise<void> {
  try {
    if (page.url() !== '' && page.url() !== 'about:blank') return;
    if ((await page.opener()) === null) return;
    const written = await page.evaluate(() => document.body?.childNodes.length ?? 0);
    if (written === 0) await page.close();
  } catch {
    // It has closed meanwhile.
  }
}
