import type { Page } from 'playwright-core';
import type { BrowserSource } from './attachment.ts';
import type { DownloadedFile } from './downloads.ts';
import { BrowserGone, NavigationFailure } from './failures.ts';
import { type NavigationResult, navigate } from './navigation.ts';
import { closeBrowser, type OpenBrowser, openBrowser } from './open-browser.ts';
import { joinParts, type RunFiles } from './run-parts.ts';
import type { SavedState } from './saved-state.ts';
import type { BrowserLog, BrowserSettings } from './settings.ts';
import { isBlank, openableAddress, type UrlGuard } from './url-guard.ts';
import { abortable, bounded } from './waiting.ts';

export interface RunBrowserOptions {
  readonly source: BrowserSource;
  readonly settings: Pick<BrowserSettings, 'viewport' | 'locale' | 'navigationTimeoutMs'>;
  /** Absolute folder of the run's files. Made when missing. */
  readonly directory: string;
  /** Sent with every request of the run's pages. */
  readonly extraHttpHeaders: Readonly<Record<string, string>>;
  /** Whether there is to be a video. */
  readonly record: boolean;
  readonly guardUrl: UrlGuard;
  readonly log: BrowserLog;
  readonly onDownload: (file: DownloadedFile) => Promise<void> | void;
  /** The browser stands where an earlier one of the run stood: from now on it is worth finding again. */
  readonly onReady?: () => Promise<void>;
  /** How an earlier browser of the run stood after the last finished block; null: begin afresh. */
  readonly state: SavedState | null;
}

const stateTimeoutMs = 3_000;

export interface PdfOptions {
  readonly format: 'A4' | 'Letter' | 'Legal' | 'Tabloid';
  readonly landscape: boolean;
  readonly printBackground: boolean;
  /** Adds date and title above, address and page number below. */
  readonly includeTimestamp: boolean;
}

const screenshotTimeoutMs = 10_000;

/**
 * The browser of one run. It is opened by the first call that needs a page. Every call obeys its signal, rejecting with
 * its reason; and once the page or the browser has crashed, every call, running or new, rejects with
 * {@link BrowserGone}.
 */
export class RunBrowser {
  readonly #options: RunBrowserOptions;
  readonly #gone = new AbortController();
  readonly #closing = new AbortController();
  #opening: Promise<OpenBrowser> | null = null;
  #opened: OpenBrowser | null = null;
  #ended: Promise<void> | null = null;
  /** Whether somebody has worked in it since its state was read last. */
  #worked = false;
  #lastState: string;
  #refusal: { readonly page: Page; readonly error: unknown } | null = null;

  constructor(options: RunBrowserOptions) {
    this.#options = options;
    this.#lastState = JSON.stringify(options.state);
  }

  /** Opens the browser if it is not open: one that an earlier worker has left as it stands. */
  async open(signal: AbortSignal): Promise<void> {
    await this.#open(signal);
  }

  /** Whether a browser is open. */
  get isOpen(): boolean {
    return this.#opened !== null && this.#ended === null;
  }

