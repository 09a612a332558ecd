import type { CDPSession } from 'playwright-core';
import type { Viewport } from './settings.ts';

/** Called with a JPEG (base64). */
export type OnFrame = (data: string) => void;

/**
 * The browser sends the next frame only when the last is acknowledged. So this delay is the frame rate, and a still
 * page's last state always comes (leaving out every n-th frame would lose it).
 */
const acknowledgeAfterMs = 180;
const jpegQuality = 70;

interface ScreencastFrame {
  readonly data: string;
  readonly sessionId: number;
}

/** Sends the frames of one page until {@link Screencast.stop}. */
export class Screencast {
  readonly #session: CDPSession;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #listener: (frame: ScreencastFrame) => void;

  static async start(session: CDPSession, size: Viewport, onFrame: OnFrame): Promise<Screencast> {
    const screencast = new Screencast(session, onFrame);
    await session.send('Page.startScreencast', {
      format: 'jpeg',
      quality: jpegQuality,
      maxWidth: size.width,
      maxHeight: size.height,
    });
    return screencast;
  }

  private constructor(session: CDPSession, onFrame: OnFrame) {
    this.#session = session;
    this.#listener = ({ data, sessionId }) => {
      onFrame(data);
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        // A page that has gone needs no acknowledgement.
        session.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
      }, acknowledgeAfterMs);
      this.#timers.add(timer);
    };
    session.on('Page.screencastFrame', this.#listener);
  }

  /** No frame comes after this. Does not wait for the browser. */
  stop(): void {
    this.#session.off('Page.screencastFrame', this.#listener);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#session.detach().catch(() => {});
  }
}
