import {
  BlockFailure,
  type ChildEnd,
  type JsonObject,
  type WorkflowsCapability,
} from '@lapwing/workflow';
import type { RunsService } from '../domain/runs/service.ts';
import { LapwingError } from '../errors.ts';

interface WorkflowsOptions {
  readonly runs: Pick<RunsService, 'children' | 'wait'>;
  readonly run: { readonly runId: string; readonly organizationId: string };
  readonly blockId: string;
  /** Waits without what others could use meanwhile; the signal ends the wait. */
  readonly idle: <T>(wait: (signal: AbortSignal) => Promise<T>) => Promise<T>;
}

/** Runs of other workflows, as one block of a run starts them. */
export function workflowsCapability(options: WorkflowsOptions): WorkflowsCapability {
  const { runs, run, blockId, idle } = options;
  return {
    start: async (request) => {
      try {
        return await runs.children.start(run.runId, blockId, request);
      } catch (error) {
        if (!(error instanceof LapwingError) || error.facts.kind !== 'user') throw error;
        throw new BlockFailure(error.message, { cause: error });
      }
    },
    end: (runId) => idle((signal) => endOf(options, runId, signal)),
  };
}

async function endOf(
  { runs, run }: WorkflowsOptions,
  runId: string,
  signal: AbortSignal,
): Promise<ChildEnd> {
  const child = await runs.wait(run.organizationId, runId, Number.POSITIVE_INFINITY, signal);
  signal.throwIfAborted();
  return {
    status: child.status,
    failureReason: child.failure_reason,
    outputs: child.output === null ? null : blockOutputs(child.output),
  };
}

/** Without the list of all that was extracted: this run makes its own of the parts (blocks.md §6.3). */
function blockOutputs({
  extracted_information: _,
  ...outputs
}: Record<string, unknown>): JsonObject {
  return outputs as JsonObject;
}
