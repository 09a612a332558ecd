import { blockTypeByName } from '@lapwing/workflow';
import type { RunBlockRow } from './store.ts';

/** Whether a run that lost its worker can be taken up again. */
export type ResumeVerdict =
  | { readonly kind: 'resume' }
  | { readonly kind: 'fail'; readonly reason: string };

type BlockFacts = Pick<RunBlockRow, 'label' | 'blockType' | 'status'>;

const needsBrowser = (row: BlockFacts) =>
  blockTypeByName.get(row.blockType)?.needs.includes('browser') ?? true;
const effectOf = (row: BlockFacts) => blockTypeByName.get(row.blockType)?.effect ?? 'external';

/**
 * A run goes on where its journal ends when nothing can happen twice and its browser, if it had one, was saved.
 * @param browserSaved Whether the state of the browser was kept when the run went back to the queue.
 */
export function resumeVerdict(blocks: readonly BlockFacts[], browserSaved: boolean): ResumeVerdict {
  const doubtful = blocks.find((row) => row.status === 'running' && effectOf(row) === 'external');
  if (doubtful !== undefined) {
    return {
      kind: 'fail',
      reason:
        `The worker was lost while block ${doubtful.label} (${doubtful.blockType}) ran: ` +
        'what it does outside may or may not have happened, so it is not repeated',
    };
  }
  if (!browserSaved && blocks.some(needsBrowser)) {
    const last =
      blocks.findLast((row) => row.status === 'running' && needsBrowser(row)) ??
      blocks.findLast(needsBrowser);
    return {
      kind: 'fail',
      reason: `The worker was lost at block ${last?.label} (${last?.blockType}), and the browser of the run with it`,
    };
  }
  return { kind: 'resume' };
}
