import type { Page } from 'playwright-core';
import { isBlank } from './url-guard.ts';
import { bounded } from './waiting.ts';

/** A tab without a document to ask is one that shows nothing. */
const answerMs = 2_000;

/**
 * Closes tabs that were opened only to fetch a file. A browser with windows does so itself; a headless one leaves an
 * empty tab, which would be the run's current page from then on.
 */
export class FileTabs {
  /** By the id of their main frame. */
  readonly #pages = new Map<string, Page>();
  /** Main frames that began a download before their page was known. */
  readonly #frames = new Set<string>();
  /** Tabs of which it is not decided yet whether they are closed. */
  readonly #undecided = new Map<Page, Promise<void>>();

  /** A download has begun in the frame. */
  downloadBegan(frameId: string): void {
    const page = this.#pages.get(frameId);
    if (page === undefined) this.#frames.add(frameId);
    else this.#decide(page);
  }

  /** Resolves when a tab that began a download was closed or is kept; at once for any other. */
  async decided(page: Page): Promise<void> {
    await this.#undecided.get(page);
  }

  #decide(page: Page): void {
    const deciding = closeIfEmpty(page).finally(() => this.#undecided.delete(page));
    this.#undecided.set(page, deciding);
  }

  /** The id of a page's main frame, which is also that of the page; null while it is not known. */
  idOf(page: Page): string | null {
    for (const [frameId, known] of this.#pages) if (known === page) return frameId;
    return null;
  }

  add(frameId: string, page: Page): void {
    this.#pages.set(frameId, page);
    page.on('close', () => this.#pages.delete(frameId));
    if (this.#frames.delete(frameId)) this.#decide(page);
  }
}

async function closeIfEmpty(page: Page): Promise<void> {
  try {
    if (!isBlank(page.url())) return;
    if ((await page.opener()) === null) return;
    const counting = page.evaluate(() => document.body?.childNodes.length ?? 0);
    const written = await bounded(counting, answerMs, 0);
    if (written === 0) await page.close();
  } catch {
    // It has closed meanwhile.
  }
}
