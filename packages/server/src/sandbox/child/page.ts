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

/** Where an object is found: a root that the parent knows, then steps that need no round trip. */
interface Path {
  readonly root: string;
  readonly steps: readonly (readonly [string, ...unknown[]])[];
}

export interface RemotePage {
  readonly object: object;
  receive(message: ToChild): void;
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** The user's `page`, and the way in for what the parent answers. */
export function createPage(setup: PageSetup, post: (message: FromChild) => void): RemotePage {
  const surface = setup.surface as Surface;
  let values = setup.values as Values;
  let lastId = 0;
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const paths = new WeakMap<object, Path>();
  const classes = new Map(Object.keys(surface).map((name) => [name, buildClass(name)]));

  function buildClass(className: string): object {
    const prototype: object = Object.create(null, {
      [Symbol.toStringTag]: { value: className },
    });
    for (const [name, member] of Object.entries(surface[className] ?? {})) {
      const use = (self: object, args: readonly unknown[]) => useMember(self, { name, member, args });
      const method = function (this: object, ...args: unknown[]) {
        return use(this, args);
      };
      const getter = function (this: object) {
        return use(this, []);
      };
      Reflect.defineProperty(
        prototype,
        name,
        member.property === 'both' ? { get: getter } : { value: method, writable: true },
      );
    }
    return prototype;
  }

  function useMember(
    self: object,
    { name, member, args }: { name: string; member: Member; args: readonly unknown[] },
  ): unknown {
    const path = paths.get(self);
    if (path === undefined) throw new TypeError(`Illegal invocation of ${name}`);
    switch (member.kind) {
      case 'chain':
        return make(member.result ?? '', {
          root: path.root,
          steps: [...path.steps, [name, ...args.map(encode)]],
        });
      case 'value':
        return decode(values[path.root]?.[name] ?? null);
      case 'find':
        return findFrame(path.root, args[0]);
      case 'action':
        return call({ ...path, method: name, args: args.map(encode) });
    }
  }

  function make(className: string, path: Path): object {
    const object: object = Object.create(classes.get(className) ?? null);
    paths.set(object, path);
    return object;
  }

  async function call(message: unknown): Promise<unknown> {
    lastId += 1;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(lastId, answer);
    // The answer comes on a stack of its own; the user wants to see the line of the call.
    const [, ...frames] = (new Error().stack ?? '').split('\n');
    post({ type: 'call', id: lastId, call: message });
    try {
      return decode(await answer.promise);
    } catch (error) {
      if (error instanceof Error) error.stack = [String(error), ...frames].join('\n');
      throw error;
    }
  }

  function findFrame(root: string, wanted: unknown): unknown {
    const frames = decode(values[root]?.['frames'] ?? []) as { name(): string; url(): string }[];
    const { name, url } =
      typeof wanted === 'string'
        ? { name: wanted, url: undefined }
        : (wanted as { name?: string; url?: string | RegExp });
    const found = frames.find((frame) => {
      if (name !== undefined) return frame.name() === name;
      return url instanceof RegExp ? url.test(frame.url()) : matchesGlob(frame.url(), url ?? '');
    });
    return found ?? null;
  }

  function encode(value: unknown): unknown {
    if (value === undefined || value === null) return null;
    if (typeof value === 'function') return { $fn: String(value) };
    if (typeof value === 'bigint' || typeof value === 'symbol') {
      throw new TypeError(`A ${typeof value} cannot be sent to the page`);
    }
    return typeof value === 'object' ? encodeObject(value) : value;
  }

  function encodeObject(value: object): unknown {
    const path = paths.get(value);
    if (path !== undefined) return { $ref: path };
    if (value instanceof RegExp) return { $re: [value.source, value.flags] };
    if (value instanceof Date) return value.toISOString();
    if (value instanceof ArrayBuffer) return { $bytes: Buffer.from(value).toString('base64') };
    if (ArrayBuffer.isView(value)) {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      return { $bytes: bytes.toString('base64') };
    }
    if (Array.isArray(value)) return value.map(encode);
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    const encoded = Object.fromEntries(entries.map(([key, item]) => [key, encode(item)]));
    // A user's own {"$ref": …} must not be taken for ours.
    return entries.length === 1 && entries[0]?.[0].startsWith('$') ? { $plain: encoded } : encoded;
  }

  function decode(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(decode);
    const record = value as Readonly<Record<string, unknown>>;
    const keys = Object.keys(record);
    if (keys.length === 1 && keys[0]?.startsWith('$')) return decodeTagged(record);
    return Object.fromEntries(keys.map((key) => [key, decode(record[key])]));
  }

  function decodeTagged(record: Readonly<Record<string, unknown>>): unknown {
    if (typeof record['$bytes'] === 'string') return Buffer.from(record['$bytes'], 'base64');
    if (record['$ref'] !== undefined) {
      const ref = record['$ref'] as Path & { class: string };
      return make(ref.class, { root: ref.root, steps: ref.steps });
    }
    const plain = (record['$plain'] ?? {}) as Readonly<Record<string, unknown>>;
    return Object.fromEntries(Object.entries(plain).map(([key, item]) => [key, decode(item)]));
  }

  function receive(message: ToChild): void {
    switch (message.type) {
      case 'values':
        values = { ...values, ...(message.values as Values) };
        return;
      case 'reply':
        waiting.get(message.id)?.resolve(message.value);
        return;
      case 'failure': {
        waiting.get(message.id)?.reject(toError(message));
        return;
      }
      case 'start':
        return;
    }
  }

  return { object: make('Page', { root: 'page', steps: [] }), receive };
}

function toError({ name, message }: { name: string; message: string }): Error {
  if (name === 'TimeoutError') return new TimeoutError(message);
  const error = name === 'TypeError' ? new TypeError(message) : new Error(message);
  error.name = name;
  return error;
}

/** `*` stands for any text; without one the whole text must be equal. */
function matchesGlob(text: string, glob: string): boolean {
  const pattern = glob.split(/\*+/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`, 's').test(text);
}
