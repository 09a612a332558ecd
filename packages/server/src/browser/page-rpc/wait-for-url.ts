import type { Frame, Page } from 'playwright-core';
import { z } from 'zod';
import { pageFunction } from './wire-values.ts';

const optionsSchema = z.object({
  timeout: z.number().optional(),
  waitUntil: z.enum(['load', 'domcontentloaded', 'networkidle', 'commit']).default('load'),
  signal: z.instanceof(AbortSignal).optional(),
});

/**
 * Waits until the address fits a glob or a regular expression. Matched in the page, where Playwright would match here: a
 * pattern of user code must not hold up this process.
 */
export async function waitForUrl(
  document: Page | Frame,
  wanted: unknown,
  options: unknown,
): Promise<void> {
  if (!(typeof wanted === 'string' || wanted instanceof RegExp)) {
    throw new TypeError('The address to wait for must be a text or a regular expression.');
  }
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw new TypeError('The options timeout or waitUntil have a wrong value.');
  const { waitUntil, timeout, signal } = parsed.data;
  const limits = {
    ...(timeout === undefined ? {} : { timeout }),
    ...(signal === undefined ? {} : { signal }),
  };
  const pattern = typeof wanted === 'string' ? globPattern(wanted) : wanted;
  const test: (of: readonly string[]) => unknown = pageFunction(
    '([source, flags]) => new RegExp(source, flags).test(location.href)',
  );
  await document.waitForFunction(test, [pattern.source, pattern.flags], limits);
  if (waitUntil !== 'commit') await document.waitForLoadState(waitUntil, limits);
}

/** Playwright's globs: `**` is any text, `*` any text without a slash, `{a,b}` either. */
export function globPattern(glob: string): RegExp {
  let depth = 0;
  const source = glob.replace(/\*\*|[\\^$.*+?()[\]{}|,/]/g, (part) => {
    switch (part) {
      case '**':
        return '.*';
      case '*':
        return '[^/]*';
      case '{':
        depth += 1;
        return '(?:';
      case '}':
        if (depth === 0) return '\\}';
        depth -= 1;
        return ')';
      case ',':
        return depth > 0 ? '|' : ',';
      default:
        return `\\${part}`;
    }
  });
  return new RegExp(`^${source}${')'.repeat(depth)}$`);
}
