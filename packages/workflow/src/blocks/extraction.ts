import { z } from 'zod';
import { agentFields, dataSchema, pageFields } from './task/fields.ts';
import { defineTaskBlock } from './task/task-block.ts';

/** `extraction`: reads data off the page, shaped by a schema (blocks.md §4.3). */
export const extraction = defineTaskBlock({
  type: 'extraction',
  summary: 'Extracts data from the page by AI.',
  params: z.object({
    data_extraction_goal: z.string().describe('What to extract, in words.'),
    data_schema: dataSchema,
    ...pageFields,
    ...agentFields,
  }),
  stored: { complete_verification: false, include_extracted_text: false },
});
