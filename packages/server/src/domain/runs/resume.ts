import { blockNamed, mayRepeat, type StoredDefinition } from '@lapwing/workflow';
import type { RunBlockRow } from './store.ts';

/** A block that was cut off and is not run again: it ends as failed, and the run goes on from there. */
export interface DoubtfulBlock {
  readonly blockId: string;
  readonly reason: string;
}

type BlockFacts = Pick<RunBlockRow, 'blockId' | 'label' | 'blockType' | 'status'>;

/**
 * A run goes on where its journal ends. Of the blocks that were cut off, those that act outside are repeated only when
 * that is harmless or wanted; the others, which are named here, fail, and the run with them unless the workflow says how
 * to go on.
 */
export function doubtfulBlocks(
  blocks: readonly BlockFacts[],
  definition: Pick<StoredDefinition, 'blocks'>,
): readonly DoubtfulBlock[] {
  return blocks
    .filter((row) => row.status === 'running' && !isRepeatable(row, definition))
    .map((row) => ({ blockId: row.blockId, reason: doubt(row) }));
}

function isRepeatable(row: BlockFacts, definition: Pick<StoredDefinition, 'blocks'>): boolean {
  const block = blockNamed(definition.blocks, row.label);
  return block !== undefined && mayRepeat(block);
}

function doubt(row: BlockFacts): string {
  return (
    `The worker was lost while block ${row.label} (${row.blockType}) ran: ` +
    'what it does outside may or may not have happened, so it is not repeated'
  );
}
