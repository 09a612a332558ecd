import type { BrowserContext, Page } from 'playwright-core';

/** Where a browser stood: enough to go on in a new one. JSON. */
export interface SavedState {
  /** Cookies, and the local storage of each origin. */
  readonly storage: Awaited<ReturnType<BrowserContext['storageState']>>;
  /** Addresses of the tabs, oldest first; the last one is current. Only http(s). */
  readonly tabs: readonly string[];
}

/** Rejects when the browser is gone. */
export async function readState(
  context: BrowserContext,
  pages: readonly Page[],
): Promise<SavedState> {
  const storage = await context.storageState();
  const tabs = pages.map((page) => page.url()).filter((url) => /^https?:/.test(url));
  return { storage, tabs };
}
