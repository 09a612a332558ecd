import type { Frame, Locator, Page } from 'playwright-core';
import { z } from 'zod';
import { evaluable } from './page-source.ts';
import { mainRoot } from './registry.ts';
import type { ClassName } from './surface.ts';
import { pageFunction } from './values.ts';

/** One call with its arguments checked against the surface. */
export interface Call {
  readonly object: Page | Frame | Locator;
  readonly root: string;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
}

export interface CallRules {
  /** Rejects for an address that may not be opened, with a text for the user. */
  guardUrl(url: string): Promise<void>;
}

type Special = (call: Call, rules: CallRules) => Promise<unknown>;

const files = z.union([z.custom<Record<string, unknown>>(isFile), z.array(z.custom(isFile))]);

/** Calls that are more than handing arguments through, by method name: on whatever class they are. */
const specials: Readonly<Record<string, Special>> = {
  goto: async (call, { guardUrl }) => {
    const url = z.string().parse(call.args[0]);
    await guardUrl(url);
    return plain(call, 'goto', [url]);
  },
  evaluate: (call) => plain(call, 'evaluate', [evaluable(call.args[0]), call.args[1]]),
  evaluateAll: (call) => plain(call, 'evaluateAll', [evaluable(call.args[0]), call.args[1]]),
  waitForFunction: async (call) => {
    await plain(call, 'waitForFunction', [evaluable(call.args[0]), call.args[1]]);
  },
  waitForURL: waitForUrl,
  waitForSelector: async (call) => {
    const found = await plain(call, 'waitForSelector', call.args);
    // An element handle would go stale and leak; a locator of the same element does not.
    const document = call.object as Page | Frame;
    return found === null ? null : document.locator(z.string().parse(call.args[0])).first();
  },
  waitForEvent: (call) => {
    const event = z.enum(['download', 'popup']).safeParse(call.args[0]);
    if (!event.success) throw new TypeError('Only the events download and popup can be awaited.');
    return plain(call, 'waitForEvent', [event.data]);
  },
  selectOption: (call) => {
    const { label, index, ...options } = call.options;
    const values = [
      ...listOf(label).map((item) => ({ label: item })),
      ...listOf(index).map((item) => ({ index: item })),
    ];
    if (values.length === 0) return plain(call, 'selectOption', call.args);
    return plain({ ...call, options }, 'selectOption', [...call.args.slice(0, -1), values]);
  },
  setInputFiles: (call) => {
    if (!files.safeParse(call.args.at(-1)).success) {
      throw new TypeError(
        'Files are given as {name, mimeType, buffer} with the bytes in buffer; a path on this machine is not.',
      );
    }
    return plain(call, 'setInputFiles', call.args);
  },
  close: async (call) => {
    if (call.root === mainRoot) throw new TypeError("The run's own page cannot be closed.");
    await plain(call, 'close', []);
  },
};

/** Does a call whose method is in the surface. */
export async function perform(call: Call, method: string, rules: CallRules): Promise<unknown> {
  const special = Object.hasOwn(specials, method) ? specials[method] : undefined;
  return special === undefined ? plain(call, method, call.args) : special(call, rules);
}

/** Reads or calls the member of a Playwright object. Names come from the surface alone. */
export function invoke(object: object, name: string, args: readonly unknown[]): unknown {
  const member: unknown = Reflect.get(object, name);
  return typeof member === 'function' ? Reflect.apply(member, object, args) : member;
}

function plain(
  { object, options }: Call,
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  const hasOptions = Object.keys(options).length > 0;
  return Promise.resolve(invoke(object, method, hasOptions ? [...args, options] : args));
}

/**
 * Matches in the page: a pattern of user code must not be able to hold up this process.
 */
async function waitForUrl({ object, args, options }: Call): Promise<void> {
  const document = object as Page | Frame;
  const [wanted] = args;
  if (!(typeof wanted === 'string' || wanted instanceof RegExp)) {
    throw new TypeError('The address to wait for must be a text or a regular expression.');
  }
  const { timeout, waitUntil } = z
    .object({
      timeout: z.number().optional(),
      waitUntil: z.enum(['load', 'domcontentloaded', 'networkidle', 'commit']).default('load'),
    })
    .parse(options);
  const limit = timeout === undefined ? {} : { timeout };
  const pattern = typeof wanted === 'string' ? globPattern(wanted) : wanted;
  const test = pageFunction('([source, flags]) => new RegExp(source, flags).test(location.href)');
  await document.waitForFunction(
    test as (pattern: readonly string[]) => unknown,
    [pattern.source, pattern.flags],
    limit,
  );
  if (waitUntil !== 'commit') await document.waitForLoadState(waitUntil, limit);
}

/** Playwright's globs: `**` any text, `*` any text without a slash, `{a,b}` either. */
export function globPattern(glob: string): RegExp {
  const source = glob.replace(/\*\*|[\\^$.*+?()[\]{}|,]/g, (part) => {
    switch (part) {
      case '**':
        return '.*';
      case '*':
        return '[^/]*';
      case '{':
        return '(?:';
      case '}':
        return ')';
      case ',':
        return glob.includes('{') ? '|' : ',';
      default:
        return `\\${part}`;
    }
  });
  return new RegExp(`^${source}$`);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function isFile(value: unknown): boolean {
  const file = z.object({ name: z.string(), mimeType: z.string(), buffer: z.custom(Buffer.isBuffer) });
  return file.safeParse(value).success;
}

/** The classes whose objects {@link perform} takes; the others have plain methods only. */
export type CalledClass = Exclude<ClassName, 'Context' | 'FrameLocator'>;
