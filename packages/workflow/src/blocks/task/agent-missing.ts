import type { BlockContext, BlockResult } from '../block.ts';
import { taskDetails } from './details.ts';
import { taskOutput } from './output.ts';

/** Why a block that only the agent could run has failed. */
export function agentMissing(blockType: string): string {
  return `${blockType} blocks need the AI agent, which this version of Lapwing does not have yet.`;
}

/** The end of a block of the task family that only the agent could run: nothing is opened, and a failed task is told. */
export async function failWithoutAgent(
  ctx: BlockContext,
  blockType: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<BlockResult> {
  const failureReason = agentMissing(blockType);
  const taskId = ctx.newId('tsk');
  const output = await taskOutput(ctx, {
    taskId,
    status: 'failed',
    extractedInformation: null,
    failureReason,
    errors: [],
    failureCategory: null,
    screenshots: [],
  });
  return { status: 'failed', failureReason, output, details: taskDetails(taskId, fields) };
}
