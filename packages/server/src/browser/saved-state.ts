import type { BrowserContext, Frame, Page } from 'playwright-core';
import { isWeb } from './url-guard.ts';
import { bounded } from './waiting.ts';

type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>;
type Entries = readonly { readonly name: string; readonly value: string }[];

/** Where a browser stood: enough to go on in a new one. JSON. */
export interface SavedState {
  /**
   * Cookies, and the local storage of each origin. Null for a remote browser, which keeps its own and holds what is not the
   * run's.
   */
  readonly storage: StorageState | null;
  /** Oldest first; the last one is current. Only http(s). */
  readonly tabs: readonly SavedTab[];
}

export interface SavedTab {
  readonly url: string;
  /** The browser's id of the page, by which it is found again while that browser lives. */
  readonly target: string;
  readonly session: { readonly origin: string; readonly entries: Entries } | null;
}

/** A page that does not answer for so long is hung; its cookies and its address are known without it. */
const answerMs = 2_000;
/** Characters of one origin's storage that are kept: what is larger is a cache. */
const maxOriginLength = 2 ** 20;

interface FrameStorage {
  readonly origin: string;
  readonly local: Entries;
  readonly session: Entries;
}

/**
 * Reads again and again where a browser stands, as cheaply as it can: the storage of what is open is asked for in the
 * pages; only when the run has left an origin in between, Playwright is asked, which opens a page for each one.
 */
export class StateReader {
  readonly #context: BrowserContext;
  readonly #remote: boolean;
  readonly #targetOf: (page: Page) => string | null;
  /** Local storage as it was last seen, by origin. */
  readonly #origins = new Map<string, Entries>();
  /** Origins that were open and whose storage nobody has read since. */
  readonly #unread = new Set<string>();

  constructor(options: {
    readonly context: BrowserContext;
    readonly remote: boolean;
    readonly targetOf: (page: Page) => string | null;
    readonly before: SavedState | null;
  }) {
    this.#context = options.context;
    this.#remote = options.remote;
    this.#targetOf = options.targetOf;
    for (const { origin, localStorage } of options.before?.storage?.origins ?? [])
      this.#origins.set(origin, localStorage);
  }

  /** Notes where a page goes. */
  watch(page: Page): void {
    const note = (frame: Frame) => {
      if (isWeb(frame.url())) this.#unread.add(new URL(frame.url()).origin);
    };
    page.on('framenavigated', (frame) => {
      if (frame === page.mainFrame()) note(frame);
    });
    note(page.mainFrame());
  }

  /** Rejects when the browser is gone. */
  async read(pages: readonly Page[]): Promise<SavedState> {
    const [cookies, stores] = await Promise.all([
      this.#remote ? [] : this.#context.cookies(),
      Promise.all(pages.map((page) => this.#readPage(page))),
    ]);
    if (!this.#remote && this.#unread.size > 0) await this.#readElsewhere();
    const tabs = pages
      .map((page, index) => ({
        url: page.url(),
        target: this.#targetOf(page) ?? '',
        session: sessionOf(stores[index]),
      }))
      .filter(({ url }) => isWeb(url));
    if (this.#remote) return { storage: null, tabs };
    const origins = [...this.#origins].map(([origin, entries]) => ({
      origin,
      localStorage: [...entries],
    }));
    return { storage: { cookies, origins }, tabs };
  }

  async #readPage(page: Page): Promise<FrameStorage | null> {
    const frames = originFrames(page);
    const found = await Promise.all(
      frames.map((frame) => bounded(frame.evaluate(readStorage), answerMs, null)),
    );
    for (const storage of found) if (storage !== null) this.#keep(storage.origin, storage.local);
    return found[0] ?? null;
  }

  async #readElsewhere(): Promise<void> {
    const whole = await bounded(this.#context.storageState(), answerMs, null);
    for (const { origin, localStorage } of whole?.origins ?? []) this.#keep(origin, localStorage);
    this.#unread.clear();
  }

  #keep(origin: string, entries: Entries): void {
    this.#unread.delete(origin);
    if (entries.length === 0 || !isSmall(entries)) this.#origins.delete(origin);
    else this.#origins.set(origin, entries);
  }
}

/** The main frame and one frame of each other origin. */
function originFrames(page: Page): Frame[] {
  const frames = new Map<string, Frame>();
  for (const frame of page.frames()) {
    const origin = isWeb(frame.url()) ? new URL(frame.url()).origin : null;
    if (origin !== null && !frames.has(origin)) frames.set(origin, frame);
  }
  return [...frames.values()];
}

function sessionOf(storage: FrameStorage | null | undefined): SavedTab['session'] {
  if (storage == null || storage.session.length === 0 || !isSmall(storage.session)) return null;
  return { origin: storage.origin, entries: storage.session };
}

function isSmall(entries: Entries): boolean {
  return (
    entries.reduce((sum, { name, value }) => sum + name.length + value.length, 0) <= maxOriginLength
  );
}

/** Runs inside a page; sent there as text. A page may be forbidden to have storage. */
function readStorage(): FrameStorage {
  const entriesOf = (read: () => Storage) => {
    try {
      const store = read();
      return Object.keys(store)
        .sort()
        .map((name) => ({ name, value: store.getItem(name) ?? '' }));
    } catch {
      return [];
    }
  };
  return {
    origin: location.origin,
    local: entriesOf(() => localStorage),
    session: entriesOf(() => sessionStorage),
  };
}

/** Fills the session storage of a page with what a tab had; to be called before it opens the tab's address. */
export async function restoreSession(
  page: Page,
  session: NonNullable<SavedTab['session']>,
): Promise<() => Promise<void>> {
  const client = await page.context().newCDPSession(page);
  const source = `if (location.origin === ${JSON.stringify(session.origin)} && sessionStorage.length === 0)
    for (const { name, value } of ${JSON.stringify(session.entries)}) sessionStorage.setItem(name, value);`;
  await client.send('Page.enable');
  await client.send('Page.addScriptToEvaluateOnNewDocument', { source });
  return () => client.detach().catch(() => {});
}
