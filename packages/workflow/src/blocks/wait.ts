import { z } from 'zod';
import { defineBlock } from './block.ts';

/** `wait`: does nothing for a while. A run that is taken up again waits for the rest only. */
export const wait = defineBlock({
  type: 'wait',
  summary: 'Waits for a number of seconds.',
  needs: ['clock'],
  effect: 'none',
  params: z.object({ wait_sec: z.int().min(1).max(1800).describe('Seconds.') }),
  rendered: {},
  async run(ctx, params) {
    const until =
      notedInstant(ctx.notes.until) ?? ctx.clock.now().getTime() + params.wait_sec * 1000;
    if (ctx.notes.until === undefined) {
      await ctx.note({ until: new Date(until).toISOString() });
    }
    await ctx.clock.sleep(Math.max(0, until - ctx.clock.now().getTime()));
    return { status: 'completed', output: { success: true } };
  },
});

function notedInstant(noted: unknown): number | null {
  return typeof noted === 'string' ? Date.parse(noted) : null;
}
