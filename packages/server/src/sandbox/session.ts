import { LapwingError } from '../errors.ts';
import { abortable } from './abortable.ts';
import type { ChildPool } from './child-pool.ts';
import type { SandboxChild } from './child-process.ts';
import type { CodeResult } from './code-result.ts';
import { converse, type SandboxRequest } from './conversation.ts';
import type { ChildKind } from './deno.ts';
import { residentBytes } from './resident-bytes.ts';

/** A child that tidies up for longer is ended: a new one is not much slower. */
const settleMs = 5000;
/** Python never gives memory back. A child that holds this much more than a new one would cheat the limit of the next piece. */
const maxKeptBytes = 64 * 2 ** 20;

/**
 * The code of one run: pieces of one user, between which nothing has to be kept secret. One Python serves them one after
 * another, with names and modules of its own for each, as its start costs seconds. It is ended, and the next piece gets
 * a new one, after anything but a clean end: a limit, a crash, or code that changed what would outlive it (child/reuse.py).
 * JavaScript starts fast and gets a child for each piece.
 */
export class SandboxSession {
  readonly #pool: ChildPool;
  readonly #closing = new AbortController();
  /** Alive, or not yet seen to be gone. */
  readonly #children = new Set<SandboxChild>();
  #settling: Promise<void> = Promise.resolve();
  #kept: SandboxChild | null = null;

  constructor(pool: ChildPool) {
    this.#pool = pool;
  }

  /**
   * Rejects with the signal's reason, with LapwingError `unavailable` when no child can be started, and after
   * {@link close}. Whatever user code does is a result.
   */
  async run(request: SandboxRequest): Promise<CodeResult> {
    const signal = AbortSignal.any([request.signal, this.#ended]);
    const child = await this.#take(request, signal);
    let canServe = false;
    try {
      const { result, isOver } = await converse(child, { ...request, signal });
      canServe = isOver && request.language === 'python';
      return result;
    } finally {
      if (canServe) this.#settling = this.#settle(child);
      else await child.kill();
    }
  }

  /** Ends the code that runs and all processes. Resolves when they are gone. */
  async close(): Promise<void> {
    this.#closing.abort(new LapwingError('unavailable', 'The session of the code is closed.'));
    await Promise.all([...this.#children].map((child) => child.kill()));
    await this.#settling;
  }

  get #ended(): AbortSignal {
    return AbortSignal.any([this.#closing.signal, this.#pool.closing]);
  }

  async #take({ language }: SandboxRequest, signal: AbortSignal): Promise<SandboxChild> {
    if (language === 'python') {
      await abortable(this.#settling, signal);
      const kept = this.#kept;
      this.#kept = null;
      if (kept !== null && this.#pool.reclaim(kept) && kept.isAlive) return kept;
    }
    const child = await this.#takeAlive(language === 'python' ? 'python' : 'javascript', signal);
    this.#children.add(child);
    void child.exited.then(() => this.#children.delete(child));
    return child;
  }

  /** A spare may have died without having been missed yet. */
  async #takeAlive(kind: ChildKind, signal: AbortSignal): Promise<SandboxChild> {
    while (true) {
      const child = await this.#pool.take(kind, signal);
      if (child.isAlive) return child;
      await child.exited;
    }
  }

  /** Goes on behind the answer: whoever asked for the result need not wait until the child has tidied up. */
  async #settle(child: SandboxChild): Promise<void> {
    const signal = AbortSignal.any([this.#ended, AbortSignal.timeout(settleMs)]);
    const isClean = await abortable(tidiesUp(child), signal).catch(() => false);
    if (isClean && this.#kept === null && !signal.aborted) {
      this.#kept = child;
      this.#pool.park(child);
    } else {
      await child.kill();
    }
  }
}

async function tidiesUp(child: SandboxChild): Promise<boolean> {
  const heard = await child.hear();
  const isSettled = heard?.kind === 'message' && heard.message.type === 'settled';
  if (!isSettled || !heard.message.isClean) return false;
  return (await residentBytes(child.pid)) - child.baselineBytes <= maxKeptBytes;
}
