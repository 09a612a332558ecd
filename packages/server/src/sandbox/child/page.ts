/** The classes `Page`, `Locator`, … of JavaScript user code, made from the surface that the parent sent. */
import { Buffer } from 'node:buffer';
import type { FromChild, PageSetup, ToChild } from '../messages.ts';

interface Member {
  readonly kind: 'chain' | 'value' | 'find' | 'action';
  readonly result: string | null;
  readonly property: 'both' | 'python' | 'none';
}
type Surface = Readonly<Record<string, Readonly<Record<string, Member>>>>;
type Values = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Fields = Readonly<Record<string, unknown>>;

/** Where an object is found: a root that the parent knows, then steps that need no round trip. */
interface Path {
  readonly root: string;
  readonly steps: readonly (readonly [string, ...unknown[]])[];
}

export type Helpers = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;

interface Use {
  readonly name: string;
  readonly member: Member;
  readonly args: readonly unknown[];
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** A helper found that there is no going on. */
export class Terminated extends Error {
  override readonly name = 'Terminated';
}

/** The user's `page` is {@link object}; what the parent answers goes to {@link receive}. */
export class PageClient {
  readonly object: object;
  /** Functions that are no one's methods, by name. */
  readonly helpers: Helpers;
  readonly #post: (message: FromChild) => void;
  readonly #prototypes: ReadonlyMap<string, object>;
  /** Kept apart from the objects, so that user code cannot make up a path. */
  readonly #paths = new WeakMap<object, Path>();
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #values: Values;
  #lastId = 0;

  constructor(setup: PageSetup, post: (message: FromChild) => void) {
    this.#post = post;
    this.#values = setup.values as Values;
    const classes = Object.entries(setup.surface as Surface);
    this.#prototypes = new Map(
      classes.map(([name, members]) => [name, this.#buildClass(name, members)]),
    );
    this.object = this.#make('Page', { root: 'page', steps: [] });
    this.helpers = this.#make('Helpers', { root: 'helpers', steps: [] }) as Helpers;
  }

  receive(message: ToChild): void {
    switch (message.type) {
      case 'values':
        this.#values = { ...this.#values, ...(message.values as Values) };
        return;
      case 'reply':
        this.#waiting.get(message.id)?.resolve(message.value);
        return;
      case 'failure':
        this.#waiting.get(message.id)?.reject(toError(message));
        return;
      case 'start':
        return;
    }
  }

  #buildClass(className: string, members: Readonly<Record<string, Member>>): object {
    const use = (self: object, what: Use) => this.#use(self, what);
    const prototype: object = Object.create(null, { [Symbol.toStringTag]: { value: className } });
    for (const [name, member] of Object.entries(members)) {
      const method = function (this: object, ...args: unknown[]) {
        return use(this, { name, member, args });
      };
      const property = member.property === 'both' ? { get: method } : { value: method };
      Reflect.defineProperty(prototype, name, property);
    }
    return prototype;
  }

  #use(self: object, { name, member, args }: Use): unknown {
    const path = this.#paths.get(self);
    if (path === undefined) throw new TypeError(`${name} must be called on an object of the page`);
    const encoded = () => args.map((arg) => this.#encode(arg));
    switch (member.kind) {
      case 'chain': {
        const steps = [...path.steps, [name, ...encoded()] as const];
        return this.#make(member.result ?? '', { root: path.root, steps });
      }
      case 'value':
        return this.#decode(this.#values[path.root]?.[name] ?? null);
      case 'find':
        return this.#findFrame(path.root, args[0]);
      case 'action':
        return this.#call({ ...path, method: name, args: encoded() });
    }
  }

  #make(className: string, path: Path): object {
    const object: object = Object.create(this.#prototypes.get(className) ?? null);
    this.#paths.set(object, path);
    return object;
  }

  async #call(call: unknown): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    // The answer comes on a stack of its own; the user wants to see the line of the call.
    const [, ...frames] = (new Error().stack ?? '').split('\n');
    this.#post({ type: 'call', id, call });
    try {
      return this.#decode(await answer.promise);
    } catch (error) {
      if (error instanceof Error) error.stack = [String(error), ...frames].join('\n');
      throw error;
    } finally {
      this.#waiting.delete(id);
    }
  }

  #findFrame(root: string, wanted: unknown): unknown {
    const frames = this.#decode(this.#values[root]?.['frames'] ?? []) as Frame[];
    if (typeof wanted === 'string') return frames.find((frame) => frame.name() === wanted) ?? null;
    const { name, url = '' } = Object(wanted) as { name?: string; url?: string | RegExp };
    const matches = (frame: Frame) => {
      if (name !== undefined) return frame.name() === name;
      return url instanceof RegExp ? url.test(frame.url()) : matchesGlob(frame.url(), url);
    };
    return frames.find(matches) ?? null;
  }

  #encode(value: unknown): unknown {
    switch (typeof value) {
      case 'function':
        return { $fn: String(value) };
      case 'bigint':
      case 'symbol':
        throw new TypeError(`A ${typeof value} cannot be sent to the page`);
      case 'object':
        return value === null ? null : this.#encodeObject(value);
      case 'undefined':
        return null;
      default:
        return value;
    }
  }

  #encodeObject(value: object): unknown {
    const path = this.#paths.get(value);
    if (path !== undefined) return { $ref: path };
    if (value instanceof RegExp) return { $re: [value.source, value.flags] };
    if (value instanceof Date) return value.toISOString();
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return encodeBytes(value);
    if (Array.isArray(value)) return value.map((item) => this.#encode(item));
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    const encoded = Object.fromEntries(entries.map(([key, item]) => [key, this.#encode(item)]));
    // A user's own {"$ref": …} must not be taken for ours.
    return isTagged(encoded) ? { $plain: encoded } : encoded;
  }

  #decode(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.#decode(item));
    const fields = value as Fields;
    if (!isTagged(fields)) return this.#decodeFields(fields);
    const { $bytes, $ref, $plain } = fields;
    if (typeof $bytes === 'string') return Buffer.from($bytes, 'base64');
    if ($plain !== undefined) return this.#decodeFields(Object($plain));
    const { class: className, root, steps } = $ref as Path & { class: string };
    return this.#make(className, { root, steps });
  }

  #decodeFields(fields: Fields): Fields {
    return Object.fromEntries(
      Object.entries(fields).map(([key, item]) => [key, this.#decode(item)]),
    );
  }
}

interface Frame {
  name(): string;
  url(): string;
}

function isTagged(fields: Fields): boolean {
  const [key, second] = Object.keys(fields);
  return second === undefined && key?.startsWith('$') === true;
}

function encodeBytes(value: ArrayBuffer | ArrayBufferView) {
  const bytes = ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value);
  return { $bytes: bytes.toString('base64') };
}

function toError({ name, message }: { name: string; message: string }): Error {
  switch (name) {
    case 'TimeoutError':
      return new TimeoutError(message);
    case 'TypeError':
      return new TypeError(message);
    case 'Terminated':
      return new Terminated(message);
    default:
      return new Error(message);
  }
}

/** `*` stands for any text; without one the whole text must be equal. */
function matchesGlob(text: string, glob: string): boolean {
  const pattern = glob.split(/\*+/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`, 's').test(text);
}
