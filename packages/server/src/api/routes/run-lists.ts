import type { FastifyReply } from 'fastify';
import type { RunPage, RunsService } from '../../domain/runs/service.ts';
import { LapwingError } from '../../errors.ts';
import type { JsonHandlers } from '../handlers.ts';
import { isFromUi, originOf } from '../request-headers.ts';

type RunListHandlers = Pick<
  JsonHandlers,
  'listRuns' | 'listWorkflowRuns' | 'listRunsOfWorkflow' | 'retryRun' | 'createBlockRun'
>;

/** The rows of a page; a header leads on to the next. */
export function sendPage<T>(reply: FastifyReply, { items, nextCursor }: RunPage<T>): T[] {
  if (nextCursor !== null) reply.header('x-next-cursor', nextCursor);
  return items;
}

export function runListHandlers(runs: RunsService): RunListHandlers {
  const { lists } = runs;
  return {
    listRuns: async ({ principal, query }, reply) => {
      const { run_type: types, ...filter } = query;
      // All runs of this version are of one type.
      if (types !== undefined && !types.includes('workflow_run')) return [];
      return sendPage(reply, await lists.runs(principal.organizationId, filter));
    },
    listWorkflowRuns: async ({ principal, query }, reply) =>
      sendPage(reply, await lists.workflowRuns(principal.organizationId, query)),
    listRunsOfWorkflow: async ({ principal, params, query }, reply) => {
      const ofWorkflow = { ...query, workflow_permanent_id: [params.workflow_permanent_id ?? ''] };
      return sendPage(reply, await lists.workflowRuns(principal.organizationId, ofWorkflow));
    },
    retryRun: (request) => runs.retry(request.params.run_id ?? '', originOf(request)),
    createBlockRun: async (request) => {
      const { body, headers } = request;
      if (!isFromUi(headers)) {
        throw new LapwingError(
          'not_allowed',
          'Only the editor runs some blocks of a workflow: send x-user-agent: skyvern-ui',
        );
      }
      const run = await runs.createOfBlocks(body, originOf(request));
      return { ...run, block_labels: body.block_labels };
    },
  };
}
