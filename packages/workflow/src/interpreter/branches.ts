import type { BlockGraph } from '../definition/graph.ts';
import type { StoredBlock } from '../definition/stored.ts';
import type { BlockOutcome } from './journal.ts';

/** A conditional whose chosen branch is being walked. */
interface OpenBranch {
  readonly path: string;
  /** Where the branches meet again. */
  readonly mergeLabel: string | null;
}

/** Where a walk over a graph stands. */
export interface Position {
  readonly label: string;
  /** Conditionals around the block, outermost first; the last one's row is the block's parent in the timeline. */
  readonly branches: readonly OpenBranch[];
}

/** The first block; null when there is none. */
export function firstPosition(graph: BlockGraph): Position | null {
  return graph.root === null ? null : { label: graph.root, branches: [] };
}

/**
 * The block after one that went well enough to go on; null at the end.
 * @throws GraphError
 */
export function nextPosition(
  graph: BlockGraph,
  from: Position,
  left: { readonly block: StoredBlock; readonly path: string; readonly outcome: BlockOutcome },
): Position | null {
  const target = branchTarget(left.outcome);
  const label = graph.next(from.label, target);
  if (label === null) {
    return null;
  }
  const entered = target === null ? [] : [openBranch(left.block, left.path)];
  return { label, branches: closeMerged([...from.branches, ...entered], label) };
}

/** The visit under whose row the block is shown, unless it is directly in its list. */
export function parentPath(position: Position): string | null {
  return position.branches.at(-1)?.path ?? null;
}

/** The label that the chosen branch of a `conditional` leads to. */
function branchTarget(outcome: BlockOutcome): string | null {
  const label = outcome.details.executed_branch_next_block;
  return typeof label === 'string' ? label : null;
}

function openBranch(block: StoredBlock, path: string): OpenBranch {
  return { path, mergeLabel: block.next_block_label };
}

function closeMerged(branches: readonly OpenBranch[], label: string): readonly OpenBranch[] {
  const firstMerged = branches.findIndex((branch) => branch.mergeLabel === label);
  return firstMerged === -1 ? branches : branches.slice(0, firstMerged);
}
