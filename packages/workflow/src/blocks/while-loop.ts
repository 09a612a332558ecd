import { z } from 'zod';
import { type NextItem, runLoop } from '../interpreter/loop.ts';
import { TemplateError } from '../templates/errors.ts';
import { type BlockContext, defineBlock } from './block.ts';
import { isConditionTrue } from './logic/truth.ts';

const condition = z.object({
  criteria_type: z
    .enum(['jinja2_template', 'prompt'])
    .default('jinja2_template')
    .describe('prompt: plain language, which needs the agent.'),
  expression: z.string().describe('An expression, with or without braces.'),
  description: z.string().nullable().default(null).describe('For display.'),
});

/** `while_loop`: repeats its blocks while a condition holds; it is judged before every iteration (blocks.md §4.5). */
export const whileLoop = defineBlock({
  type: 'while_loop',
  summary: 'Repeats its blocks while a condition is true.',
  needs: [],
  effect: 'none',
  loop: true,
  crashText: 'Loop block execution failed.',
  params: z.object({
    loop_blocks: z.array(z.looseObject({})).describe('Blocks of any type, loops included.'),
    condition: condition.describe('Judged before every iteration, the first included.'),
  }),
  rendered: {},
  async run(ctx, params) {
    const judged = notedIterations(ctx);
    return await runLoop(ctx, {
      recordsValues: false,
      async next(index) {
        if (index < judged.iterations) {
          return { kind: 'item', value: null };
        }
        if (judged.ended) {
          return { kind: 'end' };
        }
        const item = judge(ctx, params.condition, index);
        if (item.kind === 'item') {
          await ctx.note({ iterations: index + 1 });
        }
        if (item.kind === 'end') {
          await ctx.note({ iterations: index, ended: true });
        }
        return item;
      },
    });
  },
});

/** The conditions that an earlier life of the loop has judged already: they may come out differently now. */
function notedIterations(ctx: BlockContext): { iterations: number; ended: boolean } {
  const { iterations, ended } = ctx.notes;
  return {
    iterations: typeof iterations === 'number' ? iterations : 0,
    ended: ended === true,
  };
}

function judge(ctx: BlockContext, criteria: z.output<typeof condition>, index: number): NextItem {
  if (criteria.criteria_type === 'prompt') {
    const reason =
      'Failed to evaluate while-loop condition. It is plain language, which needs the agent, and that is not there yet. Write it as an expression with criteria_type jinja2_template.';
    return { kind: 'failed', reason };
  }
  // The scope of the block is that of its start: what the iterations have left since then is in the loop's.
  const scope = {
    current_value: null,
    current_item: null,
    ...ctx.body.scope(),
    current_index: index,
  };
  try {
    const goesOn = isConditionTrue(criteria.expression, scope);
    return goesOn ? { kind: 'item', value: null } : { kind: 'end' };
  } catch (error) {
    if (!(error instanceof TemplateError)) {
      throw error;
    }
    return { kind: 'failed', reason: `Failed to evaluate while-loop condition. ${error.message}` };
  }
}
