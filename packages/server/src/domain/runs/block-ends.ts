import type { Sql } from '../../db/database.ts';
import { wireTime } from '../../lib/time.ts';
import type { RunFeed } from './feed.ts';
import { storable } from './storable.ts';
import * as store from './store.ts';

/** How a block ends that nobody ends any more. */
interface BlockEnd {
  readonly status: 'failed' | 'canceled' | 'timed_out';
  readonly reason: string;
}

/** Ends an unfinished block of a run, with its event. What it has recorded so far stays. */
export async function endBlock(
  tx: Sql,
  feed: RunFeed,
  row: store.RunBlockRow,
  end: BlockEnd,
): Promise<void> {
  const finishedAt = new Date();
  const durationSeconds = (finishedAt.getTime() - row.createdAt.getTime()) / 1000;
  // In a loop an old value may not be taken for this iteration's (blocks.md §5.4).
  const nothing = row.currentIndex === null ? null : { value: null };
  const failureReason = storable(end.reason);
  const isNews = await store.finishBlock(tx, row.blockId, {
    status: end.status,
    failureReason,
    output: row.output ?? nothing,
    finishedAt,
    durationSeconds,
  });
  if (!isNews) return;
  const data = {
    workflow_run_block_id: row.blockId,
    label: row.label,
    block_type: row.blockType,
    current_index: row.currentIndex,
    status: end.status,
    duration: durationSeconds,
    failure_reason: failureReason,
    created_at: wireTime(finishedAt),
  };
  await feed.append(tx, { runId: row.runId, type: 'block.finished', data });
}

/** Ends blocks of a run that are unfinished still: the run itself has ended with this status. */
export async function endBlocksOf(
  tx: Sql,
  feed: RunFeed,
  run: Pick<store.RunRow, 'runId' | 'status' | 'failureReason'>,
  unfinished: readonly store.RunBlockRow[],
): Promise<void> {
  const { status, failureReason } = run;
  const end: BlockEnd = {
    status: status === 'canceled' || status === 'timed_out' ? status : 'failed',
    reason: failureReason ?? `The run ended as ${status}`,
  };
  for (const row of unfinished) await endBlock(tx, feed, row, end);
}
