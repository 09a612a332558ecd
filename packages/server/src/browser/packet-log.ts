import { type FileHandle, open } from 'node:fs/promises';
import type { Viewport } from './settings.ts';
import type { EncodedChunk } from './video-encoder-page.ts';

/** One encoded picture. */
export interface VideoPacket {
  readonly data: Uint8Array;
  readonly type: 'key' | 'delta';
  /** Seconds since the recording began. */
  readonly timestamp: number;
}

/** Length of the data (4 bytes), 1 for a key frame (1), microseconds (8). */
const headBytes = 13;
/** Width and height (2 bytes each). */
const sizeBytes = 4;

/**
 * The pictures of a recording as they come, one behind the other: whatever happens to us, those that were written stay
 * readable. Nothing is written before the first one.
 */
export class PacketLog {
  readonly #path: string;
  readonly #size: Viewport;
  #file: Promise<FileHandle> | null = null;
  #closed = false;

  constructor(path: string, size: Viewport) {
    this.#path = path;
    this.#size = size;
  }

  async add(chunks: readonly EncodedChunk[]): Promise<void> {
    for (const chunk of chunks) {
      if (this.#closed) return;
      this.#file ??= this.#open();
      const data = Buffer.from(chunk.data, 'base64');
      const head = Buffer.alloc(headBytes);
      head.writeUInt32BE(data.length, 0);
      head.writeUInt8(chunk.type === 'key' ? 1 : 0, 4);
      head.writeDoubleBE(chunk.timestamp, 5);
      await (await this.#file).appendFile(Buffer.concat([head, data]));
    }
  }

  /** What comes afterwards is dropped. */
  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#file)?.close();
  }

  async #open(): Promise<FileHandle> {
    const file = await open(this.#path, 'w');
    const size = Buffer.alloc(sizeBytes);
    size.writeUInt16BE(this.#size.width, 0);
    size.writeUInt16BE(this.#size.height, 2);
    await file.appendFile(size);
    return file;
  }
}

/** The pictures of a log, with their size. What was cut off at the end is left out. Rejects when there is no log. */
export async function readPackets(
  path: string,
): Promise<{ readonly size: Viewport; readonly packets: AsyncIterable<VideoPacket> }> {
  const file = await open(path, 'r');
  const size = await readAll(file, sizeBytes);
  if (size === null) {
    await file.close();
    throw new Error(`${path} holds no recording`);
  }
  const viewport = { width: size.readUInt16BE(0), height: size.readUInt16BE(2) };
  return { size: viewport, packets: packetsOf(file) };
}

async function* packetsOf(file: FileHandle): AsyncGenerator<VideoPacket> {
  try {
    for (;;) {
      const head = await readAll(file, headBytes);
      const data = head === null ? null : await readAll(file, head.readUInt32BE(0));
      if (head === null || data === null) return;
      const type = head.readUInt8(4) === 1 ? 'key' : 'delta';
      yield { data, type, timestamp: head.readDoubleBE(5) / 1e6 };
    }
  } finally {
    await file.close();
  }
}

/** The next bytes; null when there are not so many. */
async function readAll(file: FileHandle, length: number): Promise<Buffer | null> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, null);
  return bytesRead === length ? bytes : null;
}
