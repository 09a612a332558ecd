import type { RunBlock, TimelineItem } from '@lapwing/protocol';
import { type JsonValue, pythonText } from '@lapwing/workflow';
import { wireTime } from '../../lib/time.ts';
import type { RunBlockRow, RunEventRow } from './store.ts';

const emptyFields = {
  block_workflow_run_id: null,
  description: null,
  engine: null,
  task_id: null,
  url: null,
  final_url: null,
  navigation_goal: null,
  navigation_payload: null,
  data_extraction_goal: null,
  data_schema: null,
  terminate_criterion: null,
  complete_criterion: null,
  actions: [],
  include_action_history_in_verification: null,
  include_extracted_text: false,
  loop_values: null,
  recipients: null,
  attachments: null,
  subject: null,
  body: null,
  prompt: null,
  instructions: null,
  positive_descriptor: null,
  negative_descriptor: null,
  executed_branch_id: null,
  executed_branch_expression: null,
  executed_branch_result: null,
  executed_branch_next_block: null,
  script_run: null,
  downloaded_file_count: null,
} as const;

function outputView(output: { value: unknown } | null): RunBlock['output'] {
  const value = output?.value ?? null;
  if (typeof value === 'object') return value as RunBlock['output'];
  return { value };
}

/** Further fields of a row: those of its end, and before it those that a block has noted for the time being. */
export function shownDetails(
  row: Pick<RunBlockRow, 'notes' | 'details'>,
): Readonly<Record<string, unknown>> {
  return { ...(row.notes.details ?? {}), ...row.details };
}

function blockView(
  row: RunBlockRow,
  organizationId: string,
  logs: readonly RunEventRow[],
): RunBlock {
  const errors = row.errors as RunBlock['errors'];
  return {
    ...emptyFields,
    actions: [],
    ...shownDetails(row),
    workflow_run_block_id: row.blockId,
    workflow_run_id: row.runId,
    organization_id: organizationId,
    parent_workflow_run_block_id: row.parentBlockId,
    block_type: row.blockType,
    label: row.label,
    status: row.status,
    output: outputView(row.output),
    continue_on_failure: row.continueOnFailure,
    failure_reason: row.failureReason,
    error_codes: errors.map((error) => error.error_code),
    errors,
    duration: row.durationSeconds,
    current_index: row.currentIndex,
    current_value:
      row.currentValue === null ? null : pythonText(row.currentValue.value as JsonValue),
    created_at: wireTime(row.createdAt),
    modified_at: wireTime(row.modifiedAt),
    logs: logs.map((event) => ({
      level: String(event.data.level),
      message: String(event.data.message),
      created_at: wireTime(event.createdAt),
    })),
  };
}

/** The blocks of a run as a tree, newest first at each level (reference: api.md §9). */
export function timelineView(
  organizationId: string,
  blocks: readonly RunBlockRow[],
  logs: readonly RunEventRow[],
): TimelineItem[] {
  const logsOf = Map.groupBy(logs, (event) => String(event.data.workflow_run_block_id));
  const childrenOf = Map.groupBy(blocks, (row) => row.parentBlockId);
  const level = (parentId: string | null): TimelineItem[] =>
    (childrenOf.get(parentId) ?? []).toReversed().map((row) => ({
      type: 'block',
      block: blockView(row, organizationId, logsOf.get(row.blockId) ?? []),
      thought: null,
      children: level(row.blockId),
      created_at: wireTime(row.createdAt),
      modified_at: wireTime(row.modifiedAt),
    }));
  return level(null);
}
