/** One encoded picture, as it comes out of the page. */
export interface EncodedChunk {
  /** Base64. */
  readonly data: string;
  readonly type: 'key' | 'delta';
  /** Microseconds since the recording began. */
  readonly timestamp: number;
}

/** One picture, as it goes into the page. */
export interface EncoderInput {
  /** Base64. */
  readonly data: string;
  readonly mime: 'image/jpeg' | 'image/png';
  /** Microseconds since the recording began; rises strictly. */
  readonly timestamp: number;
  readonly key: boolean;
}

/** What {@link installEncoder} puts into its page. */
export interface PageEncoder {
  push(input: EncoderInput): Promise<EncodedChunk[]>;
}

export interface EncoderConfiguration {
  readonly width: number;
  readonly height: number;
  /** Bits a second. */
  readonly bitrate: number;
}

/**
 * Runs inside a page of the browser: makes `globalThis.lapwingEncoder`. It is sent there as text, so it may use nothing
 * from outside itself. Pictures of another size are fitted in, on black.
 */
export function installEncoder({ width, height, bitrate }: EncoderConfiguration): void {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false });
  let chunks: EncodedChunk[] = [];
  let failure: Error | null = null;
  const toBase64 = (bytes: Uint8Array): string => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 8_192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
    }
    return btoa(text);
  };
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      chunks.push({ data: toBase64(bytes), type: chunk.type, timestamp: chunk.timestamp });
    },
    error: (error) => {
      failure = error;
    },
  });
  encoder.configure({ codec: 'vp8', width, height, bitrate, latencyMode: 'realtime' });
  const take = (): EncodedChunk[] => {
    if (failure !== null) throw failure;
    const taken = chunks;
    chunks = [];
    return taken;
  };
  const draw = async (input: EncoderInput): Promise<void> => {
    const answer = await fetch(`data:${input.mime};base64,${input.data}`);
    const picture = await createImageBitmap(await answer.blob());
    const scale = Math.min(width / picture.width, height / picture.height);
    const w = Math.round(picture.width * scale);
    const h = Math.round(picture.height * scale);
    context?.fillRect(0, 0, width, height);
    context?.drawImage(picture, Math.floor((width - w) / 2), Math.floor((height - h) / 2), w, h);
    picture.close();
  };
  const pageEncoder: PageEncoder = {
    push: async (input) => {
      await draw(input);
      const frame = new VideoFrame(canvas, { timestamp: input.timestamp });
      encoder.encode(frame, { keyFrame: input.key });
      frame.close();
      // So that what has been encoded is ours even if the page dies next.
      await encoder.flush();
      return take();
    },
  };
  Object.assign(globalThis, { lapwingEncoder: pageEncoder });
}

/** Runs inside the page. */
export function pushFrame(input: EncoderInput): Promise<EncodedChunk[]> {
  return (globalThis as unknown as { lapwingEncoder: PageEncoder }).lapwingEncoder.push(input);
}
