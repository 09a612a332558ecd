import type { JobSlot } from './job.ts';

/** How many jobs a worker runs at the same time, not counting those that wait for something. */
export class Slots implements JobSlot {
  readonly #count: number;
  readonly #onFree: () => void;
  /** Jobs whose waiting is over and that need a slot to go on, the first first. */
  readonly #returning: (() => void)[] = [];
  #taken = 0;

  /** @param onFree Called when a slot is free for a new job. */
  constructor(count: number, onFree: () => void) {
    this.#count = count;
    this.#onFree = onFree;
  }

  get free(): number {
    return Math.max(0, this.#count - this.#taken);
  }

  take(): void {
    this.#taken += 1;
  }

  release(): void {
    this.#taken -= 1;
    const next = this.free > 0 ? this.#returning.shift() : undefined;
    if (next === undefined) {
      this.#onFree();
    } else {
      this.take();
      next();
    }
  }

  async lend<T>(waiting: Promise<T>): Promise<T> {
    this.release();
    let result: T;
    try {
      result = await waiting;
    } catch (error) {
      // There is nothing left to do but to end, which gives the slot back.
      this.take();
      throw error;
    }
    if (this.free > 0) this.take();
    else await new Promise<void>((resolve) => this.#returning.push(resolve));
    return result;
  }
}
