import { z } from 'zod';
import { agentFields, downloadFields, maxSteps, pageFields, totpFields } from './task/fields.ts';
import { defineTaskBlock } from './task/task-block.ts';

/** `action`: one action on the page, which is not verified (blocks.md §4.3). */
export const action = defineTaskBlock({
  type: 'action',
  summary: 'Does one action on the page by AI: a click, an input, a choice.',
  params: z.object({
    navigation_goal: z
      .string()
      .refine((goal) => goal.trim() !== '', 'an action needs a navigation_goal; say what to do')
      .describe('What to do, in words; not blank.'),
    selector: z
      .string()
      .nullable()
      .default(null)
      .describe('Where on the page; kept, the agent finds it itself.'),
    ai_fallback: z
      .enum(['fallback', 'proactive'])
      .default('fallback')
      .describe('When the agent takes over from the selector.'),
    ...pageFields,
    ...downloadFields,
    ...totpFields,
    ...agentFields,
    max_steps_per_run: maxSteps.transform(() => 1).describe('Always 1.'),
  }),
  stored: { complete_verification: false },
});
