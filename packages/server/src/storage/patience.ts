import { setTimeout as sleep } from 'node:timers/promises';

const leastTries = 3;
const firstPauseMs = 100;
const longestPauseMs = 5_000;

/** How often something that fails is tried again: at least twice, and for a while after the first failure. */
export class Patience {
  readonly #forMs: number;
  #failures = 0;
  #since = 0;

  constructor(forMs: number) {
    this.#forMs = forMs;
  }

  /** Something was reached: the next failure is a first one. */
  restore(): void {
    this.#failures = 0;
  }

  /** Waits until the next try is due, longer each time. Rejects with the failure when it was the last one. */
  async wait(failure: Error, signal: AbortSignal): Promise<void> {
    if (this.#failures === 0) this.#since = performance.now();
    this.#failures += 1;
    const isOver = performance.now() - this.#since >= this.#forMs;
    if (isOver && this.#failures >= leastTries) throw failure;
    const pause = Math.min(firstPauseMs * 2 ** (this.#failures - 1), longestPauseMs);
    try {
      // Workers that lost the same server do not come back all at once.
      await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }
}
