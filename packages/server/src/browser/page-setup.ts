import type { CDPSession, Frame, Page } from 'playwright-core';
import type { FileTabs } from './file-tabs.ts';
import type { BrowserLog, Viewport } from './settings.ts';
import { guardDocuments, isWeb, refusalMessage, type UrlGuard } from './url-guard.ts';

export interface PageSetup {
  readonly viewport: Viewport;
  readonly locale: string;
  readonly remote: boolean;
  readonly extraHttpHeaders: Readonly<Record<string, string>>;
  readonly guardUrl: UrlGuard;
  readonly fileTabs: FileTabs;
  readonly log: BrowserLog;
  /** Told when the guard refuses a document of the page. */
  readonly onRefused: (page: Page, error: unknown) => void;
}

/** The language that every build of Chromium has, and falls back to. */
const builtInLocale = 'en-US';

/** Gives a page of the run its guard, size, language and headers. Rejects only when the page has gone. */
export async function setUpPage(page: Page, setup: PageSetup): Promise<void> {
  const arrival = new Arrival(page, setup);
  const session = await page.context().newCDPSession(page);
  const guarded = guardDocuments(session, setup.guardUrl, (url, error) => {
    setup.log('warning', refusalMessage(url, error));
    setup.onRefused(page, error);
    arrival.refused();
  });
  const known = session.send('Target.getTargetInfo').then(({ targetInfo }) => {
    setup.fileTabs.add(targetInfo.targetId, page);
  });
  await Promise.all([
    guarded,
    known,
    page.setViewportSize(setup.viewport),
    setup.remote ? setHeaders(page, setup) : setLocale(session, setup.locale),
  ]);
}

/**
 * A pop-up's first document is mostly asked for before we can hold it, so it is looked at when it arrives. Refused, be it
 * then or before, the pop-up is closed: there is nothing in it to go back to.
 */
class Arrival {
  readonly #page: Page;
  readonly #setup: PageSetup;
  #arrived = false;

  constructor(page: Page, setup: PageSetup) {
    this.#page = page;
    this.#setup = setup;
    page.on('framenavigated', this.#onNavigated);
    this.#look(page.url());
  }

  /** The guard has refused a document of the page. */
  async refused(): Promise<void> {
    if (!this.#arrived && (await this.#isPopup())) await this.#page.close().catch(() => {});
  }

  readonly #onNavigated = (frame: Frame) => {
    if (frame === this.#page.mainFrame()) this.#look(frame.url());
  };

  async #look(url: string): Promise<void> {
    if (this.#arrived || !isWeb(url)) return;
    this.#arrived = true;
    this.#page.off('framenavigated', this.#onNavigated);
    if (!(await this.#isPopup())) return;
    try {
      await this.#setup.guardUrl(url);
    } catch (error) {
      this.#setup.log('warning', refusalMessage(url, error));
      await this.#page.close().catch(() => {});
    }
  }

  async #isPopup(): Promise<boolean> {
    return (await this.#page.opener().catch(() => null)) !== null;
  }
}

/**
 * The start flag sets what sites are told; dates and numbers of scripts follow it only with this. Pages of one renderer
 * process share it, so a second setting of the same is refused there and may be ignored.
 */
async function setLocale(session: CDPSession, locale: string): Promise<void> {
  if (locale === builtInLocale) return;
  await session.send('Emulation.setLocaleOverride', { locale }).catch(() => {});
}

/** On the page, not on the context, which holds its user's tabs as well. */
async function setHeaders(page: Page, setup: PageSetup): Promise<void> {
  if (Object.keys(setup.extraHttpHeaders).length === 0) return;
  await page.setExtraHTTPHeaders({ ...setup.extraHttpHeaders });
}
