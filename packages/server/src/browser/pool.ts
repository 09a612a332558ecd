import { firstLine } from './failures.ts';
import type { BrowserLog } from './settings.ts';

/** What the pool has to know of a browser. */
export interface PooledBrowser {
  readonly exited: Promise<void>;
  end(): Promise<void>;
}

export interface PoolOptions<Browser extends PooledBrowser> {
  /** Most browsers alive at a time, those that start or end included. */
  readonly max: number;
  /** Browsers kept ready beyond those in use. */
  readonly warm: number;
  readonly launch: (signal: AbortSignal) => Promise<Browser>;
  readonly log: BrowserLog;
}

export interface BrowserLease<Browser extends PooledBrowser> {
  readonly browser: Browser;
  /** Ends the browser. Idempotent. */
  release(): Promise<void>;
  /** Lets go of the browser without ending it: it is somebody else's now. */
  leave(): void;
}

interface Waiter<Browser extends PooledBrowser> {
  readonly nested: boolean;
  readonly give: (lease: BrowserLease<Browser>) => void;
  readonly refuse: (error: unknown) => void;
}

/** Warm browsers that die one after the other without a use between them: then something is wrong, and we wait. */
const patience = 3;

/**
 * Hands out browsers, first come, first served. Somebody with a browser may wait for the work of somebody else, who needs
 * one too: the nested go before all others, and what is lent to them does not count against the maximum. A browser serves one run and is then ended: nothing of a run can reach
 * the next one, and a start costs less than a tenth of a second, behind the back of whoever takes a warm one.
 */
export class BrowserPool<Browser extends PooledBrowser> {
  readonly #options: PoolOptions<Browser>;
  readonly #idle: Browser[] = [];
  readonly #waiters: Waiter<Browser>[] = [];
  readonly #closing = new AbortController();
  /** Every browser's end, and every start, that is under way. */
  readonly #underWay = new Set<Promise<void>>();
  readonly #leased = new Set<Browser>();
  #starting = 0;
  #ending = 0;
  #losses = 0;
  #lent = 0;
  #fault: string | null = null;

  constructor(options: PoolOptions<Browser>) {
    this.#options = options;
    this.#fill();
  }

  /** Browsers alive, those that start or end included. */
  get alive(): number {
    return this.#starting + this.#idle.length + this.#leased.size + this.#ending;
  }

  /** Those who wait for a browser. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Why the last browser could not be started; null when it could. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Browsers ready to be taken. */
  get ready(): number {
    return this.#idle.length;
  }

  /**
   * A browser of one's own. Rejects with the error of a failed start, or the signal's reason.
   * @param nested Somebody may wait for the work that it is for.
   */
  acquire(signal: AbortSignal, { nested = false } = {}): Promise<BrowserLease<Browser>> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      const onAbort = () => {
        const position = this.#waiters.indexOf(waiter);
        if (position >= 0) this.#waiters.splice(position, 1);
        reject(signal.reason);
      };
      const waiter: Waiter<Browser> = {
        nested,
        give: (lease) => {
          signal.removeEventListener('abort', onAbort);
          resolve(lease);
        },
        refuse: (error) => {
          signal.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const others = this.#waiters.findIndex((other) => nested && !other.nested);
      this.#waiters.splice(others < 0 ? this.#waiters.length : others, 0, waiter);
      this.#losses = 0;
      this.#fill();
    });
  }

  /**
   * Counts a browser in that runs already, as in use. It may be one too many for a while: it takes up its room whether it
   * is counted or not, and no other is started until there is room again.
   */
  adopt(browser: Browser): BrowserLease<Browser> {
    this.#closing.signal.throwIfAborted();
    this.#leased.add(browser);
    return this.#leaseOf(browser);
  }

  /**
   * Whoever has a browser waits for nested work, which may have one more for that time. The function that is returned,
   * called once, ends it.
   */
  lend(): () => void {
    this.#lent += 1;
    this.#fill();
    return () => {
      this.#lent -= 1;
    };
  }

  /** Refuses whoever waits, ends every browser, those in use included, and resolves when none is left. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The browser pool is closed.'));
    for (const waiter of this.#waiters.splice(0)) waiter.refuse(this.#closing.signal.reason);
    for (const browser of this.#idle.splice(0)) this.#end(browser);
    for (const browser of [...this.#leased]) this.#release(browser);
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Serves whoever waits, then starts as many browsers as are wanted and allowed. */
  #fill(): void {
    if (this.#closing.signal.aborted) return;
    while (this.#waiters.length > 0 && this.#idle.length > 0) this.#hand(this.#idle.shift());
    const wanted = () => this.#waiters.length + this.#options.warm;
    while (this.#idle.length + this.#starting < wanted() && this.alive < this.#options.max) {
      this.#track(this.#start());
    }
    const nested = this.#waiters.filter((waiter) => waiter.nested).length;
    while (
      this.#idle.length + this.#starting < nested &&
      this.alive - this.#lent < this.#options.max
    ) {
      this.#track(this.#start());
    }
  }

  #hand(browser: Browser | undefined): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined || browser === undefined) return;
    this.#leased.add(browser);
    waiter.give(this.#leaseOf(browser));
  }

  #leaseOf(browser: Browser): BrowserLease<Browser> {
    return {
      browser,
      release: () => this.#release(browser),
      leave: () => {
        if (this.#leased.delete(browser)) this.#fill();
      },
    };
  }

  async #start(): Promise<void> {
    this.#starting += 1;
    try {
      const browser = await this.#options.launch(this.#closing.signal);
      this.#starting -= 1;
      this.#fault = null;
      this.#welcome(browser);
    } catch (error) {
      this.#starting -= 1;
      if (this.#closing.signal.aborted) return;
      this.#fault = firstLine(error);
      this.#options.log('error', `A browser could not be started: ${this.#fault}`);
      const waiter = this.#waiters.shift();
      // Without anybody who waits, the next acquire tries again.
      if (waiter === undefined) return;
      waiter.refuse(error);
      this.#fill();
    }
  }

  #welcome(browser: Browser): void {
    if (this.#closing.signal.aborted) {
      this.#end(browser);
      return;
    }
    this.#idle.push(browser);
    browser.exited.then(() => this.#lost(browser));
    this.#fill();
    this.#endSurplus();
  }

  /** Whoever a browser was started for may have gone meanwhile: what nobody waits for is not kept beyond the spares. */
  #endSurplus(): void {
    for (const surplus of this.#idle.splice(this.#options.warm)) this.#end(surplus);
  }

  /** A browser in use that dies is its user's to notice; a warm one is replaced. */
  #lost(browser: Browser): void {
    const position = this.#idle.indexOf(browser);
    if (position < 0) return;
    this.#idle.splice(position, 1);
    this.#losses += 1;
    this.#options.log('warning', 'A browser that was kept ready has ended by itself.');
    this.#end(browser);
  }

  #release(browser: Browser): Promise<void> {
    if (this.#leased.delete(browser)) this.#end(browser);
    return browser.end();
  }

  #end(browser: Browser): void {
    this.#ending += 1;
    const ended = browser
      .end()
      .catch((error) => {
        this.#options.log('error', `A browser could not be ended: ${firstLine(error)}`);
      })
      .finally(() => {
        this.#ending -= 1;
        if (this.#losses < patience) this.#fill();
      });
    this.#track(ended);
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }
}
