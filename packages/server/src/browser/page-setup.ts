import type { CDPSession, Frame, Page } from 'playwright-core';
import type { BrowserLog, Viewport } from './settings.ts';
import { guardDocuments, isWeb, refusalMessage, type UrlGuard } from './url-guard.ts';

export interface PageSetup {
  readonly viewport: Viewport;
  readonly locale: string;
  readonly remote: boolean;
  readonly extraHttpHeaders: Readonly<Record<string, string>>;
  readonly guardUrl: UrlGuard;
  readonly log: BrowserLog;
  /** Told when the guard refuses a document of the page. */
  readonly onRefused: (page: Page, error: unknown) => void;
}

/** The language that every build of Chromium has, and falls back to. */
const builtInLocale = 'en-US';

/** Gives a page of the run its guard, size, language and headers. Rejects only when the page has gone. */
export async function setUpPage(page: Page, setup: PageSetup): Promise<void> {
  guardArrival(page, setup);
  const session = await page.context().newCDPSession(page);
  const guarded = guardDocuments(session, setup.guardUrl, (url, error) => {
    setup.log('warning', refusalMessage(url, error));
    setup.onRefused(page, error);
  });
  await Promise.all([
    guarded,
    page.setViewportSize(setup.viewport),
    setup.remote ? setHeaders(page, setup) : setLocale(session, setup.locale),
  ]);
}

/**
 * A pop-up's first document is asked for before we can hold it, so it is looked at when it arrives: refused, the pop-up
 * is closed.
 */
function guardArrival(page: Page, setup: PageSetup): void {
  const onNavigated = async (frame: Frame) => {
    if (frame !== page.mainFrame() || !isWeb(frame.url())) return;
    page.off('framenavigated', onNavigated);
    if ((await page.opener().catch(() => null)) === null) return;
    try {
      await setup.guardUrl(frame.url());
    } catch (error) {
      setup.log('warning', refusalMessage(frame.url(), error));
      await page.close().catch(() => {});
    }
  };
  page.on('framenavigated', onNavigated);
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
