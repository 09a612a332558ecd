import { z } from 'zod';
import { Page, PageSize, QueryBoolean, QueryCount, repeated, Template } from './fields.ts';
import { Artifact, ArtifactType, SignedUrl } from './files.ts';
import {
  agent,
  agentTwins,
  beyond,
  json,
  nothing,
  type Route,
  reference,
  run,
  startErrors,
  startHeaders,
} from './route.ts';
import { folderRoutes } from './routes/folders.ts';
import { humanRoutes } from './routes/human.ts';
import { legacyRoutes } from './routes/legacy.ts';
import { organizationRoutes } from './routes/organizations.ts';
import { runListRoutes } from './routes/run-lists.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { serverRoutes } from './routes/server.ts';
import { tagRoutes } from './routes/tags.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { CancelManyRequest, CancelManyResponse, RunRequest, RunResponse } from './runs.ts';
import { TimelineItem } from './timeline.ts';
import { Workflow, WorkflowBody, WorkflowStatus } from './workflows.ts';

/** Every operation of the API, by its operation id. The server, the OpenAPI document and the docs are made from it. */
export const routes = {
  createWorkflow: {
    ...reference,
    method: 'POST',
    path: '/v1/agents',
    twins: agentTwins('POST', '/v1/agents', false),
    tag: 'Workflows',
    summary: 'Create a workflow from a JSON or YAML definition',
    headers: { 'idempotency-key': 'The same key again answers with the workflow it created first' },
    query: z.object({
      folder_id: z.string().optional().meta({ description: 'Wins over the one of the definition' }),
    }),
    body: WorkflowBody,
    answer: json(Workflow),
    errors: [
      'invalid_definition',
      'invalid_parameters',
      'validation_failed',
      'invalid_url',
      'blocked_host',
      'conflict',
    ],
  },
  listWorkflows: {
    ...reference,
    method: 'GET',
    path: '/v1/agents',
    twins: agentTwins('GET', '/v1/agents', true),
    tag: 'Workflows',
    summary: 'List workflows, newest first',
    query: z.object({
      page: Page,
      page_size: PageSize,
      search_key: z.string().optional().meta({
        description:
          'In title, name of the folder, keys, descriptions and defaults of the parameters',
      }),
      title: z.string().optional().meta({ description: 'Another name of search_key' }),
      folder_id: z.string().optional(),
      status: repeated(WorkflowStatus),
      tags: repeated(z.string(), 20).meta({
        description: '`label`, `key:*` or `key:value`, also separated by commas',
      }),
      only_saved_tasks: QueryBoolean.optional(),
      only_workflows: QueryBoolean.optional(),
      only_templates: QueryBoolean.optional(),
      template: Template,
    }),
    answer: json(z.array(Workflow)),
    errors: ['validation_failed', 'invalid_state', 'invalid_parameters'],
  },
  getWorkflow: {
    ...reference,
    method: 'GET',
    path: agent,
    twins: agentTwins('GET', agent, true),
    tag: 'Workflows',
    summary: 'Read a workflow: its newest version, or the one asked for',
    query: z.object({ version: QueryCount.optional(), template: Template }),
    answer: json(Workflow),
    errors: ['not_found', 'validation_failed'],
  },
  listWorkflowVersions: {
    ...reference,
    method: 'GET',
    path: `${agent}/versions`,
    twins: agentTwins('GET', `${agent}/versions`, true),
    tag: 'Workflows',
    summary: 'Every version of a workflow, newest first',
    query: z.object({ template: Template }),
    answer: json(z.array(Workflow)),
    errors: ['not_found', 'validation_failed'],
  },
  updateWorkflow: {
    ...reference,
    method: 'POST',
    path: agent,
    twins: agentTwins('POST', agent, false),
    tag: 'Workflows',
    summary: 'Store a new version of a workflow',
    body: WorkflowBody,
    answer: json(Workflow),
    errors: [
      'not_found',
      'invalid_definition',
      'validation_failed',
      'invalid_url',
      'blocked_host',
      'conflict',
    ],
  },
  deleteWorkflow: {
    ...reference,
    method: 'POST',
    path: `${agent}/delete`,
    twins: [
      ...agentTwins('POST', `${agent}/delete`, false),
      { method: 'DELETE', path: '/api/v1/workflows/{workflow_permanent_id}' },
    ],
    tag: 'Workflows',
    summary: 'Delete a workflow, every version of it; an unknown id is no error',
    answer: nothing,
    errors: [],
  },
  markTemplate: {
    ...reference,
    method: 'PUT',
    path: `${agent}/template`,
    twins: agentTwins('PUT', `${agent}/template`, true),
    tag: 'Workflows',
    summary: 'Mark a workflow as a template of its organization, or as none any more',
    query: z.object({ is_template: QueryBoolean }),
    answer: json(Workflow),
    errors: ['not_found', 'validation_failed'],
  },
  ...folderRoutes,
  ...tagRoutes,
  createRun: {
    ...reference,
    method: 'POST',
    path: '/v1/run/agents',
    twins: [{ method: 'POST', path: '/v1/run/workflows' }],
    tag: 'Runs',
    summary: 'Start a run and answer with its id at once',
    headers: {
      'idempotency-key':
        'The same key and body again answer with the same run; another body is a 409',
      ...startHeaders,
    },
    query: z.object({ template: Template }),
    body: RunRequest,
    answer: json(RunResponse),
    errors: [...startErrors, 'idempotency_conflict'],
  },
  getRun: {
    ...reference,
    method: 'GET',
    path: run,
    tag: 'Runs',
    summary: 'Read a run',
    query: z.object({
      wait: z.coerce.number().min(0).max(60).optional().meta({
        description: 'Seconds to hold the answer until the run is final (beyond the reference)',
      }),
    }),
    answer: json(RunResponse),
    errors: ['not_found', 'validation_failed'],
  },
  cancelRun: {
    ...reference,
    method: 'POST',
    path: `${run}/cancel`,
    twins: [{ method: 'POST', path: '/api/v1/workflows/runs/{run_id}/cancel' }],
    tag: 'Runs',
    summary: 'Cancel a run; a run that has ended stays as it is',
    answer: nothing,
    errors: ['not_found'],
  },
  cancelRuns: {
    ...reference,
    method: 'POST',
    path: '/v1/runs/cancel',
    tag: 'Runs',
    summary: 'Cancel up to 100 runs',
    body: CancelManyRequest,
    answer: json(CancelManyResponse),
    errors: ['validation_failed'],
  },
  ...humanRoutes,
  getTimeline: {
    ...reference,
    method: 'GET',
    path: `${run}/timeline`,
    tag: 'Runs',
    summary: 'The blocks of a run as a tree, newest first',
    answer: json(z.array(TimelineItem)),
    errors: ['not_found'],
  },
  streamEvents: {
    ...beyond,
    method: 'GET',
    path: `${run}/events`,
    tag: 'Runs',
    summary: 'Server-sent events of a run, from its beginning to its end',
    headers: { 'last-event-id': 'Go on behind this event' },
    answer: { kind: 'events' },
    errors: ['not_found'],
  },
  ...runListRoutes,
  ...uploadRoutes,
  listArtifacts: {
    ...reference,
    method: 'GET',
    path: `${run}/artifacts`,
    tag: 'Artifacts',
    summary: 'The artifacts of a run; an unknown run has none',
    query: z.object({ artifact_type: repeated(ArtifactType) }),
    answer: json(z.array(Artifact)),
    errors: ['validation_failed'],
  },
  getArtifact: {
    ...reference,
    method: 'GET',
    path: '/v1/artifacts/{artifact_id}',
    tag: 'Artifacts',
    summary: 'Read an artifact, with a signed address of its content',
    answer: json(Artifact),
    errors: ['not_found'],
  },
  signArtifact: {
    ...reference,
    method: 'GET',
    path: '/v1/artifacts/{artifact_id}/signed-url',
    tag: 'Artifacts',
    summary: 'A signed address of the content, good for 300 s',
    answer: json(SignedUrl),
    errors: ['not_found'],
  },
  getArtifactContent: {
    ...reference,
    method: 'GET',
    path: '/v1/artifacts/{artifact_id}/content',
    tag: 'Artifacts',
    summary: 'The bytes of an artifact, whole or one range of them',
    auth: 'signed',
    query: z.object({
      sig: z.string().optional(),
      expiry: z.string().optional(),
      kid: z.string().optional(),
    }),
    headers: { range: 'One range of bytes' },
    answer: { kind: 'bytes' },
    errors: ['not_found', 'range_not_satisfiable'],
  },
  ...webhookRoutes,
  ...scheduleRoutes,
  ...organizationRoutes,
  ...legacyRoutes,
  ...serverRoutes,
} as const satisfies Record<string, Route>;

export type OperationId = keyof typeof routes;
