import { z } from 'zod';
import { agentFields, criteriaFields, maxSteps } from './task/fields.ts';
import { defineTaskBlock } from './task/task-block.ts';

const params = z
  .object({
    ...criteriaFields,
    without_page_information: z
      .boolean()
      .default(false)
      .describe('Judges by the criteria and the parameters alone.'),
    ...agentFields,
    max_steps_per_run: maxSteps.transform(() => 2).describe('Always 2.'),
  })
  .refine(
    (fields) => isGiven(fields.complete_criterion) || isGiven(fields.terminate_criterion),
    'a validation needs a complete_criterion or a terminate_criterion',
  );

/** `validation`: decides whether a criterion is met (blocks.md §4.3). */
export const validation = defineTaskBlock({
  type: 'validation',
  summary: 'Judges by AI whether the page is as it should be.',
  params,
  stored: { complete_verification: false },
});

function isGiven(criterion: string | null): boolean {
  return (criterion ?? '').trim() !== '';
}
