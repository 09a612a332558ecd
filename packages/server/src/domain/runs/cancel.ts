import { type RunParts, writeStatus } from './parts.ts';
import * as store from './store.ts';
import { windUp } from './wind-up.ts';

/** How a run ends that others have ended. */
interface RunEnd {
  readonly status: 'canceled' | 'terminated';
  readonly failureReason: string | null;
}

/**
 * Cancels a run and, whether it had ended or not, the open runs that its blocks have started, and so on downwards. The
 * run itself goes first: a parent that waits must not take the end of its child for a failure.
 * @param only Does nothing unless the run is paused.
 * @param end What becomes of the run itself.
 * @returns False when the run had ended, or was not paused.
 */
export async function cancelRun(
  parts: RunParts,
  runId: string,
  only?: 'paused',
  end: RunEnd = { status: 'canceled', failureReason: null },
): Promise<boolean> {
  const { database, feed, workflows } = parts;
  const before = await store.findRun(database.sql, runId);
  if (before === undefined) return false;
  const { definition } = await workflows.version(before.workflowId);
  const canceled = await database.transaction(async (tx) => {
    const change = { ...end, finishedAt: new Date() };
    // Its worker may be giving it back at this moment: it has one status until the transaction is over.
    await store.lockRun(tx, runId);
    const waiting =
      only === undefined
        ? await store.updateRunIn(tx, runId, ['created', 'queued'], change)
        : undefined;
    // A run that a worker has is wound up by it, which sends the webhook when the files are kept.
    const worked = only === undefined ? (['running', 'paused'] as const) : [only];
    const run = waiting ?? (await store.updateRunIn(tx, runId, worked, { ...change, errors: [] }));
    if (run === undefined) return false;
    await writeStatus(tx, feed, runId, end);
    if (waiting !== undefined) await windUp(tx, parts, waiting, definition);
    return true;
  });
  if (canceled) feed.noteEnd(end.status);
  if (!canceled && only !== undefined) return false;
  for (const child of await store.listOpenChildren(database.sql, runId))
    await cancelRun(parts, child);
  return canceled;
}

/**
 * Cancels the runs that blocks of an ended run were waiting for: nobody does any more.
 * @param open The runs that its blocks have started and that were open when it ended.
 */
export async function cancelAwaited(
  parts: RunParts,
  runId: string,
  open: readonly string[],
): Promise<void> {
  if (open.length === 0) return;
  const awaited = new Set((await store.listBlocks(parts.database.sql, runId)).map(awaitedRun));
  for (const child of open.filter((id) => awaited.has(id))) await cancelRun(parts, child);
}

/** A block that waits for a run has noted it; one that does not wait has it in its details only. */
function awaitedRun({ notes }: Pick<store.RunBlockRow, 'notes'>): unknown {
  const details = notes.details as { readonly block_workflow_run_id?: unknown } | undefined;
  return details?.block_workflow_run_id;
}
