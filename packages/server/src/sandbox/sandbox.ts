import { ChildPool, type PoolOptions } from './child-pool.ts';
import type { CodeResult } from './code-result.ts';
import type { SandboxRequest } from './conversation.ts';
import type { ChildKind } from './deno.ts';
import { SandboxSession } from './session.ts';

/** Runs user code in processes that may do nothing. What two sessions run never meets in one process. */
export class Sandbox {
  readonly #pool: ChildPool;

  constructor(options: PoolOptions) {
    this.#pool = new ChildPool(options);
  }

  /** Starts a spare where there is none and room for one. Resolves when it is ready. */
  async warm(kind: ChildKind): Promise<void> {
    await this.#pool.warm(kind);
  }

  /** For all the code of one run. Takes its first process when it runs its first piece; whoever asked closes it. */
  session(): SandboxSession {
    return new SandboxSession(this.#pool);
  }

  /** Runs one piece of code in a session of its own; see {@link SandboxSession.run}. */
  async run(request: SandboxRequest): Promise<CodeResult> {
    const session = this.session();
    try {
      return await session.run(request);
    } finally {
      await session.close();
    }
  }

  /** Ends all children, running ones too. Resolves when they are gone. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}
