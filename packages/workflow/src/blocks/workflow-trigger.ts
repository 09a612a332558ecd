import { z } from 'zod';
import type { ChildEnd } from '../capabilities/workflows.ts';
import { BlockFailure } from '../errors.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { parameterKeys } from './fields/parameter-keys.ts';

const params = z.object({
  workflow_permanent_id: z.string().describe('The workflow to run: its newest version.'),
  payload: z
    .record(z.string(), z.json())
    .nullable()
    .default(null)
    .describe('Its parameters by key. `{{ value | json }}` keeps the type of a value.'),
  wait_for_completion: z
    .boolean()
    .default(true)
    .describe('Without it the block is over when the run is queued.'),
  browser_session_id: z
    .string()
    .nullable()
    .default(null)
    .describe('Not served yet: the run has a browser of its own.'),
  use_parent_browser_session: z
    .boolean()
    .default(false)
    .describe('Not served yet: the run has a browser of its own.'),
  parameter_keys: parameterKeys,
});

type Fields = z.output<typeof params>;

/** `workflow_trigger`: runs another workflow as a child of this run (blocks.md §4.15). */
export const workflowTrigger = defineBlock({
  type: 'workflow_trigger',
  summary: 'Runs another workflow and waits for it, or leaves it to itself.',
  needs: ['workflows'],
  effect: 'external',
  params,
  rendered: { workflow_permanent_id: 'text', payload: 'json', browser_session_id: 'text' },
  renderFailure: (reason) => ({ output: { failure_reason: reason } }),
  // Taken up again it finds the run that it has started.
  isIdempotent: () => true,
  async run(ctx, fields) {
    const { wait_for_completion: awaited } = fields;
    const workflowPermanentId = fields.workflow_permanent_id.trim();
    const refusal = refusalOf(fields, workflowPermanentId);
    if (refusal !== null) {
      return notStarted(refusal);
    }
    const request = { workflowPermanentId, parameters: fields.payload ?? {}, awaited };
    const started = await start(ctx, request);
    if ('refused' in started) {
      return notStarted(ctx.secrets.maskText(started.refused));
    }
    const { runId } = started;
    const details = { block_workflow_run_id: runId };
    const child = { workflow_run_id: runId, workflow_permanent_id: workflowPermanentId };
    if (!awaited) {
      return { status: 'completed', output: { ...child, status: 'queued' }, details };
    }
    await ctx.note({ details });
    const end = await ctx.workflows.end(runId);
    const { status, failureReason: failure_reason, outputs } = end;
    const output = { ...child, status, failure_reason, outputs };
    return { ...verdictOf(runId, end), output, details };
  },
});

/** A browser of its own in place of the one that was asked for would do the wrong thing silently. */
function refusalOf(fields: Fields, workflowPermanentId: string): string | null {
  if (workflowPermanentId === '') {
    return 'workflow_permanent_id is empty: name the workflow to run (wpid_…)';
  }
  const session = fields.browser_session_id?.trim() ?? '';
  const noSessions =
    'there are no browser sessions yet; the triggered run has a browser of its own';
  if (session !== '') {
    return `browser_session_id = ${session.slice(0, 100)} is not served by this version: ${noSessions}. Leave it out`;
  }
  return fields.use_parent_browser_session
    ? `use_parent_browser_session = true is not served by this version: ${noSessions}. Set it to false`
    : null;
}

async function start(
  ctx: BlockContext,
  request: Parameters<BlockContext['workflows']['start']>[0],
): Promise<{ readonly runId: string } | { readonly refused: string }> {
  try {
    return { runId: await ctx.workflows.start(request) };
  } catch (error) {
    if (error instanceof BlockFailure) {
      return { refused: error.message };
    }
    throw error;
  }
}

function notStarted(reason: string): BlockResult {
  const failureReason = `Failed to setup triggered workflow run: ${reason}`;
  return { status: 'failed', failureReason, output: { failure_reason: failureReason } };
}

function verdictOf(runId: string, end: ChildEnd): Pick<BlockResult, 'status' | 'failureReason'> {
  if (end.status === 'completed') {
    return { status: 'completed' };
  }
  const reason = end.failureReason === null ? '' : `: ${end.failureReason}`;
  return {
    status: 'failed',
    failureReason: `Triggered workflow run ${runId} ended as ${end.status}${reason}`,
  };
}
