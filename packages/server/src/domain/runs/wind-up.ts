import type { StoredDefinition } from '@lapwing/workflow';
import type { Sql } from '../../db/database.ts';
import { endBlocksOf } from './block-ends.ts';
import { journaledResult } from './journaled.ts';
import { type RunParts, webhookRun } from './parts.ts';
import * as store from './store.ts';

/**
 * Gives a canceled run that no worker carries out what its end owes: its output as the journal has it, the ends of its
 * blocks and its webhook. Once; a run that has all this stays as it is.
 */
export async function windUp(
  tx: Sql,
  parts: Pick<RunParts, 'webhooks' | 'feed' | 'admission'>,
  run: store.RunRow,
  definition: StoredDefinition,
): Promise<void> {
  if (run.stepCount !== null) return;
  const result = journaledResult(await store.listBlocks(tx, run.runId), definition);
  const unfinished = await store.listUnfinishedBlocks(tx, run.runId);
  await endBlocksOf(tx, parts.feed, run, unfinished);
  // A former worker that is still at it has lost the run: what it writes from now on is refused.
  const attempts = run.attempts + 1;
  await store.updateRun(tx, run.runId, { ...result, attempts, admission: 'over' });
  await store.deleteBrowser(tx, run.runId);
  await parts.webhooks.queueFor(tx, webhookRun(run));
  await parts.feed.announce(tx, run.runId);
  await parts.admission.leave(tx, run);
}
