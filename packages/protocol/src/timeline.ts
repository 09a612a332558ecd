import { z } from 'zod';
import { JsonMap, WireTime } from './fields.ts';
import { RunErrorEntry } from './runs.ts';

const text = z.string().nullable();

/** The row of one execution of a block (reference: api.md §9). */
export const RunBlock = z
  .object({
    workflow_run_block_id: z.string(),
    workflow_run_id: z.string(),
    block_workflow_run_id: text,
    parent_workflow_run_block_id: text,
    organization_id: z.string(),
    description: text,
    block_type: z.string(),
    label: text,
    status: z.string().nullable(),
    output: z.union([JsonMap, z.array(z.unknown()), z.string()]).nullable(),
    continue_on_failure: z.boolean(),
    failure_reason: text,
    error_codes: z.array(z.string()),
    engine: text,
    task_id: text,
    url: text,
    final_url: text,
    navigation_goal: text,
    navigation_payload: z.unknown(),
    data_extraction_goal: text,
    data_schema: z.unknown(),
    terminate_criterion: text,
    complete_criterion: text,
    actions: z.array(JsonMap),
    include_action_history_in_verification: z.boolean().nullable(),
    include_extracted_text: z.boolean(),
    duration: z.number().nullable().meta({ description: 'Seconds' }),
    loop_values: z.array(z.unknown()).nullable(),
    current_value: text,
    current_index: z.number().int().nullable(),
    recipients: z.array(z.string()).nullable(),
    attachments: z.array(z.string()).nullable(),
    subject: text,
    body: text,
    prompt: text,
    instructions: text,
    positive_descriptor: text,
    negative_descriptor: text,
    executed_branch_id: text,
    executed_branch_expression: text,
    executed_branch_result: z.boolean().nullable(),
    executed_branch_next_block: text,
    script_run: z.null(),
    downloaded_file_count: z.number().int().nullable(),
    created_at: WireTime,
    modified_at: WireTime,
    /** Beyond the reference: what went wrong, typed, and the block's log. */
    errors: z.array(RunErrorEntry),
    logs: z.array(z.object({ level: z.string(), message: z.string(), created_at: WireTime })),
  })
  .meta({ id: 'RunBlock' });
export type RunBlock = z.infer<typeof RunBlock>;

export interface TimelineItem {
  type: 'block';
  block: RunBlock;
  thought: null;
  children: TimelineItem[];
  created_at: string;
  modified_at: string;
}

/** One node of the timeline; newest first at each level. */
export const TimelineItem: z.ZodType<TimelineItem> = z
  .object({
    type: z.literal('block'),
    block: RunBlock,
    thought: z.null(),
    get children() {
      return z.array(TimelineItem);
    },
    created_at: WireTime,
    modified_at: WireTime,
  })
  .meta({ id: 'TimelineItem' });
