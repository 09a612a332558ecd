import { z } from 'zod';
import { defineBlock } from './block.ts';
import { agentMissing } from './task/agent-missing.ts';
import { pageFields, totpFields } from './task/fields.ts';

/** `task_v2`: plans its own way to a goal and walks it (blocks.md §4.4). */
export const taskV2 = defineBlock({
  type: 'task_v2',
  summary: 'Plans the way to a goal by AI, over several pages and sites, and walks it.',
  needs: ['browser', 'files'],
  effect: 'page',
  params: z.object({
    prompt: z.string().describe('The goal, in words.'),
    url: pageFields.url,
    ...totpFields,
    max_iterations: z.int().default(50).describe('Most plans that may be made.'),
    max_steps: z.int().default(25).describe('Most steps that may be taken.'),
    disable_cache: z.boolean().default(false).describe('Never replays recorded actions.'),
  }),
  rendered: {
    prompt: 'text',
    url: 'text',
    totp_verification_url: 'text',
    totp_identifier: 'text',
  },
  renderFailure: (reason) => ({ output: { failure_reason: reason } }),
  async run() {
    const failureReason = agentMissing('task_v2');
    return {
      status: 'failed' as const,
      failureReason,
      // What the reference leaves when the planner cannot be set up: there is no task to tell of.
      output: { failure_reason: failureReason },
    };
  },
});
