import { RunRequest, type TriggerType } from '@lapwing/protocol';
import type { ChildRequest } from '@lapwing/workflow';
import { LapwingError } from '../../errors.ts';
import { missingRun, type RunParts } from './parts.ts';
import { startRun } from './start.ts';
import * as store from './store.ts';

/** How many levels of runs may be below one that nobody triggered (blocks.md §4.15). */
const maxDepth = 10;

/** Runs that blocks of other runs start. */
export class RunChildren {
  readonly #parts: RunParts;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /**
   * Starts a run for a block of another run, once: the block that asks again gets the same run.
   * @returns Its id.
   * @throws LapwingError `not_found`, `invalid_state` (too deep, or the parent has ended), and as {@link startRun}.
   */
  async start(parentId: string, blockId: string, child: ChildRequest): Promise<string> {
    const { database, workflows } = this.#parts;
    const parent = await store.findRun(database.sql, parentId);
    if (parent === undefined) throw missingRun(parentId);
    const { organizationId } = parent;
    const depth = parent.depth + 1;
    if (depth > maxDepth) {
      throw new LapwingError(
        'invalid_state',
        `Workflows may trigger each other ${maxDepth} levels deep, and run ${parentId} is at level ${maxDepth}: look for one that triggers itself`,
      );
    }
    const request = RunRequest.parse({
      workflow_id: child.workflowPermanentId,
      parameters: child.parameters,
      // What is left out means the workflow's own here, not RESIDENTIAL.
      proxy_location: null,
    });
    const workflow = await workflows.newest(organizationId, child.workflowPermanentId);
    const origin = {
      // Without a key of its own the webhook is signed by one of the organization.
      principal: { organizationId, apiKeyId: parent.apiKeyId ?? '' },
      triggerType: parent.triggerType as TriggerType,
      maxSteps: parent.maxSteps,
      idempotencyKey: undefined,
      parent: { runId: parentId, blockId, depth, waits: child.awaited },
    };
    return (await startRun(this.#parts, origin, { request, workflow })).runId;
  }
}
