import { LapwingError } from '../errors.ts';
import { abortable } from './abortable.ts';
import { SandboxChild } from './child-process.ts';
import type { CodeResult } from './code-result.ts';
import { converse, type SandboxRequest } from './conversation.ts';
import type { ChildKind } from './deno.ts';

export interface SandboxOptions {
  /** Processes alive at one time, spares included; at least 1. */
  readonly maxChildren: number;
  /** For a child to be ready. Default 60,000. */
  readonly startTimeoutMs?: number;
}

/**
 * Runs user code, each piece in a process of its own that is ended after it. One spare of each kind that was asked for
 * stays warm where `maxChildren` leaves room; idle, it uses no CPU.
 */
export class Sandbox {
  readonly #maxChildren: number;
  readonly #startTimeoutMs: number;
  /** Ready or still starting. */
  readonly #spares = new Map<ChildKind, Promise<SandboxChild>>();
  readonly #alive = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  /** Runs take their children one after another, in the order in which they came. */
  #line: Promise<unknown> = Promise.resolve();

  constructor(options: SandboxOptions) {
    this.#maxChildren = Math.max(1, options.maxChildren);
    this.#startTimeoutMs = options.startTimeoutMs ?? 60_000;
  }

  /** Starts a spare where there is none and room for one. Resolves when it is ready. */
  async warm(kind: ChildKind): Promise<void> {
    this.#prepare(kind);
    await this.#spares.get(kind);
  }

  /**
   * Rejects with the signal's reason, with LapwingError `unavailable` when no child can be started, and after
   * {@link close}. Whatever user code does is a result.
   */
  async run(request: SandboxRequest): Promise<CodeResult> {
    const signal = AbortSignal.any([request.signal, this.#closing.signal]);
    const kind = request.language === 'python' ? 'python' : 'javascript';
    const taking = this.#line.then(() => this.#take(kind, signal));
    this.#line = taking.catch(() => undefined);
    const { starting } = await taking;
    try {
      return await converse(await abortable(starting, signal), { ...request, signal });
    } finally {
      await starting.then(
        (child) => child.kill(),
        () => undefined,
      );
    }
  }

  /** Ends all children, running ones too. Resolves when they are gone. */
  async close(): Promise<void> {
    this.#closing.abort(new LapwingError('unavailable', 'The sandbox is closed.'));
    const spares = [...this.#spares.values()];
    await Promise.allSettled(spares.map(async (spare) => (await spare).kill()));
    await Promise.allSettled(this.#alive);
  }

  /** A child that nobody else has, wrapped because it may still be starting: the next in line need not wait for that. */
  async #take(
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
      if (this.#alive.size < this.#maxChildren) {
        const starting = this.#start(kind);
        this.#prepare(kind);
        return { starting };
      }
      await abortable(this.#makeRoom(), signal);
    }
  }

  /** Resolves when a child has ended: a spare of another kind if there is one, else the first that gets there. */
  async #makeRoom(): Promise<void> {
    const [other] = this.#spares;
    if (other !== undefined) {
      this.#spares.delete(other[0]);
      await other[1].then(
        (child) => child.kill(),
        () => undefined,
      );
    } else {
      await Promise.race(this.#alive);
    }
  }

  #prepare(kind: ChildKind): void {
    const isFull = this.#alive.size >= this.#maxChildren;
    if (isFull || this.#spares.has(kind) || this.#closing.signal.aborted) return;
    const spare = this.#start(kind);
    this.#spares.set(kind, spare);
    const forget = () => {
      if (this.#spares.get(kind) === spare) this.#spares.delete(kind);
    };
    spare.then((child) => child.exited).then(forget, forget);
  }

  #start(kind: ChildKind): Promise<SandboxChild> {
    const timeout = AbortSignal.timeout(this.#startTimeoutMs);
    const starting = SandboxChild.start(kind, AbortSignal.any([timeout, this.#closing.signal]));
    const life = starting
      .then(
        (child) => child.exited,
        () => undefined,
      )
      .finally(() => this.#alive.delete(life));
    this.#alive.add(life);
    return starting;
  }
}
