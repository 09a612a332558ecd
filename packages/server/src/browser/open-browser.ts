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
import { newPart, partFiles } from './run-parts.ts';
import { restoreSession, type SavedState, type SavedTab, StateReader } from './saved-state.ts';
import type { BrowserLog, BrowserSettings } from './settings.ts';
import type { UrlGuard } from './url-guard.ts';
import { abortable, bounded } from './waiting.ts';

export interface OpenOptions {
  readonly source: BrowserSource;
  readonly settings: Pick<BrowserSettings, 'viewport' | 'locale'>;
  /** Folder of the run; see `run-parts.ts`. */
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
  readonly state: StateReader;
  /** Resolves when the page has its guard and its settings. */
  readonly setUp: (page: Page) => Promise<void>;
}

/** How long the last pictures may take to be encoded; an aborted run's files are wanted soon. */
const recordingStopMs = 1_000;

/** Rejects with BrowserUnavailable or the signal's reason; then no browser is left behind. */
export async function openBrowser(
  options: OpenOptions,
  hooks: OpenHooks,
  signal: AbortSignal,
): Promise<OpenBrowser> {
  const attachment = await attach(options.source, signal);
  const equipping = equip(attachment, options, hooks);
  try {
    return await abortable(equipping, signal);
  } catch (error) {
    // Without a browser it rejects soon, if it has not; or it was ready just now.
    equipping.then((open) => closeBrowser(open)).catch(() => {});
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
  const { log, settings } = options;
  const part = await newPart(options.directory);
  browser.on('disconnected', () =>
    hooks.onGone('The browser of this run crashed or was ended from outside.'),
  );
  const fileTabs = new FileTabs();
  const downloads = await Downloads.start(browser, {
    directory: join(part, partFiles.downloads),
    log,
    onBegin: (frameId) => fileTabs.downloadBegan(frameId),
    onDownload: options.onDownload,
  });
  const recording = options.record
    ? new Recording({
        browser,
        size: settings.viewport,
        path: join(part, partFiles.packets),
        log,
      })
    : null;
  const state = new StateReader({
    context,
    remote,
    targetOf: (page) => fileTabs.idOf(page),
    before: options.state,
  });
  const setUp = pageSetup(attachment, fileTabs, { ...options, ...hooks });
  const tracker = new PageTracker({
    context,
    remote,
    log,
    onPage: (page) => {
      // Whoever uses the page hears of a failure; a pop-up that closes at once is none.
      setUp(page).catch(() => {});
      state.watch(page);
    },
    decided: (page) => fileTabs.decided(page),
    onCurrent: (page) => recording?.follow(page),
    onCrash: () => hooks.onGone('The page of this run crashed. It may have used too much memory.'),
  });
  const owns = (page: Page | null) => tracker.owns(page);
  const har = new HarLog({ browser, context, owns, path: join(part, partFiles.lines) });
  const console = new ConsoleLog(context, owns, join(part, partFiles.console));
  const open = { attachment, tracker, downloads, recording, har, console, state, setUp };
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

/** The first page; for a run that goes on, its pages as they are, or what they were in a new browser. */
async function begin(open: OpenBrowser, options: OpenOptions): Promise<void> {
  const { context, remote } = open.attachment;
  if (!remote && Object.keys(options.extraHttpHeaders).length > 0) {
    await context.setExtraHTTPHeaders({ ...options.extraHttpHeaders });
  }
  const living = await livingPages(open, options.state);
  for (const page of living) {
    open.tracker.adopt(page);
    await open.setUp(page);
  }
  if (living.length > 0) {
    options.log('info', 'The run goes on in its browser, which still runs.');
    return;
  }
  await reopenAll(open, options);
  if (options.state !== null)
    options.log('info', 'The run goes on in a new browser, with the tabs and the storage it had.');
}

/** Pages that an earlier worker has left open, the current one last. */
async function livingPages(
  { attachment }: OpenBrowser,
  state: SavedState | null,
): Promise<readonly Page[]> {
  const { context, living, remote } = attachment;
  const order = (state?.tabs ?? []).map(({ target }) => target);
  if (!living && !(remote && order.length > 0)) return [];
  const found = await Promise.all(
    context.pages().map(async (page) => ({ page, rank: order.indexOf(await targetOf(page)) })),
  );
  return (
    found
      // A remote browser holds pages that are not the run's.
      .filter(({ rank }) => !remote || rank >= 0)
      .sort((a, b) => a.rank - b.rank)
      .map(({ page }) => page)
  );
}

async function targetOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  await session.detach();
  return targetInfo.targetId;
}

async function reopenAll(open: OpenBrowser, options: OpenOptions): Promise<void> {
  const { attachment, tracker, setUp } = open;
  const { context, remote } = attachment;
  const storage = options.state?.storage ?? null;
  if (storage !== null) await context.setStorageState(storage);
  const [current, ...others] = [...(options.state?.tabs ?? [])].reverse();
  const blank = remote ? undefined : context.pages()[0];
  for (const tab of [...others.reverse(), current]) {
    const page = (tab === current ? blank : undefined) ?? (await context.newPage());
    tracker.adopt(page);
    await setUp(page);
    if (tab !== undefined) await reopen(page, tab, options);
  }
}

async function reopen(page: Page, tab: SavedTab, options: OpenOptions): Promise<void> {
  const restored = tab.session === null ? null : await restoreSession(page, tab.session);
  try {
    await page.goto(tab.url, { waitUntil: 'domcontentloaded', timeout: 30_000 });
  } catch (error) {
    options.log('warning', `The tab ${tab.url} could not be opened again: ${firstLine(error)}`);
  } finally {
    await restored?.();
  }
}

/**
 * Finishes the files and lets go of the browser. Never rejects.
 * @param leave Another worker goes on in it: its pages stay, and a local browser runs on.
 */
export async function closeBrowser(open: OpenBrowser, leave = false): Promise<void> {
  const { attachment, tracker, downloads, recording, har, console } = open;
  tracker.stop();
  await Promise.all([
    recording?.stop(recordingStopMs),
    har.stop().catch(() => {}),
    console.stop(),
    downloads.stop(attachment.remote),
  ]);
  if (attachment.remote && !leave) {
    const closing = Promise.all(tracker.pages.map((page) => page.close().catch(() => {})));
    await bounded(closing, 500, []);
  }
  await (leave ? attachment.leave() : attachment.detach()).catch(() => {});
}