  /** Fires when nothing more can be done in the browser: it has crashed, or it was closed. */
  get ended(): AbortSignal {
    return AbortSignal.any([this.#gone.signal, this.#closing.signal]);
  }

  /** The current page; a new one when none is open. Rejects with BrowserUnavailable when no browser can be had. */
  async page(signal: AbortSignal): Promise<Page> {
    const open = await this.#open(signal);
    this.#worked = true;
    return abortable(this.#currentPage(open), signal, this.#gone.signal, this.#closing.signal);
  }

  /** Runs an operation on the current page, and leaves it when the signal fires or the browser goes. */
  async use<T>(operation: (page: Page) => Promise<T>, signal: AbortSignal): Promise<T> {
    const page = await this.page(signal);
    return abortable(operation(page), signal, this.#gone.signal, this.#closing.signal);
  }

  /**
   * Opens an absolute address in the current page and waits for `load`. An address that turns out to be a download counts as
   * opened. Rejects with {@link NavigationFailure}, or with what the guard said.
   */
  async goto(url: string, signal: AbortSignal): Promise<NavigationResult> {
    const address = openableAddress(url);
    if (address !== 'about:blank') await abortable(this.#options.guardUrl(address), signal);
    const page = await this.page(signal);
    const { downloads } = await this.#open(signal);
    this.#refusal = null;
    try {
      return await navigate(page, address, {
        timeoutMs: this.#options.settings.navigationTimeoutMs,
        downloads,
        signals: [signal, this.#gone.signal, this.#closing.signal],
      });
    } catch (error) {
      throw error instanceof NavigationFailure ? (this.#refusalOf(page) ?? error) : error;
    }
  }

  /** A PNG of what the current page shows, also put into the video. Null when there is none. Never rejects. */
  async screenshot(signal: AbortSignal): Promise<Buffer | null> {
    const page = this.#opened?.tracker.current ?? null;
    if (page === null || this.#ended !== null) return null;
    const take = () => page.screenshot({ type: 'png', timeout: screenshotTimeoutMs });
    // Now and then a browser cannot, just behind a navigation, and can a moment later.
    const taking = take().catch(take);
    const stoppable = abortable(taking, signal, this.#gone.signal, this.#closing.signal);
    const png = await bounded<Buffer | null>(stoppable, screenshotTimeoutMs, null);
    if (png !== null) this.#opened?.recording?.addFrame(png);
    return png;
  }

  /** Prints the current page. */
  pdf(options: PdfOptions, signal: AbortSignal): Promise<Buffer> {
    const { format, landscape, printBackground, includeTimestamp } = options;
    const margin = includeTimestamp ? { top: '1.5cm', bottom: '1.5cm' } : {};
    return this.use(
      (page) =>
        page.pdf({
          format,
          landscape,
          printBackground,
          displayHeaderFooter: includeTimestamp,
          margin,
        }),
      signal,
    );
  }

  /** Null while no browser is open, or while its page is blank. */
  currentUrl(): string | null {
    const url = this.#opened?.tracker.current?.url() ?? '';
    return isBlank(url) ? null : url;
  }

  /** Waits for the downloads that have begun, `milliseconds` at most. A browser that has gone sends nothing more. */
  async settleDownloads(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (!this.isOpen) return;
    const settling = this.#opened?.downloads.settle(milliseconds, signal) ?? Promise.resolve();
    try {
      await abortable(settling, signal, this.#gone.signal, this.#closing.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!this.ended.aborted) throw error;
    }
  }

  /**
   * How the browser stands, as JSON of a {@link SavedState}; null when that is as it was said last, or cannot be said. Never
   * rejects.
   * @param always Also when nobody has worked in it.
   */
  async changedState(always = false): Promise<string | null> {
    const open = this.#opened;
    if (open === null || this.ended.aborted || !(this.#worked || always)) return null;
    this.#worked = false;
    const reading = open.state.read(open.tracker.pages).then((state) => JSON.stringify(state));
    const stoppable = abortable(reading, this.ended);
    const state = await bounded<string | null>(stoppable, stateTimeoutMs, null);
    if (state === null || state === this.#lastState) return null;
    this.#lastState = state;
    return state;
  }

  /** As {@link end}, and joins the files of the run that are in its folder. */
  async close(): Promise<RunFiles> {
    await this.end();
    return joinParts(this.#options.directory);
  }

  /**
   * Ends the browser and finishes its files, in about a second; a remote browser loses only the pages that we opened.
   * Whatever runs in it rejects. Idempotent; never rejects.
   * @param leavePages A remote browser keeps those too: the run goes on in them later.
   */
  end({ leavePages = false } = {}): Promise<void> {
    this.#ended ??= this.#letGo(leavePages && this.#options.source.kind === 'remote');
    return this.#ended;
  }

  /** Lets go of the browser, which goes on for another worker. Never rejects. */
  leave(): Promise<void> {
    this.#ended ??= this.#letGo(true);
    return this.#ended;
  }

  async #letGo(leave: boolean): Promise<void> {
    this.#closing.abort(new BrowserGone('The browser of this run has been closed.'));
    const open = await this.#opening?.catch(() => null);
    if (open) await closeBrowser(open, leave);
  }

  async #open(signal: AbortSignal): Promise<OpenBrowser> {
    for (const ended of [signal, this.#gone.signal, this.#closing.signal]) ended.throwIfAborted();
    this.#opening ??= this.#openOnce(signal);
    return abortable(this.#opening, signal, this.#gone.signal, this.#closing.signal);
  }

  async #openOnce(signal: AbortSignal): Promise<OpenBrowser> {
    try {
      const hooks = {
        onGone: (why: string) => this.#gone.abort(new BrowserGone(why)),
        onRefused: (page: Page, error: unknown) => {
          this.#refusal = { page, error };
        },
      };
      const ended = AbortSignal.any([signal, this.#closing.signal]);
      const open = await openBrowser(this.#options, hooks, ended);
      await this.#ready(open);
      this.#opened = open;
      return open;
    } catch (error) {
      // The next call may have more luck.
      this.#opening = null;
      throw error;
    }
  }

  async #ready(open: OpenBrowser): Promise<void> {
    try {
      await this.#options.onReady?.();
    } catch (error) {
      await closeBrowser(open);
      throw error;
    }
  }

  async #currentPage(open: OpenBrowser): Promise<Page> {
    const page = open.tracker.current ?? (await open.attachment.context.newPage());
    open.tracker.adopt(page);
    await open.setUp(page);
    return page;
  }

  #refusalOf(page: Page): unknown {
    return this.#refusal?.page === page ? this.#refusal.error : null;
  }
}
