/** A signal for one waiter, kept when nobody waits yet. */
export class WakeUp {
  #signalled = false;
  #resume: (() => void) | null = null;

  signal(): void {
    this.#signalled = true;
    this.#resume?.();
  }

  /** Resolves at the next signal, at once when there was one since the last wait, or after `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.#signalled) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#resume = null;
    }
    this.#signalled = false;
  }
}
