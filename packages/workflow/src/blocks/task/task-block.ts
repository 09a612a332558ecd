import type { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { type BlockType, defineBlock, type RenderMode } from '../block.ts';
import { failWithoutAgent } from './agent-missing.ts';
import { renderedTaskFields, taskDefaults } from './fields.ts';

/** What one block type of the task family has of its own. */
interface TaskBlock<P extends z.ZodObject> extends Pick<BlockType<P>, 'type' | 'summary'> {
  readonly params: P;
  /** Where a stored block shows something else than most of the family. */
  readonly stored?: JsonObject;
  /** More rendered fields than those of the family. */
  readonly rendered?: Readonly<Record<string, RenderMode>>;
  readonly run?: BlockType<P>['run'];
}

/** A block whose work is one agent task (blocks.md §4.2). */
export function defineTaskBlock<P extends z.ZodObject>(block: TaskBlock<P>): BlockType<P> {
  const { type, stored, rendered, run } = block;
  return defineBlock<P>({
    type,
    summary: block.summary,
    needs: ['browser', 'files'],
    effect: 'page',
    task: 'family',
    params: block.params,
    stored: { ...taskDefaults, ...stored },
    rendered: renderedTaskFields(block.params, rendered),
    renderFailure: (reason) => ({ output: { failure_reason: reason } }),
    run: run ?? ((ctx, params) => failWithoutAgent(ctx, type, params)),
  });
}
