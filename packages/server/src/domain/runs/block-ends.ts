import type { Sql } from '../../db/database.ts';
import { wireTime } from '../../lib/time.ts';
import { storable } from './storable.ts';
import * as store from './store.ts';

/** How a block ends that nobody ends any more. */
interface BlockEnd {
  readonly status: 'failed' | 'canceled' | 'timed_out';
  readonly reason: string;
}

/** Ends an unfinished block of a run, with its event. What it has recorded so far stays. */
export async function endBlock(tx: Sql, row: store.RunBlockRow, end: BlockEnd): Promise<void> {
  const finishedAt = new Date();
  const durationSeconds = (finishedAt.getTime() - row.createdAt.getTime()) / 1000;
  // In a loop an old value may not be taken for this iteration's (blocks.md §5.4).
  const nothing = row.currentIndex === null ? null : { value: null };
  const failureReason = storable(end.reason);
  await store.updateBlock(tx, row.blockId, {
    status: end.status,
    failureReason,
    output: row.output ?? nothing,
    finishedAt,
    durationSeconds,
  });
  await store.appendEvent(tx, row.runId, 'block.finished', {
    workflow_run_block_id: row.blockId,
    label: row.label,
    block_type: row.blockType,
    current_index: row.currentIndex,
    status: end.status,
    duration: durationSeconds,
    failure_reason: failureReason,
    created_at: wireTime(finishedAt),
  });
}

/** Ends every block of a run that is unfinished still: the run itself has ended with this status. */
export async function endBlocksOf(
  tx: Sql,
  run: Pick<store.RunRow, 'runId' | 'status' | 'failureReason'>,
): Promise<void> {
  const { status, failureReason } = run;
  const end: BlockEnd = {
    status: status === 'canceled' || status === 'timed_out' ? status : 'failed',
    reason: failureReason ?? `The run ended as ${status}`,
  };
  for (const row of await store.listUnfinishedBlocks(tx, run.runId)) await endBlock(tx, row, end);
}
