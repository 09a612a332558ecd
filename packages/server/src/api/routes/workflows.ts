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
>;

const idOf = (request: { params: Readonly<Record<string, string>> }) =>
  request.params.workflow_permanent_id ?? '';

export function workflowHandlers(workflows: WorkflowsService): WorkflowHandlers {
  return {
    createWorkflow: async ({ principal, body, headers }) =>
      workflows.create(principal.organizationId, body, idempotencyKeyOf(headers)),
    listWorkflows: ({ principal, query }) => workflows.list(principal.organizationId, query),
    getWorkflow: (request) =>
      workflows.get(request.principal.organizationId, idOf(request), request.query.version),
    listWorkflowVersions: (request) =>
      workflows.versions(request.principal.organizationId, idOf(request)),
    updateWorkflow: (request) =>
      workflows.update(request.principal.organizationId, idOf(request), request.body),
    deleteWorkflow: async (request) => {
      await workflows.delete(request.principal.organizationId, idOf(request));
      return null;
    },
  };
}
