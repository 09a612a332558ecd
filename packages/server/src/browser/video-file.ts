import { rm } from 'node:fs/promises';
import {
  EncodedPacket,
  EncodedVideoPacketSource,
  FilePathTarget,
  Output,
  WebMOutputFormat,
} from 'mediabunny';
import type { Viewport } from './settings.ts';
import type { EncodedChunk } from './video-encoder-page.ts';

/** Seconds that the last picture is shown when nothing says how long. */
const lastDuration = 0.2;

/** A seekable WebM file with one VP8 track, written to disk as its chunks come. */
export class VideoFile {
  readonly #path: string;
  readonly #size: Viewport;
  readonly #output: Output;
  readonly #source = new EncodedVideoPacketSource('vp8');
  /** A packet carries its duration, which only the next one tells. */
  #held: EncodedChunk | null = null;
  #packets = 0;

  constructor(path: string, size: Viewport) {
    this.#path = path;
    this.#size = size;
    this.#output = new Output({ format: new WebMOutputFormat(), target: new FilePathTarget(path) });
    this.#output.addVideoTrack(this.#source);
  }

  start(): Promise<void> {
    return this.#output.start();
  }

  async add(chunks: readonly EncodedChunk[]): Promise<void> {
    for (const chunk of chunks) {
      const held = this.#held;
      this.#held = chunk;
      if (held !== null) await this.#write(held, (chunk.timestamp - held.timestamp) / 1e6);
    }
  }

  /** Writes the index, without which no player could seek. The path, or null when no picture came. */
  async finish(): Promise<string | null> {
    if (this.#held !== null) await this.#write(this.#held, lastDuration);
    this.#held = null;
    if (this.#packets > 0) {
      await this.#output.finalize();
      return this.#path;
    }
    await this.#output.cancel();
    await rm(this.#path, { force: true });
    return null;
  }

  async #write(chunk: EncodedChunk, duration: number): Promise<void> {
    const data = Buffer.from(chunk.data, 'base64');
    const packet = new EncodedPacket(data, chunk.type, chunk.timestamp / 1e6, duration);
    const { width, height } = this.#size;
    const decoderConfig = { codec: 'vp8', codedWidth: width, codedHeight: height };
    await this.#source.add(packet, this.#packets === 0 ? { decoderConfig } : undefined);
    this.#packets += 1;
  }
}
