import { rm } from 'node:fs/promises';
import {
  ALL_FORMATS,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  FilePathTarget,
  Input,
  Output,
  WebMOutputFormat,
} from 'mediabunny';
import { readPackets, type VideoPacket } from './packet-log.ts';
import type { Viewport } from './settings.ts';

/** A recording, or a part of one: as it was written down picture by picture, or as an earlier worker finished it. */
export interface VideoPart {
  readonly kind: 'packets' | 'webm';
  readonly path: string;
}

/** Seconds that the last picture of a part is shown when nothing says how long. */
const lastDuration = 0.2;

/**
 * Writes parts of a recording as one seekable WebM file with one VP8 track: each part begins where the one before ends,
 * the time between them is left out. Each begins with a key frame, so nothing is encoded anew. A part that cannot be read
 * is left out, as is what was cut off at its end. The path; null when there is no picture.
 */
export async function writeVideo(
  parts: readonly VideoPart[],
  path: string,
): Promise<string | null> {
  const track = new VideoTrack(path);
  for (const part of parts) {
    try {
      await addPart(track, part);
    } catch {
      // Without this part, the others are still a video.
    }
  }
  return track.finish();
}

async function addPart(track: VideoTrack, part: VideoPart): Promise<void> {
  const { size, packets } =
    part.kind === 'packets' ? await readPackets(part.path) : await readWebm(part.path);
  let shift: number | null = null;
  let held: VideoPacket | null = null;
  for await (const packet of packets) {
    shift ??= track.end === 0 ? 0 : track.end - packet.timestamp;
    const placed = { ...packet, timestamp: packet.timestamp + shift };
    if (held !== null) await track.add(held, placed.timestamp - held.timestamp, size);
    held = placed;
  }
  if (held !== null) await track.add(held, lastDuration, size);
}

async function readWebm(path: string) {
  const input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(path) });
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new Error(`${path} holds no video`);
  const [width, height] = await Promise.all([track.getCodedWidth(), track.getCodedHeight()]);
  const size = { width, height };
  return { size, packets: new EncodedPacketSink(track).packets() };
}

/** The one track of a file, which is made with its first packet. */
class VideoTrack {
  readonly #path: string;
  readonly #source = new EncodedVideoPacketSource('vp8');
  #output: Output | null = null;
  #end = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Where the next part begins, in seconds. */
  get end(): number {
    return this.#end;
  }

  async add({ data, type, timestamp }: VideoPacket, duration: number, size: Viewport) {
    const isFirst = this.#output === null;
    this.#output ??= await this.#start();
    const packet = new EncodedPacket(data, type, timestamp, duration);
    const decoderConfig = { codec: 'vp8', codedWidth: size.width, codedHeight: size.height };
    await this.#source.add(packet, isFirst ? { decoderConfig } : undefined);
    this.#end = timestamp + duration;
  }

  /** Writes the index, without which no player could seek. */
  async finish(): Promise<string | null> {
    if (this.#output === null) return null;
    try {
      await this.#output.finalize();
      return this.#path;
    } catch (error) {
      await rm(this.#path, { force: true });
      throw error;
    }
  }

  async #start(): Promise<Output> {
    const format = new WebMOutputFormat();
    const output = new Output({ format, target: new FilePathTarget(this.#path) });
    output.addVideoTrack(this.#source);
    await output.start();
    return output;
  }
}
