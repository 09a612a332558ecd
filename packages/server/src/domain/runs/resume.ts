import { blockNamed, blockTypeByName, type StoredDefinition } from '@lapwing/workflow';
import type { RunBlockRow } from './store.ts';

/**
 * What became of a run's browser while the run had no worker. `kept`: its state was saved, or it was never opened.
 * `gone`: it was open, and its state is lost. `unknown`: no finished block had it open, of an unfinished one nobody can
 * say.
 */
export type BrowserFate = 'kept' | 'gone' | 'unknown';

/** An unfinished block that is not run again: it ends as failed, and the run goes on from there. */
export interface DoubtfulBlock {
  readonly blockId: string;
  readonly reason: string;
}

/** Whether a run that lost its worker can be taken up again. */
export type ResumeVerdict =
  | { readonly kind: 'resume'; readonly doubtful: readonly DoubtfulBlock[] }
  | { readonly kind: 'fail'; readonly reason: string };

type BlockFacts = Pick<RunBlockRow, 'blockId' | 'label' | 'blockType' | 'status'>;

/**
 * A run goes on where its journal ends. An unfinished block that acts outside is repeated only when that is harmless;
 * otherwise it fails, and the run with it unless the workflow says how to go on. A run whose browser is gone fails.
 */
export function resumeVerdict(
  blocks: readonly BlockFacts[],
  definition: Pick<StoredDefinition, 'blocks'>,
  browser: BrowserFate,
): ResumeVerdict {
  const unfinished = blocks.filter((row) => row.status === 'running');
  const doubtful = unfinished
    .filter((row) => !mayRepeat(row, definition))
    .map((row) => ({ blockId: row.blockId, reason: doubt(row) }));
  const loss = browserLoss(blocks, unfinished, browser);
  if (loss === null) return { kind: 'resume', doubtful };
  return { kind: 'fail', reason: [...doubtful.map(({ reason }) => reason), loss].join('. ') };
}

function browserLoss(
  blocks: readonly BlockFacts[],
  unfinished: readonly BlockFacts[],
  browser: BrowserFate,
): string | null {
  if (browser === 'kept') return null;
  const needing =
    browser === 'gone' ? blocks.filter(needsBrowser) : unfinished.filter(needsBrowser);
  const last = needing.findLast((row) => row.status === 'running') ?? needing.at(-1);
  return last === undefined
    ? null
    : `The worker was lost at block ${last.label} (${last.blockType}), and the browser of the run with it`;
}

function needsBrowser(row: BlockFacts): boolean {
  return blockTypeByName.get(row.blockType)?.needs.includes('browser') ?? true;
}

function mayRepeat(row: BlockFacts, definition: Pick<StoredDefinition, 'blocks'>): boolean {
  const type = blockTypeByName.get(row.blockType);
  if (type !== undefined && type.effect !== 'external') return true;
  const fields = type?.params.safeParse(blockNamed(definition.blocks, row.label));
  return fields?.success === true && type?.isIdempotent?.(fields.data) === true;
}

function doubt(row: BlockFacts): string {
  return (
    `The worker was lost while block ${row.label} (${row.blockType}) ran: ` +
    'what it does outside may or may not have happened, so it is not repeated'
  );
}
