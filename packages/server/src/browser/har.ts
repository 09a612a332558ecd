import { writeFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { harEntry } from './har-entry.ts';
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

/** Notes every request of the run's pages that has ended, and writes them as a HAR 1.2 file of 16 MiB at most. */
export class HarLog {
  readonly #options: HarOptions;
  readonly #pages = new Map<Page, { readonly id: string; readonly startedDateTime: string }>();
  /** Each one JSON text: many requests in memory are cheaper as texts than as objects. */
  readonly #entries: string[] = [];
  readonly #working = new Set<Promise<void>>();
  #bytes = 0;
  #leftOut = 0;
  readonly #listener = (request: Request) => this.#note(request);

  constructor(options: HarOptions) {
    this.#options = options;
    options.context.on('requestfinished', this.#listener);
    options.context.on('requestfailed', this.#listener);
  }

  /** Writes the file. Its path; null when there was no request. */
  async stop(): Promise<string | null> {
    const { context, path } = this.#options;
    context.off('requestfinished', this.#listener);
    context.off('requestfailed', this.#listener);
    await bounded(Promise.all(this.#working), 300, []);
    if (this.#entries.length === 0) return null;
    await writeFile(path, this.#text());
    return path;
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
    if (entry === null) return;
    const text = JSON.stringify(entry);
    this.#bytes += text.length;
    this.#entries.push(text);
  }

  #pageId(page: Page | null): string | null {
    if (page === null) return null;
    const known = this.#pages.get(page);
    if (known !== undefined) return known.id;
    const id = `page_${this.#pages.size + 1}`;
    this.#pages.set(page, { id, startedDateTime: new Date().toISOString() });
    return id;
  }

  #text(): string {
    const pages = [...this.#pages].map(([page, facts]) => ({
      ...facts,
      title: page.url(),
      pageTimings: {},
    }));
    const head = {
      version: '1.2',
      creator: { name: 'Lapwing', version: '1' },
      browser: { name: 'Chromium', version: this.#options.browser.version() },
      pages,
      ...(this.#leftOut === 0
        ? {}
        : { comment: `${this.#leftOut} requests were left out: the log was full.` }),
    };
    const opened = JSON.stringify(head).slice(0, -1);
    return `{"log":${opened},"entries":[${this.#entries.join(',\n')}]}}`;
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
