import type { Logger } from 'pino';

type OnPayload = (payload: string) => void;

/** Who listens to which channel in this process: one LISTEN serves them all. */
export class Channels {
  readonly #listeners = new Map<string, Set<OnPayload>>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  get names(): string[] {
    return [...this.#listeners.keys()];
  }

  /** True when the channel is new. */
  add(channel: string, listener: OnPayload): boolean {
    const listeners = this.#listeners.get(channel);
    listeners?.add(listener);
    if (listeners === undefined) this.#listeners.set(channel, new Set([listener]));
    return listeners === undefined;
  }

  /** True when nobody listens to the channel any more. */
  remove(channel: string, listener: OnPayload): boolean {
    const listeners = this.#listeners.get(channel);
    if (listeners?.delete(listener) !== true || listeners.size > 0) return false;
    return this.#listeners.delete(channel);
  }

  dispatch(channel: string, payload: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) {
      try {
        listener(payload);
      } catch (error) {
        this.#log.error({ err: error, channel }, 'A listener of a database channel failed');
      }
    }
  }
}
