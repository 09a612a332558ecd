import { z } from 'zod';
import { failWithoutAgent } from './task/agent-missing.ts';
import {
  agentFields,
  criteriaFields,
  dataSchema,
  downloadFields,
  pageFields,
  totpFields,
  verificationFields,
} from './task/fields.ts';
import { completeOnPage } from './task/open-page.ts';
import { defineTaskBlock } from './task/task-block.ts';

const params = z.object({
  ...pageFields,
  navigation_goal: z.string().nullable().default(null).describe('What to reach, in words.'),
  data_extraction_goal: z.string().nullable().default(null).describe('What to extract, in words.'),
  data_schema: dataSchema,
  ...criteriaFields,
  ...verificationFields,
  ...downloadFields,
  ...totpFields,
  ...agentFields,
});

/** `task`: reaches a goal on a website, extracts data there, or both (blocks.md §4.3). Without either it opens a page. */
export const task = defineTaskBlock({
  type: 'task',
  summary: 'Reaches a goal on a website by AI, and extracts data from it.',
  params,
  run: (ctx, fields) =>
    wants(fields)
      ? failWithoutAgent(ctx, 'task', fields)
      : completeOnPage(ctx, { ...fields, url: fields.url || null }),
});

/** Whether there is anything to do but to open the page. */
function wants(fields: z.output<typeof params>): boolean {
  const wishes = [
    fields.navigation_goal,
    fields.data_extraction_goal,
    fields.complete_criterion,
    fields.terminate_criterion,
  ];
  return wishes.some((wish) => (wish ?? '').trim() !== '');
}
