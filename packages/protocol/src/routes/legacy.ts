import { z } from 'zod';
import { QueryCount, repeated, Template } from '../fields.ts';
import { Artifact, ArtifactType } from '../files.ts';
import { json, nothing, type Route, reference, startErrors, startHeaders } from '../route.ts';
import {
  LegacyRun,
  LegacyRunListQuery,
  LegacyRunRequest,
  LegacyRunStarted,
  LegacyRunWithWorkflow,
  RunsOfWorkflowQuery,
  WorkflowRun,
} from '../run-lists.ts';
import { TimelineItem } from '../timeline.ts';
import { Workflow } from '../workflows.ts';

const tag = 'Legacy';
const workflows = '/api/v1/workflows';
const workflow = `${workflows}/{workflow_permanent_id}`;

/** A definition as the body itself: a text in YAML, or JSON. */
const RawDefinition = z.union([z.string(), z.record(z.string(), z.unknown())]);
const definitionErrors = [
  'invalid_definition',
  'validation_failed',
  'invalid_url',
  'blocked_host',
  'conflict',
] as const;

/** What the reference serves for older clients and its own UI (reference: api.md §5.4, §6.2, §28). */
export const legacyRoutes = {
  legacyRunWorkflow: {
    ...reference,
    method: 'POST',
    path: `${workflow}/run`,
    tag,
    summary: 'Start a run, of an older version too',
    query: z.object({ version: QueryCount.optional(), template: Template }),
    headers: startHeaders,
    body: LegacyRunRequest,
    answer: json(LegacyRunStarted),
    errors: startErrors,
  },
  legacyGetRun: {
    ...reference,
    method: 'GET',
    path: `${workflow}/runs/{run_id}`,
    twins: [{ method: 'GET', path: `${workflows}/runs/{run_id}` }],
    tag,
    summary: 'Read a run',
    answer: json(LegacyRun),
    errors: ['not_found'],
  },
  getRunWithWorkflow: {
    ...reference,
    method: 'GET',
    path: '/v1/workflows/runs/{run_id}',
    tag,
    summary: 'Read a run with the version of the workflow that ran',
    answer: json(LegacyRunWithWorkflow),
    errors: ['not_found'],
  },
  legacyGetTimeline: {
    ...reference,
    method: 'GET',
    path: `${workflow}/runs/{run_id}/timeline`,
    tag,
    summary: 'The blocks of a run as a tree, newest first',
    answer: json(z.array(TimelineItem)),
    errors: ['not_found'],
  },
  legacyCancelRun: {
    ...reference,
    method: 'POST',
    path: '/api/v1/runs/{browser_session_id}/workflow_run/{run_id}/cancel',
    tag,
    summary: 'Cancel a run; the session in the path says nothing',
    answer: nothing,
    errors: ['not_found'],
  },
  legacyListRuns: {
    ...reference,
    method: 'GET',
    path: '/api/v1/runs',
    tag,
    summary: 'List runs, newest first; behind page 10 there is nothing',
    query: LegacyRunListQuery,
    answer: json(z.array(WorkflowRun)),
    errors: ['validation_failed'],
  },
  legacyListRunsOfWorkflow: {
    ...reference,
    method: 'GET',
    path: `${workflow}/runs`,
    tag,
    summary: 'List the runs of a workflow, those that other runs started too',
    query: RunsOfWorkflowQuery,
    answer: json(z.array(WorkflowRun)),
    errors: ['validation_failed', 'invalid_parameters'],
  },
  legacyListArtifacts: {
    ...reference,
    method: 'GET',
    path: '/api/v1/{entity_type}/{entity_id}/artifacts',
    tag,
    summary: 'Artifacts of a `workflow_run` or a `workflow_run_block`',
    query: z.object({ artifact_type: repeated(ArtifactType) }),
    answer: json(z.array(Artifact)),
    errors: ['validation_failed'],
  },
  listTemplates: {
    ...reference,
    method: 'GET',
    path: `${workflows}/templates`,
    tag,
    summary: 'The templates that the server offers to every organization',
    answer: json(z.array(Workflow)),
    errors: [],
  },
  legacyCreateWorkflow: {
    ...reference,
    method: 'POST',
    path: workflows,
    tag,
    summary: 'Create a workflow; the body is the definition itself, in YAML or JSON',
    body: RawDefinition,
    answer: json(Workflow),
    errors: definitionErrors,
  },
  legacyUpdateWorkflow: {
    ...reference,
    method: 'PUT',
    path: workflow,
    tag,
    summary: 'Store a new version; the body is the definition itself, in YAML or JSON',
    body: RawDefinition,
    answer: json(Workflow),
    errors: ['not_found', ...definitionErrors],
  },
} as const satisfies Record<string, Route>;
