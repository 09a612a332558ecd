import type { WorkflowsService } from '../../domain/workflows/service.ts';
import type { JsonHandlers } from '../handlers.ts';
import { idempotencyKeyOf } from '../request-headers.ts';

type WorkflowHandlers = Pick<
  JsonHandlers,
  | 'createWorkflow'
  | 'listWorkflows'
  | 'getWorkflow'
  | 'listWorkflowVersions'
  | 'updateWorkflow'
  | 'deleteWorkflow'
  | 'moveWorkflow'
  | 'markTemplate'
>;

const idOf = (request: { params: Readonly<Record<string, string>> }) =>
  request.params.workflow_permanent_id ?? '';

export function workflowHandlers(workflows: WorkflowsService): WorkflowHandlers {
  return {
    createWorkflow: async ({ principal, query, body, headers }) =>
      workflows.create(principal.organizationId, body, {
        idempotencyKey: idempotencyKeyOf(headers),
        folderId: query.folder_id,
      }),
    listWorkflows: ({ principal, query }) => workflows.list(principal.organizationId, query),
    getWorkflow: (request) =>
      workflows.get(request.principal.organizationId, idOf(request), request.query),
    listWorkflowVersions: (request) =>
      workflows.versions(request.principal.organizationId, idOf(request), request.query),
    updateWorkflow: (request) =>
      workflows.update(request.principal.organizationId, idOf(request), request.body),
    deleteWorkflow: async (request) => {
      await workflows.delete(request.principal.organizationId, idOf(request));
      return null;
    },
    moveWorkflow: (request) =>
      workflows.move(
        request.principal.organizationId,
        idOf(request),
        request.body.folder_id ?? null,
      ),
    markTemplate: (request) =>
      workflows.markTemplate(
        request.principal.organizationId,
        idOf(request),
        request.query.is_template,
      ),
  };
}
