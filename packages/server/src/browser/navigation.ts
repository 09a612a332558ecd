import { errors, type Frame, type Page } from 'playwright-core';
import type { Downloads } from './downloads.ts';
import { firstLine, NavigationFailure } from './failures.ts';
import { abortable, bounded, pause } from './waiting.ts';

export interface NavigationResult {
  /** Where the browser arrived, redirects followed. */
  readonly url: string;
  /** HTTP status; null for a download, and for a page without one. */
  readonly status: number | null;
}

export interface NavigationOptions {
  readonly timeoutMs: number;
  readonly downloads: Downloads;
  /** Any of them ends the wait with its reason. */
  readonly signals: readonly AbortSignal[];
}

/** A download is announced a moment after the navigation that became one has failed. */
const downloadGraceMs = 500;
const errorPageMs = 300;

/**
 * Opens an address and waits for `load`. An address that turns out to be a file counts as opened. Rejects with
 * {@link NavigationFailure}, or with the reason of a signal.
 */
export async function navigate(
  page: Page,
  url: string,
  options: NavigationOptions,
): Promise<NavigationResult> {
  const { downloads, signals, timeoutMs } = options;
  const begunBefore = downloads.begun;
  const errorPage = watchForErrorPage(page);
  try {
    const going = page.goto(url, { timeout: timeoutMs, waitUntil: 'load' });
    const response = await abortable(going, ...signals);
    return { url: page.url(), status: response?.status() ?? null };
  } catch (error) {
    for (const signal of signals) signal.throwIfAborted();
    const aborted = /net::ERR_ABORTED|Download is starting/.test(firstLine(error));
    if (aborted && (await downloadBegun(downloads, begunBefore, signals))) {
      return { url, status: null };
    }
    if (!aborted) await bounded(errorPage.shown, errorPageMs, undefined);
    throw new NavigationFailure(url, navigationReason(error, timeoutMs), { cause: error });
  } finally {
    errorPage.stop();
  }
}

/** A failed navigation puts up the browser's error page a moment later, which would break off the next navigation. */
function watchForErrorPage(page: Page): {
  readonly shown: Promise<void>;
  readonly stop: () => void;
} {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onNavigated = (frame: Frame) => {
    if (frame === page.mainFrame() && frame.url().startsWith('chrome-error:')) resolve();
  };
  page.on('framenavigated', onNavigated);
  return { shown: promise, stop: () => page.off('framenavigated', onNavigated) };
}

async function downloadBegun(
  downloads: Downloads,
  before: number,
  signals: readonly AbortSignal[],
): Promise<boolean> {
  const deadline = Date.now() + downloadGraceMs;
  while (downloads.begun === before && Date.now() < deadline) {
    await pause(20, AbortSignal.any([...signals]));
  }
  return downloads.begun > before;
}

/** A sentence for the user: the browser's own error name where there is one. */
function navigationReason(error: unknown, timeoutMs: number): string {
  if (error instanceof errors.TimeoutError) {
    return `The page did not finish loading within ${timeoutMs / 1_000} s.`;
  }
  const name = /net::ERR_\w+/.exec(firstLine(error))?.[0];
  return name ?? firstLine(error).replace(/^page\.goto: /, '');
}
