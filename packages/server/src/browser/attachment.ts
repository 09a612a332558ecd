import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { BrowserUnavailable, firstLine } from './failures.ts';
import type { BrowserLease } from './pool.ts';
import type { BrowserProcess } from './process.ts';
import { abortable, bounded } from './waiting.ts';

/** Where the browser of a run comes from. */
export type BrowserSource =
  /** A process of our own, ended with the run. */
  | {
      readonly kind: 'local';
      readonly acquire: (signal: AbortSignal) => Promise<BrowserLease<BrowserProcess>>;
    }
  /** Somebody else's, by its http(s) or ws(s) debugging address. It goes on when the run ends. */
  | {
      readonly kind: 'remote';
      readonly address: string;
      readonly headers: Readonly<Record<string, string>>;
    };

/** A browser that we are connected to. */
export interface Attachment {
  readonly browser: Browser;
  /**
   * The browser's own context, not a new one: Playwright's contexts are disposed of with the connection, and a run must
   * outlive the worker that drives it. A local browser serves one run, so its own context is that run's alone; a remote
   * one is given to us for what its user is logged in to.
   */
  readonly context: BrowserContext;
  readonly remote: boolean;
  /** Ends a local browser; only disconnects from a remote one. Never rejects. */
  detach(): Promise<void>;
}

const connectTimeoutMs = 30_000;

/** Rejects with {@link BrowserUnavailable}, or the signal's reason. */
export async function attach(source: BrowserSource, signal: AbortSignal): Promise<Attachment> {
  switch (source.kind) {
    case 'local':
      return attachLocal(await source.acquire(signal), signal);
    case 'remote':
      return attachRemote(source.address, source.headers, signal);
  }
}

async function attachLocal(
  lease: BrowserLease<BrowserProcess>,
  signal: AbortSignal,
): Promise<Attachment> {
  const { cdpUrl, userDataDirectory } = lease.browser;
  const connecting = chromium.connectOverCDP(cdpUrl, {
    isLocal: true,
    artifactsDir: join(userDataDirectory, 'playwright'),
    timeout: connectTimeoutMs,
  });
  try {
    const browser = await abortable(connecting, signal);
    const context = defaultContext(browser);
    return { browser, context, remote: false, detach: () => lease.release() };
  } catch (error) {
    await lease.release();
    signal.throwIfAborted();
    throw new BrowserUnavailable(`The browser could not be attached to: ${firstLine(error)}`, {
      cause: error,
    });
  }
}

async function attachRemote(
  address: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Attachment> {
  const connecting = chromium.connectOverCDP(address, {
    headers: { ...headers },
    timeout: connectTimeoutMs,
    // The tabs that its user has open keep their own media, focus and downloads.
    noDefaults: true,
  });
  try {
    const browser = await abortable(connecting, signal);
    const context = defaultContext(browser);
    return {
      browser,
      context,
      remote: true,
      detach: () => bounded(browser.close(), 1_000, undefined),
    };
  } catch (error) {
    connecting.then((late) => late.close()).catch(() => {});
    signal.throwIfAborted();
    const why = firstLine(error).replace(/^browserType\.connectOverCDP: /, '');
    throw new BrowserUnavailable(
      withoutKeys(`The browser at ${address} could not be attached to: ${why}`),
      { cause: error },
    );
  }
}

function defaultContext(browser: Browser): BrowserContext {
  const [context] = browser.contexts();
  if (context === undefined) throw new Error('it has no browser context of its own');
  return context;
}

/** Keys of browser providers travel in the query of an address, or in front of its host. */
function withoutKeys(text: string): string {
  return text.replace(/(?:https?|wss?):\/\/[^\s"'<>]+/gi, (address) =>
    address.replace(/[?#].*$/, '').replace(/\/\/[^/]*@/, '//'),
  );
}
