import type { LegacyRun, LegacyRunRequest, RunRequest, WorkflowBody } from '@lapwing/protocol';
import type { ArtifactsService } from '../../domain/artifacts/service.ts';
import type { RunsService } from '../../domain/runs/service.ts';
import type { WorkflowsService } from '../../domain/workflows/service.ts';
import { cappedValues } from '../capped-values.ts';
import type { JsonHandlers } from '../handlers.ts';
import { isFromUi, originOf } from '../request-headers.ts';
import { sendPage } from './run-lists.ts';

type LegacyHandlers = Pick<
  JsonHandlers,
  | 'legacyRunWorkflow'
  | 'legacyGetRun'
  | 'getRunWithWorkflow'
  | 'legacyGetTimeline'
  | 'legacyCancelRun'
  | 'legacyListRuns'
  | 'legacyListRunsOfWorkflow'
  | 'legacyListArtifacts'
  | 'listTemplates'
  | 'legacyCreateWorkflow'
  | 'legacyUpdateWorkflow'
>;

interface Parts {
  readonly runs: RunsService;
  readonly workflows: WorkflowsService;
  readonly artifacts: ArtifactsService;
}

type Params = Readonly<Record<string, string>>;
type Headers = Readonly<Record<string, string | undefined>>;
const runIdOf = ({ params }: { readonly params: Params }) => params.run_id ?? '';
const workflowIdOf = ({ params }: { readonly params: Params }) =>
  params.workflow_permanent_id ?? '';

/** The last page of the reference's oldest list. */
const lastPage = 10;

/** The same request in today's words. */
function modernRequest(workflowId: string, body: LegacyRunRequest): RunRequest {
  const { data, webhook_callback_url, totp_verification_url, ...rest } = body;
  return {
    ...rest,
    workflow_id: workflowId,
    parameters: data,
    // What is left out means the workflow's own here, not RESIDENTIAL.
    proxy_location: body.proxy_location ?? null,
    webhook_url: webhook_callback_url,
    totp_url: totp_verification_url,
  };
}

const forUi = <T extends LegacyRun>(run: T, headers: Headers): T =>
  isFromUi(headers)
    ? { ...run, outputs: cappedValues(run.outputs), parameters: cappedValues(run.parameters) }
    : run;

const definitionOf = (body: string | Record<string, unknown>): WorkflowBody =>
  typeof body === 'string' ? { yaml_definition: body } : { json_definition: body };

export function legacyHandlers(parts: Parts): LegacyHandlers {
  return { ...runHandlers(parts), ...otherHandlers(parts) };
}

type RunHandlers = Pick<
  LegacyHandlers,
  | 'legacyRunWorkflow'
  | 'legacyGetRun'
  | 'getRunWithWorkflow'
  | 'legacyGetTimeline'
  | 'legacyCancelRun'
  | 'legacyListRuns'
  | 'legacyListRunsOfWorkflow'
>;

function runHandlers({ runs }: Parts): RunHandlers {
  return {
    legacyRunWorkflow: async (request) => {
      const workflowId = workflowIdOf(request);
      const body = modernRequest(workflowId, request.body);
      const run = await runs.create(body, originOf(request), request.query);
      return {
        workflow_id: workflowId,
        workflow_run_id: run.run_id,
        agent_id: workflowId,
        agent_run_id: run.run_id,
      };
    },
    legacyGetRun: async (request) => {
      const { principal, params, headers } = request;
      const run = await runs.getLegacy(
        principal.organizationId,
        runIdOf(request),
        params.workflow_permanent_id,
      );
      return forUi(run, headers);
    },
    getRunWithWorkflow: async (request) => {
      const { organizationId } = request.principal;
      const run = await runs.getLegacy(organizationId, runIdOf(request));
      const workflow = await runs.workflowOf(organizationId, runIdOf(request));
      return forUi({ ...run, workflow }, request.headers);
    },
    legacyGetTimeline: (request) =>
      runs.timeline(request.principal.organizationId, runIdOf(request)),
    legacyCancelRun: async (request) => {
      await runs.cancel(request.principal.organizationId, runIdOf(request));
      return null;
    },
    legacyListRuns: async ({ principal, query }, reply) => {
      if (query.page > lastPage) return [];
      return sendPage(reply, await runs.lists.workflowRuns(principal.organizationId, query));
    },
    legacyListRunsOfWorkflow: async (request, reply) => {
      const query = {
        ...request.query,
        workflow_permanent_id: [workflowIdOf(request)],
        include_child_runs: true,
      };
      const { organizationId } = request.principal;
      return sendPage(reply, await runs.lists.workflowRuns(organizationId, query));
    },
  };
}

function otherHandlers(
  parts: Parts,
): Pick<
  LegacyHandlers,
  'legacyListArtifacts' | 'listTemplates' | 'legacyCreateWorkflow' | 'legacyUpdateWorkflow'
> {
  const { workflows, artifacts } = parts;
  return {
    legacyListArtifacts: async ({ principal, params, query }) => {
      const entity = { type: params.entity_type ?? '', id: params.entity_id ?? '' };
      const rows = await artifacts.ofEntity(principal.organizationId, entity, query.artifact_type);
      return rows.map((row) => artifacts.view(row));
    },
    listTemplates: () => workflows.templates(),
    legacyCreateWorkflow: ({ principal, body }) =>
      workflows.create(principal.organizationId, definitionOf(body), {}),
    legacyUpdateWorkflow: (request) =>
      workflows.update(
        request.principal.organizationId,
        workflowIdOf(request),
        definitionOf(request.body),
      ),
  };
}
