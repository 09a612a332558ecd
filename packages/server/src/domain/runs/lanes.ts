import { createHash } from 'node:crypto';
import { renderTemplate, TemplateError } from '@lapwing/workflow';
import { LapwingError } from '../../errors.ts';
import type { WorkflowVersion } from '../workflows/service.ts';

/** What a run needs for itself alone. */
export interface RunLanes {
  /** `sequential_key` with the run's parameters; null when its workflow has none. */
  readonly sequentialKey: string | null;
  /** Names of what only one run at a time may have; null: nothing. */
  readonly lanes: string[] | null;
}

/**
 * The lanes of a run (blocks.md §9.1): its workflow with its key, else its workflow as a whole. What later goes with a
 * session or a credential is one more name in the list.
 * @throws LapwingError `invalid_parameters` when the key cannot be rendered.
 */
export function lanesOf(
  workflow: WorkflowVersion,
  parameters: Readonly<Record<string, unknown>>,
): RunLanes {
  const { settings, workflowPermanentId: id } = workflow;
  const template = settings.sequential_key ?? null;
  if (template !== null) {
    const sequentialKey = renderKey(workflow, template, parameters);
    return { sequentialKey, lanes: [`key:${id}:${digest(sequentialKey)}`] };
  }
  return { sequentialKey: null, lanes: settings.run_sequentially ? [`workflow:${id}`] : null };
}

function renderKey(
  { workflowPermanentId }: WorkflowVersion,
  template: string,
  parameters: Readonly<Record<string, unknown>>,
): string {
  // As the reference does: without parameters there is nothing to render it with.
  if (Object.keys(parameters).length === 0) return template;
  try {
    return renderTemplate(template, parameters);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new LapwingError(
      'invalid_parameters',
      `sequential_key ${JSON.stringify(template)} of workflow ${workflowPermanentId} cannot be rendered with these parameters: ${error.message}`,
      { cause: error },
    );
  }
}

/** However long a key is, an index takes it. */
const digest = (text: string) => createHash('sha256').update(text).digest('base64url');
