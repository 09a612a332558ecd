import type { Browser, BrowserContext, Page } from 'playwright-core';
import { firstLine } from './failures.ts';
import { PacketLog } from './packet-log.ts';
import { Screencast } from './screencast.ts';
import type { BrowserLog, Viewport } from './settings.ts';
import {
  type EncodedChunk,
  type EncoderInput,
  installEncoder,
  pushFrame,
} from './video-encoder-page.ts';
import { bounded } from './waiting.ts';

export interface RecordingOptions {
  readonly browser: Browser;
  /** The video's frame; odd sizes are rounded down to even ones. */
  readonly size: Viewport;
  /** Absolute path of the file in which the pictures are noted down. */
  readonly path: string;
  readonly log: BrowserLog;
}

type Picture = Pick<EncoderInput, 'data' | 'mime'>;

/** Encoders exist in secure contexts only; the address is answered by us and never leaves the browser. */
const encoderAddress = 'https://recorder.lapwing.invalid/';
const bitrate = 400_000;
/** Seeking jumps to key frames, so there is one at least this often while pictures come. */
const keyEveryMicroseconds = 5_000_000;

/**
 * The video of a run: pictures of the current page, encoded by a page in a context of its own and noted down by us one by
 * one, so that all of them are there even when the browser dies, or we do. One picture is encoded at a time and one waits; when the
 * encoder lags, the newest replaces the one that waits.
 */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #size: Viewport;
  readonly #file: PacketLog;
  readonly #begun = performance.now();
  readonly #encoder: Promise<Page | null>;
  #waiting: EncoderInput | null = null;
  #latest: Picture | null = null;
  #working: Promise<void> | null = null;
  #lastTimestamp = -1;
  #lastKey = Number.NEGATIVE_INFINITY;
  #page: Page | null = null;
  #screencast: Promise<Screencast | null> = Promise.resolve(null);
  #stopping: Promise<void> | null = null;

  constructor(options: RecordingOptions) {
    const even = (length: number) => Math.max(2, length - (length % 2));
    this.#options = options;
    this.#size = { width: even(options.size.width), height: even(options.size.height) };
    this.#file = new PacketLog(options.path, this.#size);
    this.#encoder = this.#open().catch((error) => {
      options.log('warning', `The run is not recorded: ${firstLine(error)}`);
      return null;
    });
  }

  /** Records this page from now on, instead of the one before. */
  follow(page: Page): void {
    if (this.#page === page || this.#stopping !== null) return;
    this.#page = page;
    const before = this.#screencast;
    this.#screencast = before.then(async (screencast) => {
      screencast?.stop();
      return this.#page === page && this.#stopping === null ? this.#start(page) : null;
    });
  }

  /** Puts a picture of the current page into the video, whether or not the page has changed. */
  addFrame(png: Buffer): void {
    this.#offer({ data: png.toString('base64'), mime: 'image/png' });
  }

  /** Finishes the file, in about `milliseconds` at most. Never rejects. Idempotent. */
  stop(milliseconds: number): Promise<void> {
    this.#stopping ??= this.#stop(milliseconds);
    return this.#stopping;
  }

  async #open(): Promise<Page> {
    const context = await this.#options.browser.newContext();
    const page = await encoderPage(context);
    await page.evaluate(installEncoder, { ...this.#size, bitrate });
    return page;
  }

  async #start(page: Page): Promise<Screencast | null> {
    try {
      const session = await page.context().newCDPSession(page);
      const onFrame = (data: string) => this.#offer({ data, mime: 'image/jpeg' });
      return await Screencast.start(session, this.#size, onFrame);
    } catch {
      // The page closed meanwhile; the one that becomes current is followed next.
      return null;
    }
  }

  #offer(picture: Picture): void {
    if (this.#stopping !== null) return;
    this.#latest = picture;
    this.#enqueue(picture);
  }

  #enqueue(picture: Picture): void {
    const now = Math.round((performance.now() - this.#begun) * 1_000);
    const timestamp = Math.max(now, this.#lastTimestamp + 1_000);
    const key = timestamp - this.#lastKey >= keyEveryMicroseconds;
    this.#waiting = { ...picture, timestamp, key };
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  async #work(): Promise<void> {
    const encoder = await this.#encoder;
    if (encoder === null) return;
    while (this.#waiting !== null) {
      const input = this.#waiting;
      this.#waiting = null;
      this.#lastTimestamp = input.timestamp;
      if (input.key) this.#lastKey = input.timestamp;
      await this.#write(encoder.evaluate(pushFrame, input));
    }
  }

  /** A picture that cannot be encoded or written is left out; those before it stay. */
  async #write(encoding: Promise<EncodedChunk[]>): Promise<void> {
    try {
      await this.#file.add(await encoding);
    } catch {
      // The browser died, or the disk is full.
    }
  }

  async #stop(milliseconds: number): Promise<void> {
    await bounded(this.#drain(), milliseconds, undefined);
    await bounded(this.#file.close(), 1_000, undefined);
  }

  /** The last picture is shown until now. */
  async #drain(): Promise<void> {
    this.#screencast.then((screencast) => screencast?.stop());
    if (this.#latest !== null) this.#enqueue(this.#latest);
    await this.#working;
  }
}

async function encoderPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.route(`${encoderAddress}**`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Recorder</title>' }),
  );
  await page.goto(encoderAddress);
  return page;
}
