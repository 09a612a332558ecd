import { z } from 'zod';
import { BlockFailure } from '../errors.ts';
import { defineBlock } from './block.ts';
import { taskOutput } from './task/output.ts';

/** `goto_url`: opens an address in the run's page. Its output is a TaskOutput (blocks.md §4.2, §4.3). */
export const gotoUrl = defineBlock({
  type: 'goto_url',
  summary: 'Opens an address in the browser.',
  needs: ['browser', 'files'],
  effect: 'page',
  task: 'family',
  params: z.object({
    url: z.string().describe('http(s) address, or the key of a parameter. https:// is added.'),
  }),
  rendered: { url: 'text' },
  renderFailure: (reason) => ({ output: { failure_reason: reason } }),
  async run(ctx, params) {
    const named = ctx.value(params.url);
    const url = webAddress(typeof named === 'string' ? named : params.url);
    const taskId = ctx.newId('tsk');
    const page = await ctx.browser.goto(url);
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
    return { status: 'completed', output, details: { task_id: taskId, url, final_url: page.url } };
  },
});

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
