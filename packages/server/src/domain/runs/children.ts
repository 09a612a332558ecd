import { RunRequest, type TriggerType } from '@lapwing/protocol';
import type { ChildRequest } from '@lapwing/workflow';
import type { Sql } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import type { ArtifactRow } from '../artifacts/service.ts';
import { missingRun, type RunParts } from './parts.ts';
import { namedArtifacts } from './refresh.ts';
import { startRun } from './start.ts';
import * as store from './store.ts';

/** How many levels of runs may be below one that nobody triggered (blocks.md §4.15). */
const maxDepth = 10;
/** Files of other runs that one output may name; further ones keep the addresses that they have. */
const maxNamed = 10_000;

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

/**
 * The files that a run's output names and that are of runs below it: what a block that waits for a run leaves is that run's
 * output. Those of any other run are not among them.
 * @param own The files of the run itself.
 */
export async function childArtifacts(
  { database, artifacts }: RunParts,
  run: store.RunRow,
  own: readonly ArtifactRow[],
): Promise<readonly ArtifactRow[]> {
  const known = new Set(own.map((row) => row.artifactId));
  const named = [...namedArtifacts(run.output)].filter((id) => !known.has(id)).slice(0, maxNamed);
  const rows = await artifacts.ofIds(run.organizationId, named);
  const runIds = new Set(rows.flatMap((row) => row.runId ?? []));
  const below = await runsBelow(database.sql, run.runId, runIds);
  return rows.filter((row) => row.runId !== null && below.has(row.runId));
}

/** Those of these runs that are below a run, at any depth. */
async function runsBelow(
  sql: Sql,
  runId: string,
  candidates: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const parentOf = new Map<string, string>();
  let level = [...candidates];
  while (level.length > 0) {
    const rows = await store.listParents(sql, level);
    for (const row of rows) parentOf.set(row.runId, row.parentRunId);
    level = rows.map((row) => row.parentRunId).filter((id) => id !== runId && !parentOf.has(id));
  }
  const isBelow = (id: string): boolean => {
    const parent = parentOf.get(id);
    return parent !== undefined && (parent === runId || isBelow(parent));
  };
  return new Set([...candidates].filter(isBelow));
}
