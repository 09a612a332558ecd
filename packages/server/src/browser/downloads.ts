import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Browser, CDPSession } from 'playwright-core';
import { moveToFreeName, safeFileName } from '../lib/file-names.ts';
import { firstLine } from './failures.ts';
import type { BrowserLog } from './settings.ts';
import { abortable, bounded, pause } from './waiting.ts';

/** A file that the browser has downloaded completely. */
export interface DownloadedFile {
  /** Absolute path. */
  readonly path: string;
  readonly filename: string;
  /** SHA-256, hex. */
  readonly checksum: string;
  /** Bytes. */
  readonly size: number;
  /** Where it came from; may be a `blob:` or `data:` address. */
  readonly url: string;
}

export interface DownloadsOptions {
  /** Absolute folder for the files. Made when missing. */
  readonly directory: string;
  readonly log: BrowserLog;
  /** Told of the frame in which a download begins. */
  readonly onBegin: (frameId: string) => void;
  /** Told of each file, one after the other in the order of completion. */
  readonly onDownload: (file: DownloadedFile) => Promise<void> | void;
}

interface Begun {
  readonly frameId: string;
  readonly guid: string;
  readonly url: string;
  readonly suggestedFilename: string;
}

interface Progress {
  readonly guid: string;
  readonly state: 'inProgress' | 'completed' | 'canceled';
}

interface Pending {
  readonly begun: Begun;
  readonly stored: PromiseWithResolvers<void>;
  /** Milliseconds, monotonic; null while nobody has waited for it. */
  awaitedSince: number | null;
}

/**
 * Catches every download of a browser, whoever starts it. Playwright's own events miss those whose page has closed
 * already (a pop-up that turns into a file), so this listens to the browser itself.
 */
export class Downloads {
  readonly #session: CDPSession;
  readonly #options: DownloadsOptions;
  readonly #arriving: string;
  /** Downloads that have begun and are not stored yet. */
  readonly #pending = new Map<string, Pending>();
  #order: Promise<void> = Promise.resolve();
  #begun = 0;

  static async start(browser: Browser, options: DownloadsOptions): Promise<Downloads> {
    const session = await browser.newBrowserCDPSession();
    const downloads = new Downloads(session, options);
    await mkdir(downloads.#arriving, { recursive: true });
    await session.send('Browser.setDownloadBehavior', {
      behavior: 'allowAndName',
      downloadPath: downloads.#arriving,
      eventsEnabled: true,
    });
    return downloads;
  }

  private constructor(session: CDPSession, options: DownloadsOptions) {
    this.#session = session;
    this.#options = options;
    this.#arriving = join(options.directory, '.arriving');
    session.on('Browser.downloadWillBegin', (event: Begun) => this.#onBegin(event));
    session.on('Browser.downloadProgress', (event: Progress) => this.#onProgress(event));
  }

  /** How many downloads have begun so far. */
  get begun(): number {
    return this.#begun;
  }

  /**
   * Waits until the downloads that have begun are stored, or have failed. One that goes on for longer than
   * `milliseconds` after it was first waited for is waited for no more, now and later.
   */
  async settle(milliseconds: number, signal: AbortSignal): Promise<void> {
    // Its answer comes behind the events that the browser has already sent.
    await abortable(bounded(this.#session.send('Browser.getVersion'), 1_000, null), signal);
    const now = performance.now();
    const over = new AbortController();
    const stop = AbortSignal.any([signal, over.signal]);
    const arrivals = [...this.#pending.values()].map((download) => {
      download.awaitedSince ??= now;
      const left = download.awaitedSince + milliseconds - now;
      return Promise.race([download.stored.promise, pause(Math.max(0, left), stop)]);
    });
    try {
      await Promise.all(arrivals);
    } finally {
      over.abort();
    }
  }

  /** Gives up what has not arrived. Files that have are finished, one second at most. Never rejects. */
  async stop(remote: boolean): Promise<void> {
    await bounded(this.#order, 1_000, undefined);
    for (const { begun } of this.#pending.values()) this.#fail(begun, 'the browser was closed');
    if (remote) {
      const behaviour = this.#session.send('Browser.setDownloadBehavior', { behavior: 'default' });
      await bounded(behaviour, 500, undefined);
    }
    await rm(this.#arriving, { recursive: true, force: true }).catch(() => {});
  }

  #onBegin(begun: Begun): void {
    this.#begun += 1;
    this.#pending.set(begun.guid, {
      begun,
      stored: Promise.withResolvers(),
      awaitedSince: null,
    });
    this.#options.onBegin(begun.frameId);
  }

  #onProgress(progress: Progress): void {
    const begun = this.#pending.get(progress.guid)?.begun;
    if (begun === undefined) return;
    switch (progress.state) {
      case 'inProgress':
        return;
      case 'canceled':
        this.#fail(begun, 'it was canceled or the connection broke');
        return;
      case 'completed':
        this.#order = this.#order.then(() => this.#store(begun));
    }
  }

  async #store(begun: Begun): Promise<void> {
    try {
      const { directory, onDownload } = this.#options;
      const arrived = join(this.#arriving, begun.guid);
      const [{ size }, checksum] = await Promise.all([stat(arrived), sha256(arrived)]);
      const wanted = safeFileName(begun.suggestedFilename);
      const filename = await moveToFreeName(arrived, directory, wanted);
      const path = join(directory, filename);
      await onDownload({ path, filename, checksum, size, url: begun.url });
      this.#options.log('info', `Downloaded ${filename} (${size} bytes).`);
      this.#settle(begun.guid);
    } catch (error) {
      const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
      this.#fail(begun, absent ? 'its file is not on this machine' : firstLine(error));
    }
  }

  #fail(begun: Begun, why: string): void {
    this.#options.log('warning', `The download of ${begun.suggestedFilename} failed: ${why}.`);
    this.#settle(begun.guid);
  }

  #settle(guid: string): void {
    this.#pending.get(guid)?.stored.resolve();
    this.#pending.delete(guid);
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
