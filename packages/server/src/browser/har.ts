import { createWriteStream, type WriteStream } from 'node:fs';
import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { harEntry } from './har-entry.ts';
import { harLine } from './har-file.ts';
import { endOf } from './log-file.ts';
import { bounded } from './waiting.ts';

const maxBytes = 16 * 2 ** 20;

export interface HarOptions {
  readonly browser: Browser;
  readonly context: BrowserContext;
  /** Whether a page is the run's. */
  readonly owns: (page: Page | null) => boolean;
  /** Absolute path of the file. */
  readonly path: string;
}

/** Notes every request of the run's pages that has ended, line by line, in a file of 16 MiB at most; see `har-file.ts`. */
export class HarLog {
  readonly #options: HarOptions;
  readonly #pages = new Map<Page, string>();
  readonly #working = new Set<Promise<void>>();
  /** Null until there is a request. */
  #file: WriteStream | null = null;
  #bytes = 0;
  #leftOut = 0;
  readonly #listener = (request: Request) => this.#note(request);

  constructor(options: HarOptions) {
    this.#options = options;
    options.context.on('requestfinished', this.#listener);
    options.context.on('requestfailed', this.#listener);
  }

  /** Finishes the file. */
  async stop(): Promise<void> {
    const { context } = this.#options;
    context.off('requestfinished', this.#listener);
    context.off('requestfailed', this.#listener);
    await bounded(Promise.all(this.#working), 300, []);
    if (this.#leftOut > 0) this.#write(harLine({ leftOut: this.#leftOut }));
    for (const [page, id] of this.#pages) this.#write(harLine({ title: { id, url: page.url() } }));
    await endOf(this.#file);
  }

  #note(request: Request): void {
    const page = pageOf(request);
    if (!this.#options.owns(page) || !/^https?:/.test(request.url())) return;
    if (this.#bytes > maxBytes) {
      this.#leftOut += 1;
      return;
    }
    const working = this.#add(request, page).finally(() => this.#working.delete(working));
    this.#working.add(working);
  }

  /** A page that closes takes what is not known of its requests yet with it. */
  async #add(request: Request, page: Page | null): Promise<void> {
    const entry = await harEntry(request, this.#pageId(page)).catch(() => null);
    if (entry !== null) this.#write(harLine({ entry }));
  }

  #pageId(page: Page | null): string | null {
    if (page === null) return null;
    const known = this.#pages.get(page);
    if (known !== undefined) return known;
    const id = `page_${this.#pages.size + 1}`;
    this.#pages.set(page, id);
    const startedDateTime = new Date().toISOString();
    this.#write(harLine({ page: { id, startedDateTime, title: page.url(), pageTimings: {} } }));
    return id;
  }

  #write(line: string): void {
    this.#bytes += line.length;
    this.#file ??= this.#open();
    this.#file.write(line);
  }

  #open(): WriteStream {
    const { path, browser } = this.#options;
    // A full disk ends the log, not the run.
    const file = createWriteStream(path).on('error', () => {});
    file.write(harLine({ browser: browser.version() }));
    return file;
  }
}

/** Requests of service workers belong to no page. */
function pageOf(request: Request): Page | null {
  try {
    return request.frame().page();
  } catch {
    return null;
  }
}
