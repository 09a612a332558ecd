import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type Attachment, attach, type BrowserSource } from './attachment.ts';
import { ConsoleLog } from './console-log.ts';
import { type DownloadedFile, Downloads } from './downloads.ts';
import { firstLine } from './failures.ts';
import { FileTabs } from './file-tabs.ts';
import { HarLog } from './har.ts';
import { setUpPage } from './page-setup.ts';
import { PageTracker } from './page-tracker.ts';
import { Recording } from './recording.ts';
import type { SavedState } from './saved-state.ts';
import type { BrowserLog, BrowserSettings } from './settings.ts';
import { isWeb, type UrlGuard } from './url-guard.ts';
import { abortable, bounded } from './waiting.ts';

export interface OpenOptions {
  readonly source: BrowserSource;
  readonly settings: Pick<BrowserSettings, 'viewport' | 'locale'>;
  readonly directory: string;
  readonly extraHttpHeaders: Readonly<Record<string, string>>;
  readonly record: boolean;
  readonly guardUrl: UrlGuard;
  readonly log: BrowserLog;
  readonly onDownload: (file: DownloadedFile) => Promise<void> | void;
  readonly state: SavedState | null;
}

export interface OpenHooks {
  /** The browser, or the page that the run works in, has crashed. */
  readonly onGone: (why: string) => void;
  readonly onRefused: (page: Page, error: unknown) => void;
}

/** A browser with everything that belongs to its run. */
export interface OpenBrowser {
  readonly attachment: Attachment;
  readonly tracker: PageTracker;
  readonly downloads: Downloads;
  readonly recording: Recording | null;
  readonly har: HarLog;
  readonly console: ConsoleLog;
  /** Resolves when the page has its guard and its settings. */
  readonly setUp: (page: Page) => Promise<void>;
}

/** Absolute paths of the files that a browser leaves; null where there is nothing to tell. */
export interface RunFiles {
  readonly recording: string | null;
  readonly har: string | null;
  readonly consoleLog: string | null;
}

export const noFiles: RunFiles = { recording: null, har: null, consoleLog: null };

/** How long the last pictures may take to be encoded; an aborted run's files are wanted soon. */
const recordingStopMs = 1_000;

/** Rejects with BrowserUnavailable or the signal's reason; then no browser is left behind. */
export async function openBrowser(
  options: OpenOptions,
  hooks: OpenHooks,
  signal: AbortSignal,
): Promise<OpenBrowser> {
  await mkdir(options.directory, { recursive: true });
  const attachment = await attach(options.source, signal);
  const equipping = equip(attachment, options, hooks);
  try {
    return await abortable(equipping, signal);
  } catch (error) {
    // Without a browser it rejects soon, if it has not; or it was ready just now.
    equipping.then(closeBrowser).catch(() => {});
    await attachment.detach();
    throw error;
  }
}

async function equip(
  attachment: Attachment,
  options: OpenOptions,
  hooks: OpenHooks,
): Promise<OpenBrowser> {
  const { browser, context, remote } = attachment;
  const { directory, log, settings } = options;
  browser.on('disconnected', () =>
    hooks.onGone('The browser of this run crashed or was ended from outside.'),
  );
  const fileTabs = new FileTabs();
  const downloads = await Downloads.start(browser, {
    directory: join(directory, 'downloads'),
    log,
    onBegin: (frameId) => fileTabs.downloadBegan(frameId),
    onDownload: options.onDownload,
  });
  const recording = options.record
    ? new Recording({
        browser,
        size: settings.viewport,
        path: join(directory, 'recording.webm'),
        log,
      })
    : null;
  const setUp = pageSetup(attachment, fileTabs, { ...options, ...hooks });
  const tracker = new PageTracker({
    context,
    remote,
    log,
    onPage: (page) => {
      // Whoever uses the page hears of a failure; a pop-up that closes at once is none.
      setUp(page).catch(() => {});
    },
    onCurrent: (page) => recording?.follow(page),
    onCrash: () => hooks.onGone('The page of this run crashed. It may have used too much memory.'),
  });
  const owns = (page: Page | null) => tracker.owns(page);
  const har = new HarLog({ browser, context, owns, path: join(directory, 'network.har') });
  const console = new ConsoleLog(context, owns, join(directory, 'console.log'));
  const open = { attachment, tracker, downloads, recording, har, console, setUp };
  try {
    await begin(open, options);
  } catch (error) {
    await closeBrowser(open);
    throw error;
  }
  return open;
}

function pageSetup(attachment: Attachment, fileTabs: FileTabs, options: OpenOptions & OpenHooks) {
  const done = new Map<Page, Promise<void>>();
  const setup = {
    viewport: options.settings.viewport,
    locale: options.settings.locale,
    remote: attachment.remote,
    extraHttpHeaders: options.extraHttpHeaders,
    guardUrl: options.guardUrl,
    log: options.log,
    onRefused: options.onRefused,
    fileTabs,
  };
  return (page: Page): Promise<void> => {
    const known = done.get(page) ?? setUpPage(page, setup);
    done.set(page, known);
    return known;
  };
}

/** The first page; and, for a run that goes on in a new browser, what the old one held. */
async function begin(open: OpenBrowser, options: OpenOptions): Promise<void> {
  const { attachment, tracker, setUp } = open;
  const { context, remote } = attachment;
  if (!remote) {
    if (Object.keys(options.extraHttpHeaders).length > 0) {
      await context.setExtraHTTPHeaders({ ...options.extraHttpHeaders });
    }
    if (options.state !== null) await context.setStorageState(options.state.storage);
  }
  const blank = remote ? undefined : context.pages()[0];
  const first = blank ?? (await context.newPage());
  tracker.adopt(first);
  await setUp(first);
  const [address, ...others] = (options.state?.tabs ?? []).filter(isWeb);
  if (address !== undefined) await reopen(first, address, options);
  for (const other of others) {
    const page = await context.newPage();
    tracker.adopt(page);
    await setUp(page);
    await reopen(page, other, options);
  }
}

async function reopen(page: Page, url: string, options: OpenOptions): Promise<void> {
  try {
    await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 30_000 });
  } catch (error) {
    options.log('warning', `The tab ${url} could not be opened again: ${firstLine(error)}`);
  }
}

/** Finishes the files and lets go of the browser. Never rejects. */
export async function closeBrowser(open: OpenBrowser): Promise<RunFiles> {
  const { attachment, tracker, downloads, recording, har, console } = open;
  tracker.stop();
  const [video, harPath, consolePath] = await Promise.all([
    recording?.stop(recordingStopMs) ?? null,
    har.stop().catch(() => null),
    console.stop(),
    downloads.stop(attachment.remote),
  ]);
  if (attachment.remote) {
    const closing = Promise.all(tracker.pages.map((page) => page.close().catch(() => {})));
    await bounded(closing, 500, []);
  }
  await attachment.detach().catch(() => {});
  return { recording: video, har: harPath, consoleLog: consolePath };
}
