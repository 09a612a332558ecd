import type { JsonObject, JsonValue } from '../../json.ts';

const shownFields = [
  'engine',
  'url',
  'navigation_goal',
  'data_extraction_goal',
  'data_schema',
  'complete_criterion',
  'terminate_criterion',
  'include_action_history_in_verification',
] as const;

/** What the row of a task shows of the block's rendered fields (blocks.md §6.7). */
export function taskDetails(taskId: string, fields: Readonly<Record<string, unknown>>): JsonObject {
  const shown = shownFields.filter((name) => fields[name] !== undefined);
  return {
    task_id: taskId,
    ...Object.fromEntries(shown.map((name) => [name, fields[name] as JsonValue])),
  };
}
