import type { ChildEnd, ChildRequest, WorkflowsCapability } from '../capabilities/workflows.ts';

/** Workflows that end by a function, at once. It tells in `started` what was asked of it. */
export function fakeWorkflows(
  end: (request: ChildRequest) => ChildEnd = () => ({
    status: 'completed',
    failureReason: null,
    outputs: null,
  }),
): WorkflowsCapability & { readonly started: readonly ChildRequest[] } {
  const started: ChildRequest[] = [];
  return {
    started,
    async start(request) {
      started.push(request);
      return `wr_child_${started.length}`;
    },
    async end(runId) {
      const request = started[Number(runId.split('_').at(-1)) - 1];
      if (request === undefined) {
        throw new Error(`${runId} was not started`);
      }
      return end(request);
    },
  };
}
