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
      /** The run's own browser when it lives still, else a new one. */
      readonly acquire: (signal: AbortSignal) => Promise<AcquiredBrowser>;
    }
  /** Somebody else's, by its http(s) or ws(s) debugging address. It goes on when the run ends. */
  | {
      readonly kind: 'remote';
      readonly address: string;
      readonly headers: Readonly<Record<string, string>>;
    };

export interface AcquiredBrowser {
  readonly lease: BrowserLease<BrowserProcess>;
  /** It stands as an earlier worker left it. */
  readonly living: boolean;
}

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
  /** Its pages stand as an earlier worker left them. Of a remote browser nobody knows before its pages are looked at. */
  readonly living: boolean;
  /** Ends a local browser; only disconnects from a remote one. Never rejects. */
  detach(): Promise<void>;
  /** Only disconnects: another worker goes on in the browser. Never rejects. */
  leave(): Promise<void>;
}

const connectTimeoutMs = 30_000;
/** A page that hangs can hold up whoever attaches. */
const livingTimeoutMs = 5_000;

/** Rejects with {@link BrowserUnavailable}, or the signal's reason. */
export async function attach(source: BrowserSource, signal: AbortSignal): Promise<Attachment> {
  switch (source.kind) {
    case 'local':
      return attachLocal(source, signal);
    case 'remote':
      return attachRemote(source.address, source.headers, signal);
  }
}

/** A browser that lives but cannot be attached to is ended, and a new one takes its place. */
async function attachLocal(
  source: BrowserSource & { readonly kind: 'local' },
  signal: AbortSignal,
): Promise<Attachment> {
  const acquired = await source.acquire(signal);
  try {
    return await connect(acquired, signal);
  } catch (error) {
    await acquired.lease.release();
    signal.throwIfAborted();
    if (acquired.living) return attachLocal(source, signal);
    throw new BrowserUnavailable(`The browser could not be attached to: ${firstLine(error)}`, {
      cause: error,
    });
  }
}

async function connect(
  { lease, living }: AcquiredBrowser,
  signal: AbortSignal,
): Promise<Attachment> {
  const { cdpUrl, userDataDirectory } = lease.browser;
  const connecting = chromium.connectOverCDP(cdpUrl, {
    isLocal: true,
    artifactsDir: join(userDataDirectory, 'playwright'),
    timeout: living ? livingTimeoutMs : connectTimeoutMs,
  });
  const browser = await abortable(connecting, signal);
  return {
    browser,
    context: defaultContext(browser),
    remote: false,
    living,
    detach: () => lease.release(),
    leave: async () => {
      lease.leave();
      await bounded(browser.close(), 1_000, undefined);
      await lease.browser.leave();
    },
  };
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
    const close = () => bounded(browser.close(), 1_000, undefined);
    const context = defaultContext(browser);
    return { browser, context, remote: true, living: false, detach: close, leave: close };
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
