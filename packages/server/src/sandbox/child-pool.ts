import { LapwingError } from '../errors.ts';
import { abortable } from './abortable.ts';
import { SandboxChild } from './child-process.ts';
import type { ChildKind } from './deno.ts';

export interface PoolOptions {
  /** Processes alive at one time, spares and parked ones included; at least 1. */
  readonly maxChildren: number;
  /** For a child to be ready. Default 60,000. */
  readonly startTimeoutMs?: number;
}

/**
 * The processes of a sandbox. One spare of each kind that was asked for stays warm where there is room. A child that its
 * taker parks is kept for that taker alone, until others need the room. Idle children use no CPU.
 */
export class ChildPool {
  readonly #maxChildren: number;
  readonly #startTimeoutMs: number;
  /** Ready or still starting. */
  readonly #spares = new Map<ChildKind, Promise<SandboxChild>>();
  /** The one that has been idle longest comes first. */
  readonly #parked = new Set<SandboxChild>();
  readonly #closing = new AbortController();
  readonly #children = new Set<SandboxChild>();
  /** Children, and those to be: they count from the beginning of their start. */
  #alive = 0;
  /** Resolves when a child is gone or can be ended; then replaced. */
  #stir = Promise.withResolvers<void>();
  /** Takers get their children one after another, in the order in which they came. */
  #line: Promise<unknown> = Promise.resolve();

  constructor(options: PoolOptions) {
    this.#maxChildren = Math.max(1, options.maxChildren);
    this.#startTimeoutMs = options.startTimeoutMs ?? 60_000;
  }

  /** Fires when the pool closes, before it ends its children. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Starts a spare where there is none and room for one. Resolves when it is ready. */
  async warm(kind: ChildKind): Promise<void> {
    this.#prepare(kind);
    await this.#spares.get(kind);
  }

  /**
   * A child in which no code has run; the taker ends or parks it. Rejects with the signal's reason, and with LapwingError
   * `unavailable` when no child can be started.
   */
  async take(kind: ChildKind, signal: AbortSignal): Promise<SandboxChild> {
    const claiming = this.#line.then(() => this.#claim(kind, signal));
    this.#line = claiming.catch(() => undefined);
    const { starting } = await claiming;
    try {
      return await abortable(starting, signal);
    } catch (error) {
      await end(starting);
      throw error;
    }
  }

  /** Leaves an idle child with the pool, which ends it when it needs the room. */
  park(child: SandboxChild): void {
    this.#parked.add(child);
    this.#wake();
  }

  /** Gives a parked child back to its taker. False when it is gone. */
  reclaim(child: SandboxChild): boolean {
    return this.#parked.delete(child);
  }

  /** Ends all children, those of takers too. Resolves when they are gone. */
  async close(): Promise<void> {
    this.#closing.abort(new LapwingError('unavailable', 'The sandbox is closed.'));
    // Those that are still starting end by the signal.
    await Promise.all([...this.#children].map((child) => child.kill()));
    while (this.#alive > 0) await this.#stir.promise;
  }

  /** Wrapped, because the child may still be starting: the next in line need not wait for that. */
  async #claim(
    kind: ChildKind,
    signal: AbortSignal,
  ): Promise<{ readonly starting: Promise<SandboxChild> }> {
    while (true) {
      signal.throwIfAborted();
      const spare = this.#spares.get(kind);
      if (spare !== undefined) {
        this.#spares.delete(kind);
        this.#prepare(kind);
        return { starting: spare };
      }
      if (this.#alive < this.#maxChildren) {
        const starting = this.#start(kind);
        this.#prepare(kind);
        return { starting };
      }
      await abortable(this.#makeRoom(), signal);
    }
  }

  /** Ends a spare of another kind, else the child that has been idle longest, else waits for a change. */
  async #makeRoom(): Promise<void> {
    const [spare] = this.#spares;
    const [idle] = this.#parked;
    if (spare !== undefined) {
      this.#spares.delete(spare[0]);
      await end(spare[1]);
    } else if (idle !== undefined) {
      this.#parked.delete(idle);
      await idle.kill();
    } else {
      await this.#stir.promise;
    }
  }

  #prepare(kind: ChildKind): void {
    const isFull = this.#alive >= this.#maxChildren;
    if (isFull || this.#spares.has(kind) || this.#closing.signal.aborted) return;
    const spare = this.#start(kind);
    this.#spares.set(kind, spare);
    const forget = () => {
      if (this.#spares.get(kind) === spare) this.#spares.delete(kind);
    };
    spare.then((child) => child.exited).then(forget, forget);
  }

  async #start(kind: ChildKind): Promise<SandboxChild> {
    const timeout = AbortSignal.timeout(this.#startTimeoutMs);
    this.#alive += 1;
    try {
      const signal = AbortSignal.any([timeout, this.#closing.signal]);
      const child = await SandboxChild.start(kind, signal);
      // The first to listen: whoever waits for the end of the child finds it counted out.
      this.#children.add(child);
      void child.exited.then(() => {
        this.#children.delete(child);
        this.#parked.delete(child);
        this.#countOut();
      });
      return child;
    } catch (error) {
      this.#countOut();
      throw error;
    }
  }

  #countOut(): void {
    this.#alive -= 1;
    this.#wake();
  }

  #wake(): void {
    this.#stir.resolve();
    this.#stir = Promise.withResolvers();
  }
}

async function end(starting: Promise<SandboxChild>): Promise<void> {
  await starting.then(
    (child) => child.kill(),
    () => undefined,
  );
}
