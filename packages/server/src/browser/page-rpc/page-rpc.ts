import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { userFailure } from './failure.ts';
import { pageless } from './helpers.ts';
import { KnownValues, type ValuesByRoot } from './known-values.ts';
import { helpersRoot, type Path, type Reference, Registry } from './registry.ts';
import { type Answer, type CallRules, invoke, perform } from './special-calls.ts';
import { type ClassName, memberOf, surface } from './surface.ts';
import { watchPages } from './watch-pages.ts';
import { decodeArgument, encodeResult } from './wire-values.ts';

export interface PageRpcOptions extends CallRules {
  /** The page of the run; asked for once, when user code first needs it. */
  getPage(): Promise<Page>;
  /** Ends what is waited for in the page. */
  readonly signal: AbortSignal;
  /** Told before each call that changes something, as in `page.getByRole("button").first.click`. Never values. */
  onAction?(description: string): void;
}

const pathSchema = z.object({
  root: z.string(),
  steps: z.array(z.tuple([z.string()], z.unknown())).max(50),
});
const pagelessSchema = z.object({ root: z.literal(helpersRoot), method: z.enum(pageless) });
const callSchema = pathSchema.extend({ method: z.string(), args: z.array(z.unknown()).max(5) });

interface Target {
  readonly class: ClassName;
  readonly object: object;
}

/** What user code does with a page, made from JSON: nothing but the members of the surface can be reached. */
export class PageRpc {
  readonly surface = surface;
  readonly #options: PageRpcOptions;
  readonly #registry = new Registry();
  readonly #values = new KnownValues(this.#registry);
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  #opening: Promise<Page> | null = null;
  #page: Page | null = null;
  #onValues: (values: ValuesByRoot) => void = () => undefined;

  constructor(options: PageRpcOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#closing.signal]);
  }

  /** Opens the page and gives what is known of it; changes go to `onValues` before the answer that follows them. */
  async open(onValues: (values: unknown) => void): Promise<unknown> {
    const values = this.#values.changes(await this.#open());
    this.#onValues = onValues;
    return values;
  }

  /** Does one call of user code. Rejects with an Error whose name and message are for the user. */
  async call(wire: unknown): Promise<unknown> {
    try {
      // Once the page is there nothing is awaited before Playwright has the call: an event that is waited for first is
      // watched before the click that follows.
      if (this.#page === null && !pagelessSchema.safeParse(wire).success) await this.#open();
      return await this.#perform(wire);
    } catch (error) {
      // Playwright rejects what runs in a page just before it tells that the page has gone, and why.
      await nextTurn();
      const { signal } = this.#options;
      throw userFailure(signal.aborted ? signal.reason : error);
    } finally {
      this.#publish();
    }
  }

  /** Stops watching the page and ends what still waits. */
  close(): void {
    this.#closing.abort(new Error('The code has ended.'));
  }

  #open(): Promise<Page> {
    this.#opening ??= this.#options.getPage().then((page) => {
      this.#registry.add({ class: 'Page', object: page });
      this.#page = page;
      watchPages(page.context(), () => this.#publish(), this.#signal);
      return page;
    });
    return this.#opening;
  }

  #publish(): void {
    if (this.#page === null || this.#signal.aborted) return;
    const changed = this.#values.changes(this.#page);
    if (Object.keys(changed).length > 0) this.#onValues(changed);
  }

  async #perform(wire: unknown): Promise<unknown> {
    const parsed = callSchema.safeParse(wire);
    if (!parsed.success) throw new TypeError('This is no call of the page.');
    const { method, args, ...path } = parsed.data;
    const target = this.#resolve(path);
    const member = memberOf(target.class, method);
    if (member.kind !== 'action') throw new TypeError(`${target.class}.${method} is no action.`);
    const call = this.#arguments(target.class, method, args);
    if (member.acts) this.#options.onAction?.(describe(path, method));
    // Whatever can wait for long ends with the code: it must not click into the next block.
    const stop = member.options.includes('timeout') ? { signal: this.#signal } : {};
    const answer = await perform(
      { object: target.object, root: path.root, ...call, options: { ...call.options, ...stop } },
      method,
      this.#options,
    );
    return this.#encode(answer, path);
  }

  #encode(answer: Answer, { root, steps }: Path): unknown {
    const locator = (more: Path['steps']): Reference => ({
      $ref: { class: 'Locator', root, steps: [...steps, ...more] },
    });
    switch (answer.kind) {
      case 'value':
        return encodeResult(answer.value);
      case 'held':
        return answer.held === null ? null : this.#registry.add(answer.held);
      case 'one':
        return locator(answer.steps[0] ?? []);
      case 'many':
        return answer.steps.map(locator);
    }
  }

  #resolve({ root, steps }: Path): Target {
    return steps.reduce<Target>((target, [name, ...args]) => {
      const member = memberOf(target.class, name);
      if (member.kind !== 'chain' || member.result === null) {
        throw new TypeError(`${target.class}.${name} gives no object.`);
      }
      const { args: positional, options } = this.#arguments(target.class, name, args);
      return {
        class: member.result,
        object: Object(invoke(target.object, name, [...positional, options])),
      };
    }, this.#rootOf(root));
  }

  /** Helpers get the run's page, unless they were called before it was there because they do not need it. */
  #rootOf(root: string): Target {
    return root === helpersRoot
      ? { class: 'Helpers', object: this.#page ?? {} }
      : this.#registry.get(root);
  }

  /** All parameters in their places, then the options; both as the surface allows. */
  #arguments(className: ClassName, name: string, given: readonly unknown[]) {
    const member = memberOf(className, name);
    const resolve = (reference: unknown) => this.#resolve(pathSchema.parse(reference)).object;
    const decoded = given.map((arg) => decodeArgument(arg, resolve));
    const args = member.params.map((_, index) => decoded[index] ?? undefined);
    const last = decoded[member.params.length] ?? {};
    if (typeof last !== 'object' || decoded.length > member.params.length + 1) {
      throw new TypeError(`${className}.${name} takes ${member.params.length} arguments.`);
    }
    const options: Readonly<Record<string, unknown>> = { ...last };
    const unknown = Object.keys(options).find((option) => !member.options.includes(option));
    if (unknown !== undefined)
      throw new TypeError(`${className}.${name} has no option ${unknown}.`);
    return { args, options };
  }
}

function describe({ root, steps }: Path, method: string): string {
  const names = steps.map(([name, ...args]) => {
    const texts = args.filter((arg) => typeof arg === 'string').map((arg) => JSON.stringify(arg));
    return texts.length === 0 ? name : `${name}(${texts.join(', ')})`;
  });
  return [root, ...names, method].join('.');
}
