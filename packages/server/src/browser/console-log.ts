import { createWriteStream, type WriteStream } from 'node:fs';
import type { BrowserContext, ConsoleMessage, Page, WebError } from 'playwright-core';
import { endOf } from './log-file.ts';

const maxLineLength = 4_096;
const maxBytes = 5 * 2 ** 20;

/** One line: time, level, place, text; further lines of the text are indented. */
export function consoleLine(time: Date, level: string, place: string, text: string): string {
  const shown = text.length > maxLineLength ? `${text.slice(0, maxLineLength)}…` : text;
  const where = place === '' ? '' : ` ${place}`;
  return `${time.toISOString()} ${level}${where} ${shown.replaceAll(/\r?\n/g, '\n    ')}\n`;
}

/** Writes what the run's pages say on their consoles, and their uncaught errors, to a file of 5 MiB at most. */
export class ConsoleLog {
  readonly #context: BrowserContext;
  readonly #owns: (page: Page | null) => boolean;
  readonly #path: string;
  /** Null until a page says something. */
  #file: WriteStream | null = null;
  #bytes = 0;
  readonly #onConsole = (message: ConsoleMessage) => this.#add(message);
  readonly #onError = (error: WebError) => this.#addError(error);

  /** `owns` says whether a page is the run's. */
  constructor(context: BrowserContext, owns: (page: Page | null) => boolean, path: string) {
    this.#context = context;
    this.#owns = owns;
    this.#path = path;
    context.on('console', this.#onConsole);
    context.on('weberror', this.#onError);
  }

  /** Finishes the file. */
  async stop(): Promise<void> {
    this.#context.off('console', this.#onConsole);
    this.#context.off('weberror', this.#onError);
    await endOf(this.#file);
  }

  #add(message: ConsoleMessage): void {
    if (!this.#owns(message.page())) return;
    const { url, lineNumber, columnNumber } = message.location();
    const place = url === '' ? '' : `${url}:${lineNumber + 1}:${columnNumber + 1}`;
    this.#write(consoleLine(new Date(), message.type(), place, message.text()));
  }

  #addError(error: WebError): void {
    const page = error.page();
    if (!this.#owns(page)) return;
    const thrown = error.error();
    this.#write(
      consoleLine(new Date(), 'exception', page?.url() ?? '', thrown.stack ?? thrown.message),
    );
  }

  #write(line: string): void {
    if (this.#bytes > maxBytes) return;
    this.#bytes += Buffer.byteLength(line);
    this.#file ??= this.#open();
    this.#file.write(this.#bytes > maxBytes ? '… the rest was left out\n' : line);
  }

  #open(): WriteStream {
    // A full disk ends the log, not the run.
    return createWriteStream(this.#path).on('error', () => {});
  }
}
