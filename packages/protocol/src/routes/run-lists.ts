import { z } from 'zod';
import {
  agent,
  agentTwins,
  json,
  type Route,
  reference,
  startErrors,
  startHeaders,
} from '../route.ts';
import {
  BlockRunRequest,
  BlockRunResponse,
  RunListItem,
  RunListQuery,
  RunsOfWorkflowQuery,
  WorkflowRun,
  WorkflowRunsQuery,
} from '../run-lists.ts';
import { RunResponse } from '../runs.ts';

const tag = 'Runs';
/** Lists of runs, runs of some blocks, and retries (reference: api.md §5.4, §7, §11). */
export const runListRoutes = {
  listRuns: {
    ...reference,
    method: 'GET',
    path: '/v1/runs',
    tag,
    summary: 'List runs, newest first',
    query: RunListQuery,
    answer: json(z.array(RunListItem)),
    errors: ['validation_failed', 'invalid_parameters'],
  },
  listWorkflowRuns: {
    ...reference,
    method: 'GET',
    path: '/v1/agents/runs',
    twins: agentTwins('GET', '/v1/agents/runs', true),
    tag,
    summary: 'List the runs of all workflows, newest first',
    query: WorkflowRunsQuery,
    answer: json(z.array(WorkflowRun)),
    errors: ['validation_failed', 'invalid_parameters'],
  },
  listRunsOfWorkflow: {
    ...reference,
    method: 'GET',
    path: `${agent}/runs`,
    twins: agentTwins('GET', `${agent}/runs`, false),
    tag,
    summary: 'List the runs of a workflow, newest first; an unknown workflow has none',
    query: RunsOfWorkflowQuery,
    answer: json(z.array(WorkflowRun)),
    errors: ['validation_failed', 'invalid_parameters'],
  },
  retryRun: {
    ...reference,
    method: 'POST',
    path: '/v1/agents/runs/{run_id}/retry',
    twins: agentTwins('POST', '/v1/agents/runs/{run_id}/retry', false),
    tag,
    summary: 'Run the same version once more, with what the ended run was started with',
    headers: startHeaders,
    answer: json(RunResponse),
    errors: startErrors,
  },
  createBlockRun: {
    ...reference,
    method: 'POST',
    path: '/v1/run/workflows/blocks',
    tag,
    summary: 'Run some blocks of a workflow, for its editor',
    headers: {
      ...startHeaders,
      'x-user-agent': 'Must be `skyvern-ui`: only the editor starts such runs',
    },
    body: BlockRunRequest,
    answer: json(BlockRunResponse),
    errors: [...startErrors, 'not_allowed'],
  },
} as const satisfies Record<string, Route>;
