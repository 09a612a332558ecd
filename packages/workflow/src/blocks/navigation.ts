import { z } from 'zod';
import {
  agentFields,
  criteriaFields,
  downloadFields,
  pageFields,
  totpFields,
  verificationFields,
} from './task/fields.ts';
import { defineTaskBlock } from './task/task-block.ts';

/** `navigation`: reaches a goal on a website (blocks.md §4.3). */
export const navigation = defineTaskBlock({
  type: 'navigation',
  summary: 'Reaches a goal on a website by AI.',
  params: z.object({
    navigation_goal: z.string().describe('What to reach, in words.'),
    ...pageFields,
    ...criteriaFields,
    complete_criterion_is_untrusted: z
      .boolean()
      .default(false)
      .describe('Marks a criterion that a machine wrote: it is given less weight.'),
    ...verificationFields,
    ...downloadFields,
    ...totpFields,
    ...agentFields,
  }),
});
