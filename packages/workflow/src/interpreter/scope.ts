import { isJsonObject, type JsonValue } from '../json.ts';
import type { BlockVisit } from './journal.ts';
import type { Run } from './state.ts';

/** The names that templates and expressions of a block see (blocks.md §3.2). */
export function blockScope(run: Run, visit: BlockVisit, now: Date): Record<string, unknown> {
  const { environment, state } = run;
  const { label } = visit.block;
  const current = currentValues(visit);
  const own = state.values[label];
  return {
    browser_session_id: environment.browserSessionId ?? '',
    ...state.parameters,
    ...state.values,
    ...(current === null ? {} : { [label]: { ...(isJsonObject(own) ? own : {}), ...current } }),
    ...state.outputs,
    workflow_title: environment.title,
    workflow_id: environment.workflowId,
    workflow_permanent_id: environment.workflowPermanentId,
    workflow_run_id: environment.runId,
    current_date: now.toISOString().slice(0, 10),
    workflow_run_outputs: state.values,
    // Costs a walk over all outputs: only templates that name it pay for it.
    get workflow_run_summary() {
      return runSummary(environment.runId, Object.values(state.values));
    },
    ...(current ?? {}),
  };
}

function currentValues(visit: BlockVisit): Record<string, JsonValue> | null {
  if (visit.iteration === null) {
    return null;
  }
  const { index, value } = visit.iteration;
  return { current_index: index, current_value: value, current_item: value };
}

function runSummary(runId: string, values: readonly JsonValue[]): JsonValue {
  const outputs = values.filter(isJsonObject);
  const statuses = outputs.map((output) => output.status).filter(isText);
  const reasons = outputs.map((output) => output.failure_reason).filter(isText);
  const extracted = outputs.map((output) => output.extracted_information).filter(isJsonObject);
  return {
    workflow_run_id: runId,
    status: statuses.at(-1) ?? null,
    output: { extracted_information: Object.assign({}, ...extracted) },
    downloaded_files: outputs.flatMap((output) => listOf(output.downloaded_files)),
    errors: outputs.flatMap((output) => listOf(output.errors)),
    failure_reason: reasons[0] ?? null,
  };
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string';
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
