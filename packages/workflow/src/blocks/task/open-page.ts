import { BlockFailure } from '../../errors.ts';
import type { BlockContext, BlockResult } from '../block.ts';
import { taskDetails } from './details.ts';
import { taskOutput } from './output.ts';

/**
 * A task that is done once its page is open: at `url`, or without one wherever the browser is.
 * @param fields The rendered fields of the block.
 * @throws BlockFailure when there is no page, or the address is none or cannot be opened
 */
export async function completeOnPage(
  ctx: BlockContext,
  fields: Readonly<Record<string, unknown>> & { readonly url: string | null },
): Promise<BlockResult> {
  const url = addressOf(ctx, fields.url);
  const taskId = ctx.newId('tsk');
  const finalUrl = url === null ? currentPage(ctx) : (await ctx.browser.goto(url)).url;
  const screenshot = await ctx.browser.screenshot();
  const output = await taskOutput(ctx, {
    taskId,
    status: 'completed',
    extractedInformation: null,
    failureReason: null,
    errors: [],
    failureCategory: null,
    screenshots: screenshot === null ? [] : [screenshot],
  });
  const details = { ...taskDetails(taskId, { ...fields, url }), final_url: finalUrl };
  return { status: 'completed', output, details };
}

/** The address that a block's `url` stands for: itself, or the value of the parameter that it names. */
function addressOf(ctx: BlockContext, url: string | null): string | null {
  if (url === null) {
    return null;
  }
  const named = ctx.value(url);
  return webAddress(typeof named === 'string' ? named : url);
}

function currentPage(ctx: BlockContext): string {
  const current = ctx.browser.currentUrl();
  if (current === null) {
    throw new BlockFailure(
      `block '${ctx.visit.block.label}' has no starting URL set. Give it a url, or open a page in a block before it.`,
    );
  }
  return current;
}

/**
 * The address with `https://` where it has no scheme.
 * @throws BlockFailure when it is none, or not http(s)
 */
function webAddress(text: string): string {
  const trimmed = text.trim();
  const hasScheme = /^[a-z][a-z\d+.-]*:(?!\d)/i.test(trimmed);
  const address = hasScheme ? trimmed : `https://${trimmed}`;
  const protocol = URL.canParse(address) ? new URL(address).protocol : null;
  if (trimmed === '' || (protocol !== 'http:' && protocol !== 'https:')) {
    throw new BlockFailure(
      `Failed to navigate to url ${trimmed}: it is no http or https address. Write it like https://example.com/page.`,
    );
  }
  return address;
}
