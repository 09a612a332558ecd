import type { Frame, Page } from 'playwright-core';
import { z } from 'zod';
import { userFailure } from './failure.ts';
import { knownValues } from './known-values.ts';
import { type Held, type Reference, Registry } from './registry.ts';
import { type CallRules, invoke, perform } from './special-calls.ts';
import { type ClassName, memberOf, surface } from './surface.ts';
import { decodeArgument, encodeResult } from './values.ts';

export interface PageRpcOptions extends CallRules {
  /** The page of the run; asked for once, when user code first needs it. */
  getPage(): Promise<Page>;
  /** Ends every waiting call with its reason. */
  readonly signal: AbortSignal;
  /** Told before each call that changes something: `locator.click page.getByRole("button").first`. Never values. */
  onAction?(description: string): void;
}

const step = z.tuple([z.string()], z.unknown());
const path = z.object({ root: z.string(), steps: z.array(step).max(50) });
const message = path.extend({ method: z.string(), args: z.array(z.unknown()).max(5) });

interface Target {
  readonly class: ClassName;
  readonly object: object;
}

/** What user code does with a page, made from JSON: nothing but the members of the surface can be reached. */
export class PageRpc {
  readonly surface = surface;
  readonly #options: PageRpcOptions;
  readonly #registry = new Registry();
  readonly #closed = new AbortController();
  #page: Page | null = null;
  #opening: Promise<Page> | null = null;
  #sentValues = '';
  #onValues: (values: unknown) => void = () => undefined;

  constructor(options: PageRpcOptions) {
    this.#options = options;
  }

  /** Opens the page and gives what is known of it; later changes go to `onValues` before any answer that follows. */
  async open(onValues: (values: unknown) => void): Promise<unknown> {
    this.#onValues = onValues;
    const page = await this.#open();
    const values = knownValues(this.#registry, page);
    this.#sentValues = JSON.stringify(values);
    return values;
  }

  /** Does one call of user code. Rejects with an Error whose name and message are for the user. */
  async call(wire: unknown): Promise<unknown> {
    try {
      // Calls keep their order: once the page is there, nothing is awaited before Playwright gets the call.
      const page = this.#page ?? (await this.#open());
      const result = await this.#abortable(this.#perform(wire));
      const encoded = encodeResult(await this.#spread(result), (object) => this.#reference(object));
      this.#publish(page);
      return encoded;
    } catch (error) {
      if (this.#page !== null) this.#publish(this.#page);
      throw userFailure(error);
    }
  }

  /** Stops watching the page and ends what still waits. */
  close(): void {
    this.#closed.abort(new Error('The code has ended.'));
  }

  #open(): Promise<Page> {
    this.#opening ??= this.#options.getPage().then((page) => {
      this.#registry.add({ class: 'Page', object: page });
      this.#watch(page);
      this.#page = page;
      return page;
    });
    return this.#opening;
  }

  #watch(page: Page): void {
    const publish = () => this.#publish(page);
    const follow = (other: Page) => {
      for (const event of ['framenavigated', 'frameattached', 'framedetached'] as const) {
        other.on(event as 'framenavigated', publish);
        this.#closed.signal.addEventListener('abort', () => {
          other.off(event as 'framenavigated', publish);
        });
      }
      other.on('close', publish);
      this.#closed.signal.addEventListener('abort', () => other.off('close', publish));
    };
    const opened = (other: Page) => {
      follow(other);
      publish();
    };
    const context = page.context();
    for (const existing of context.pages()) follow(existing);
    context.on('page', opened);
    this.#closed.signal.addEventListener('abort', () => context.off('page', opened));
  }

  #publish(page: Page): void {
    if (this.#closed.signal.aborted) return;
    const values = knownValues(this.#registry, page);
    const text = JSON.stringify(values);
    if (text === this.#sentValues) return;
    this.#sentValues = text;
    this.#onValues(values);
  }

  async #perform(wire: unknown): Promise<unknown> {
    const parsed = message.safeParse(wire);
    if (!parsed.success) throw new TypeError('The call does not have the form of a call.');
    const { method, ...where } = parsed.data;
    const target = this.#resolve(where);
    const member = memberOf(target.class, method);
    if (member.kind !== 'action') throw new TypeError(`${target.class}.${method} cannot be awaited.`);
    const { positional, options } = this.#arguments(target.class, method, parsed.data.args);
    if (member.acts) this.#options.onAction?.(describe(where, method));
    const call = { object: target.object, root: where.root, args: positional, options };
    return perform(call, method, this.#options);
  }

  #resolve(where: z.infer<typeof path>): Target {
    return where.steps.reduce<Target>((target, [name, ...args]) => {
      const member = memberOf(target.class, name);
      if (member.kind !== 'chain' || member.result === null) {
        throw new TypeError(`${target.class}.${name} does not give an object.`);
      }
      const { positional, options } = this.#arguments(target.class, name, args);
      const object = invoke(target.object, name, [...positional, options]);
      return { class: member.result, object: Object(object) };
    }, this.#registry.get(where.root));
  }

  #arguments(className: ClassName, name: string, args: readonly unknown[]) {
    const member = memberOf(className, name);
    const resolve = (reference: unknown) => this.#resolve(path.parse(reference)).object;
    const decoded = args.map((arg) => decodeArgument(arg, resolve));
    if (decoded.length > member.params.length + 1) {
      throw new TypeError(`${className}.${name} takes ${member.params.length} arguments.`);
    }
    const positional = member.params.map((_, index) => decoded[index]);
    const options = Object(decoded[member.params.length] ?? {});
    const unknown = Object.keys(options).find((option) => !member.options.includes(option));
    if (unknown !== undefined) {
      throw new TypeError(`${className}.${name} has no option ${unknown} here.`);
    }
    return { positional, options };
  }

  /** A download is caught by the browser only when somebody asks for its end; headers come with the answer. */
  async #spread(result: unknown): Promise<unknown> {
    return result;
  }

  #reference(object: object): Reference | null {
    const held = holdable(object);
    return held === null ? null : this.#registry.add(held);
  }

  async #abortable<T>(work: Promise<T>): Promise<T> {
    return work;
  }
}

function holdable(object: object): Held | null {
  return null;
}
