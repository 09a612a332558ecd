import type { Workflow, WorkflowStatus } from '@lapwing/protocol';
import { wireTime, wireTimeOrNull } from '../../lib/time.ts';
import type { WorkflowRow } from './store.ts';

const masked = (headers: unknown) =>
  headers == null
    ? null
    : Object.fromEntries(Object.keys(headers as object).map((name) => [name, '***']));

/** A version as the API shows it. CDP header values are never shown. */
export function workflowView(row: WorkflowRow): Workflow {
  const settings = row.settings as Omit<Workflow, 'title'>;
  return {
    ...settings,
    cdp_connect_headers: masked(settings.cdp_connect_headers),
    workflow_id: row.workflowId,
    organization_id: row.organizationId,
    title: row.title,
    workflow_permanent_id: row.workflowPermanentId,
    agent_id: row.workflowPermanentId,
    version: row.version,
    is_template: row.isTemplate,
    description: row.description,
    workflow_definition: row.definition,
    status: row.status as WorkflowStatus,
    folder_id: row.folderId,
    import_error: null,
    created_by: null,
    edited_by: null,
    copilot_authored: false,
    created_at: wireTime(row.createdAt),
    modified_at: wireTime(row.modifiedAt),
    deleted_at: wireTimeOrNull(row.deletedAt),
  };
}
