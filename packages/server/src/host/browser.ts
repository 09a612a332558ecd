import { BlockFailure, type BrowserCapability } from '@lapwing/workflow';
import { BrowserGone, BrowserUnavailable, NavigationFailure } from '../browser/failures.ts';
import type { RunBrowser } from '../browser/run-browser.ts';
import { LapwingError } from '../errors.ts';

/** What Lapwing says of an expected trouble becomes the failure of the block. */
export async function asBlockFailure<T>(work: Promise<T>, prefix = ''): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const expected = [BrowserGone, BrowserUnavailable, NavigationFailure, LapwingError].some(
      (kind) => error instanceof kind,
    );
    if (!expected || !(error instanceof Error)) throw error;
    throw new BlockFailure(
      error instanceof NavigationFailure ? error.message : prefix + error.message,
      {
        cause: error,
      },
    );
  }
}

/** @param keep Stores a picture and returns its artifact's id. */
export function browserCapability(
  browser: RunBrowser,
  signal: AbortSignal,
  keep: (png: Uint8Array) => Promise<string>,
): BrowserCapability {
  return {
    goto: (url) => asBlockFailure(browser.goto(url, signal), `Failed to navigate to url ${url}. `),
    currentUrl: () => browser.currentUrl(),
    screenshot: async () => {
      // Taken for a failure too, while the run is being stopped: it has its own bound.
      const png = await browser.screenshot(AbortSignal.timeout(10_000));
      return png === null ? null : keep(png);
    },
    printPage: (options) => asBlockFailure(browser.pdf(options, signal)),
  };
}
