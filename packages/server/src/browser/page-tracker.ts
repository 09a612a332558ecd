import type { BrowserContext, Dialog, Page } from 'playwright-core';
import type { BrowserLog } from './settings.ts';
import { isBlank } from './url-guard.ts';

export interface PageTrackerOptions {
  readonly context: BrowserContext;
  /** In a remote browser only pages that we opened, and what they open, are ours. */
  readonly remote: boolean;
  readonly log: BrowserLog;
  /** Called for each page of ours as soon as we know it. */
  readonly onPage: (page: Page) => void;
  /** Resolves when it is known whether a blank page stays: one that was opened to fetch a file does not. */
  readonly decided: (page: Page) => Promise<void>;
  /** Called when another page becomes the current one. */
  readonly onCurrent: (page: Page) => void;
  /** The current page crashed. */
  readonly onCrash: (page: Page) => void;
}

/**
 * Knows the run's pages and which of them is current: a new tab or pop-up becomes current, and when it closes the one
 * before it is current again. Answers dialogs, so that none stops a page.
 */
export class PageTracker {
  readonly #options: PageTrackerOptions;
  /** Oldest first; the last one is current. */
  readonly #pages: Page[] = [];
  readonly #onNewPage = (page: Page) => this.#discover(page);

  constructor(options: PageTrackerOptions) {
    this.#options = options;
    options.context.on('page', this.#onNewPage);
  }

  get current(): Page | null {
    return this.#pages.at(-1) ?? null;
  }

  /** Oldest first. */
  get pages(): readonly Page[] {
    return this.#pages;
  }

  owns(page: Page | null): boolean {
    return page !== null && this.#pages.includes(page);
  }

  /** Counts a page as ours, and as current. */
  adopt(page: Page): void {
    this.#learn(page);
    this.select(page);
  }

  /** Counts a page as ours, behind the current one. */
  #learn(page: Page): void {
    if (this.#pages.includes(page) || page.isClosed()) return;
    this.#pages.splice(Math.max(0, this.#pages.length - 1), 0, page);
    page.on('dialog', (dialog) => this.#answer(dialog));
    page.on('close', () => this.#forget(page));
    page.on('crash', () => this.#crashed(page));
    this.#options.onPage(page);
  }

  /** Makes a page of ours the current one. */
  select(page: Page): void {
    const position = this.#pages.indexOf(page);
    if (position < 0) return;
    this.#pages.push(...this.#pages.splice(position, 1));
    this.#options.onCurrent(page);
  }

  /** Looks for no more new pages. */
  stop(): void {
    this.#options.context.off('page', this.#onNewPage);
  }

  async #discover(page: Page): Promise<void> {
    if (!this.#options.remote) this.#learn(page);
    const opener = await page.opener().catch(() => null);
    if (this.owns(opener)) this.#learn(page);
    if (!this.owns(page)) return;
    if (opener !== null) await arrival(page).then(() => this.#options.decided(page));
    this.select(page);
  }

  async #answer(dialog: Dialog): Promise<void> {
    const { log } = this.#options;
    log('info', `The page showed a dialog (${dialog.type()}), accepted: ${dialog.message()}`);
    await dialog.accept(dialog.defaultValue()).catch(() => {});
  }

  #forget(page: Page): void {
    const wasCurrent = this.current === page;
    const position = this.#pages.indexOf(page);
    if (position >= 0) this.#pages.splice(position, 1);
    const next = this.current;
    if (wasCurrent && next !== null) this.#options.onCurrent(next);
  }

  #crashed(page: Page): void {
    if (this.current === page) {
      this.#options.onCrash(page);
      return;
    }
    this.#options.log('warning', `A page in the background crashed and was closed: ${page.url()}`);
    this.#forget(page);
    page.close().catch(() => {});
  }
}

/** A tab that stays blank so long is meant to be blank. */
const blankMs = 500;

/**
 * Resolves when the page shows something. A tab that is opened to fetch a file never does, and is closed soon: until
 * then nobody should work in it.
 */
function arrival(page: Page): Promise<void> {
  if (!isBlank(page.url())) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      page.off('framenavigated', look);
      page.off('close', done);
      resolve();
    };
    const look = () => {
      if (!isBlank(page.url())) done();
    };
    const timer = setTimeout(done, blankMs);
    page.on('framenavigated', look);
    page.on('close', done);
  });
}
