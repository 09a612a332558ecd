import type { Download, Frame, Page, Response } from 'playwright-core';
import { z } from 'zod';
import { type HelperRules, helpers } from './helpers.ts';
import { evaluable } from './page-source.ts';
import { type Held, helpersRoot, mainRoot, type Path } from './registry.ts';
import { waitForUrl } from './wait-for-url.ts';

/** One call, its arguments checked against the surface: all parameters, and the options. */
export interface Call {
  readonly object: object;
  readonly root: string;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a call gives. */
export type Answer =
  | { readonly kind: 'value'; readonly value: unknown }
  /** An object that gets a handle, or nothing. */
  | { readonly kind: 'held'; readonly held: Held | null }
  /** Locators, each by the steps that lead to it from the object of the call. */
  | { readonly kind: 'one' | 'many'; readonly steps: readonly Path['steps'][] };

export interface CallRules extends HelperRules {
  /** Rejects for an address that may not be opened, with a text for the user. Gets the text as the user wrote it. */
  guardUrl(url: string): Promise<void>;
  /** A file of the run, by the path under which code knows it. Rejects with a text for the user. */
  readFile(path: string): Promise<PageFile>;
}

/** A file as a page is given it. */
export interface PageFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

type Special = (call: Call, rules: CallRules) => Promise<Answer>;

const fileSchema = z.object({
  name: z.string(),
  mimeType: z.string(),
  buffer: z.custom((value) => Buffer.isBuffer(value)),
});
const filesSchema = z.array(z.union([z.string(), fileSchema]));

/** Calls that are more than handing arguments through, by method name. */
const specials: Readonly<Record<string, Special>> = {
  goto: async (call, { guardUrl }) => {
    await guardUrl(text(call.args[0], 'address'));
    return response(await plain(call, 'goto'));
  },
  reload: async (call) => response(await plain(call, 'reload')),
  goBack: async (call) => response(await plain(call, 'goBack')),
  goForward: async (call) => response(await plain(call, 'goForward')),
  evaluate: (call) => evaluate(call, 'evaluate'),
  evaluateAll: (call) => evaluate(call, 'evaluateAll'),
  waitForFunction: async (call) => {
    await evaluate(call, 'waitForFunction');
    return value(null);
  },
  waitForURL: async ({ object, args, options }) => {
    await waitForUrl(object as Page | Frame, args[0], options);
    return value(null);
  },
  waitForSelector: async (call) => {
    const found = await plain(call, 'waitForSelector');
    // An element handle would go stale and leak; a locator of the same element does not.
    return found === null
      ? value(null)
      : { kind: 'one', steps: [[['locator', text(call.args[0], 'selector')], ['first']]] };
  },
  waitForEvent: async (call) => {
    switch (call.args[0]) {
      case 'download':
        return held({ class: 'Download', object: (await plain(call, 'waitForEvent')) as Download });
      case 'popup':
        return held({ class: 'Page', object: (await plain(call, 'waitForEvent')) as Page });
      default:
        throw new TypeError('Only the events download and popup can be awaited.');
    }
  },
  all: async (call) => {
    const count = Number(await plain(call, 'count'));
    return { kind: 'many', steps: Array.from({ length: count }, (_, nth) => [['nth', nth]]) };
  },
  selectOption: async (call) => {
    const { label, index, ...options } = call.options;
    const chosen = [
      ...listOf(label).map((item) => ({ label: item })),
      ...listOf(index).map((item) => ({ index: item })),
    ];
    const args = chosen.length === 0 ? call.args : [...call.args.slice(0, -1), chosen];
    return value(await plain({ ...call, args, options }, 'selectOption'));
  },
  setInputFiles: async (call, { readFile }) => {
    const given = filesSchema.safeParse(listOf(call.args.at(-1)));
    if (!given.success) {
      throw new TypeError(
        'A file is given by its path in the run, or as {name, mimeType, buffer} with its bytes in buffer.',
      );
    }
    const files = await Promise.all(
      given.data.map((file) => (typeof file === 'string' ? readFile(file) : file)),
    );
    return value(
      await plain({ ...call, args: [...call.args.slice(0, -1), files] }, 'setInputFiles'),
    );
  },
  close: async (call) => {
    // A pop-up that has become the run's page may be closed: the page behind it is the run's again.
    if (call.root === mainRoot && (call.object as Page).context().pages().length === 1) {
      throw new TypeError("The run's only page cannot be closed.");
    }
    return value(await plain(call, 'close'));
  },
};

/** Does a call whose method is in the surface. */
export async function perform(call: Call, method: string, rules: CallRules): Promise<Answer> {
  const helper = call.root === helpersRoot ? helpers[method] : undefined;
  if (helper !== undefined) {
    return value(await helper({ ...call, page: call.object as Page }, rules));
  }
  const special = Object.hasOwn(specials, method) ? specials[method] : undefined;
  return special === undefined ? value(await plain(call, method)) : special(call, rules);
}

/** Reads or calls the member of a Playwright object. Names come from the surface alone. */
export function invoke(object: object, name: string, args: readonly unknown[]): unknown {
  const member: unknown = Reflect.get(object, name);
  return typeof member === 'function' ? Reflect.apply(member, object, args) : member;
}

function plain({ object, args, options }: Call, method: string): Promise<unknown> {
  const hasOptions = Object.keys(options).length > 0;
  return Promise.resolve(invoke(object, method, hasOptions ? [...args, options] : args));
}

async function evaluate(call: Call, method: string): Promise<Answer> {
  const args = [evaluable(call.args[0]), ...call.args.slice(1)];
  return value(await plain({ ...call, args }, method));
}

function value(of: unknown): Answer {
  return { kind: 'value', value: of };
}

function held(of: Held | null): Answer {
  return { kind: 'held', held: of };
}

function response(of: unknown): Answer {
  return held(of === null ? null : { class: 'Response', object: of as Response });
}

function text(of: unknown, name: string): string {
  if (typeof of !== 'string') throw new TypeError(`The ${name} must be a text.`);
  return of;
}

function listOf(of: unknown): readonly unknown[] {
  if (of === undefined || of === null) return [];
  return Array.isArray(of) ? of : [of];
}
