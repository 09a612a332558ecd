import { type ChainEnds, chainEnds } from './chain-ends.ts';
import { limits } from './limits.ts';
import { listed, quoted } from './names.ts';

/** What the graph needs of a block: stored blocks and blocks of a request both fit. */
export interface GraphBlock {
  readonly block_type: string;
  readonly label: string;
  readonly next_block_label?: string | null | undefined;
  /** Branches of a `conditional`. */
  readonly branch_conditions?:
    | readonly { readonly next_block_label?: string | null | undefined }[]
    | undefined;
}

export interface GraphOptions {
  /** `top`: the blocks of the definition. `loop`: the body of a loop. */
  readonly place: 'top' | 'loop';
  /** The definition's version. Below 2, top-level blocks run in list order. Bodies of loops are graphs in any version. */
  readonly version: number;
  /** The finally block: no part of the graph; an edge to it means "end". Null in loops. */
  readonly finallyLabel: string | null;
}

/** The order of a list of blocks (blocks.md §1.3). */
export interface BlockGraph {
  /** Label of the first block; null when there is no block to run. */
  readonly root: string | null;
  /**
   * Label of the block after this one; null at the end.
   *
   * After a `conditional` give `branchTarget`, the chosen branch's `next_block_label`. A branch without a target (null,
   * or no branch chosen because the conditional failed and may fail) goes on at the conditional's own
   * `next_block_label` at the top, and ends the iteration in a loop.
   * @throws GraphError `unknown_targets` when either label is not in this graph.
   */
  next(label: string, branchTarget?: string | null): string | null;
}

/** Why blocks have no order. `labels` are in list order, those of a cycle in the order of the walk. */
export type GraphProblem =
  | {
      readonly kind: 'unknown_targets';
      readonly targets: readonly { readonly label: string; readonly target: string }[];
    }
  | { readonly kind: 'no_root' | 'several_roots' | 'cycle'; readonly labels: readonly string[] };

/** Blocks whose links do not make one path from one first block. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly problem: GraphProblem;

  constructor(problem: GraphProblem) {
    super(describeProblem(problem));
    this.problem = problem;
  }
}

function describeProblem(problem: GraphProblem): string {
  switch (problem.kind) {
    case 'unknown_targets': {
      const pairs = problem.targets
        .slice(0, limits.namesShown)
        .map(({ label, target }) => `${quoted(label)} points to ${quoted(target)}`);
      return `Unknown next_block_label: ${pairs.join(', ')}, which is no block here. Use the label of a block of the same list, or null to end.`;
    }
    case 'no_root':
      return `The blocks are circular: every block has one before it (${listed(problem.labels, ' → ')}), so none is the first. Remove one of these links.`;
    case 'several_roots':
      return `The blocks are disconnected: ${listed(problem.labels)} have no block before them, but only one block can be the first. Link each of the others with a next_block_label.`;
    case 'cycle':
      return `The blocks contain a cycle: ${listed(problem.labels, ' → ')}. Remove one of these links; use a while_loop to repeat blocks.`;
  }
}

/** The links of a list of blocks, merge points patched in. */
interface Links {
  readonly labels: readonly string[];
  readonly conditionals: ReadonlySet<string>;
  /** What follows a block; for a conditional its merge point, which is no edge of its own. */
  readonly after: ReadonlyMap<string, string | null>;
  /** The edges that a walk can take. */
  readonly edges: ReadonlyMap<string, readonly string[]>;
}

/**
 * The order of a list of blocks. Takes time in proportion to the blocks and their branches.
 *
 * A `conditional` with a `next_block_label` has a merge point: the end of each branch's chain is pointed at it, so that
 * nested conditionals come out right too. A chain that already leads where the merge point leads is left as it is.
 *
 * Blocks of a loop body without a `conditional` that are not one chain as written continue with the next in the list
 * where they have no link. At the top this is not done: a version 2 list that was accepted is one chain already, so a
 * link added to its last block could only close a circle.
 * @throws GraphError
 */
export function buildGraph(blocks: readonly GraphBlock[], options: GraphOptions): BlockGraph {
  const { place, finallyLabel } = options;
  const kept = blocks.filter((block) => block.label !== finallyLabel);
  if (place === 'top' && options.version < 2) {
    return walkable(inListOrder(kept), options);
  }
  const links = asWritten(kept, options);
  const problem = findProblem(links);
  if (problem === null) {
    return walkable(links, options);
  }
  const mayFill = place === 'loop' && !kept.some(isConditional);
  if (problem.kind === 'several_roots' && mayFill) {
    const filled = inListOrder(kept, links.after);
    const left = findProblem(filled);
    if (left !== null) {
      throw new GraphError(left);
    }
    return walkable(filled, options);
  }
  throw new GraphError(problem);
}

function isConditional(block: GraphBlock): boolean {
  return block.block_type === 'conditional';
}

/** Links each block to the next of the list, unless it has a link already. */
function inListOrder(
  blocks: readonly GraphBlock[],
  written: ReadonlyMap<string, string | null> = new Map(),
): Links {
  const labels = blocks.map((block) => block.label);
  const after = new Map(
    labels.map((label, index) => [label, written.get(label) ?? labels[index + 1] ?? null]),
  );
  const edges = new Map(labels.map((label) => [label, present(after.get(label))]));
  return { labels, conditionals: new Set(), after, edges };
}

function asWritten(blocks: readonly GraphBlock[], options: GraphOptions): Links {
  const labels = blocks.map((block) => block.label);
  const known = new Set(labels);
  if (options.finallyLabel !== null) {
    known.add(options.finallyLabel);
  }
  refuseUnknownTargets(blocks, known);
  const after = new Map(labels.map((label) => [label, null as string | null]));
  const ends = chainEnds();
  for (const block of blocks) {
    const next = block.next_block_label ?? null;
    after.set(block.label, next);
    if (next !== null) {
      ends.link(block.label, next);
    }
  }
  patchMergePoints(blocks, after, ends);
  const edges = new Map<string, readonly string[]>();
  for (const block of blocks) {
    const targets = edgesOf(block, after.get(block.label) ?? null, options.place);
    edges.set(
      block.label,
      targets.filter((target) => target !== options.finallyLabel),
    );
  }
  const conditionals = new Set(blocks.filter(isConditional).map((block) => block.label));
  return { labels, conditionals, after, edges };
}

function refuseUnknownTargets(blocks: readonly GraphBlock[], known: ReadonlySet<string>): void {
  const targets = blocks.flatMap((block) =>
    [...present(block.next_block_label), ...branchTargets(block)]
      .filter((target) => !known.has(target))
      .map((target) => ({ label: block.label, target })),
  );
  if (targets.length > 0) {
    throw new GraphError({ kind: 'unknown_targets', targets });
  }
}

/** Points the end of each branch at its conditional's merge point (§1.3 item 2). Each conditional is visited once. */
function patchMergePoints(
  blocks: readonly GraphBlock[],
  after: Map<string, string | null>,
  ends: ChainEnds,
): void {
  const conditionals = new Map(blocks.filter(isConditional).map((block) => [block.label, block]));
  const waiting = [...conditionals.values()].filter((block) => after.get(block.label) !== null);
  for (const block of waiting) {
    const merge = after.get(block.label) ?? null;
    for (const target of merge === null ? [] : branchTargets(block)) {
      const end = ends.endOf(target);
      const open = after.get(end) === null;
      if (merge === null || !open || end === ends.endOf(merge)) {
        continue;
      }
      after.set(end, merge);
      ends.link(end, merge);
      const inner = conditionals.get(end);
      if (inner !== undefined) {
        waiting.push(inner);
      }
    }
  }
}

function edgesOf(
  block: GraphBlock,
  after: string | null,
  place: 'top' | 'loop',
): readonly string[] {
  if (!isConditional(block)) {
    return present(after);
  }
  const branches = block.branch_conditions ?? [];
  const fallsThrough =
    place === 'top' && branches.some((branch) => (branch.next_block_label ?? null) === null);
  return [...new Set([...branchTargets(block), ...(fallsThrough ? present(after) : [])])];
}

function branchTargets(block: GraphBlock): readonly string[] {
  return (block.branch_conditions ?? []).flatMap((branch) => present(branch.next_block_label));
}

function present(label: string | null | undefined): readonly string[] {
  return label === null || label === undefined ? [] : [label];
}

function findProblem(links: Links): GraphProblem | null {
  const before = new Map(links.labels.map((label) => [label, 0]));
  for (const targets of links.edges.values()) {
    for (const target of targets) {
      before.set(target, (before.get(target) ?? 0) + 1);
    }
  }
  const roots = links.labels.filter((label) => before.get(label) === 0);
  if (roots.length > 1) {
    return { kind: 'several_roots', labels: roots };
  }
  const stuck = leftAfterPeeling(links, roots, before);
  if (stuck.size === 0) {
    return null;
  }
  const labels = someCycle(links, stuck);
  return { kind: roots.length === 0 ? 'no_root' : 'cycle', labels };
}

/** Takes away block after block that has none before it; what is left hangs on a cycle. */
function leftAfterPeeling(
  links: Links,
  roots: readonly string[],
  before: Map<string, number>,
): ReadonlySet<string> {
  const left = new Set(links.labels);
  const free = [...roots];
  for (let label = free.pop(); label !== undefined; label = free.pop()) {
    left.delete(label);
    for (const target of links.edges.get(label) ?? []) {
      const count = (before.get(target) ?? 0) - 1;
      before.set(target, count);
      if (count === 0) {
        free.push(target);
      }
    }
  }
  return left;
}

/** A cycle among blocks of which each has one of them before it; walked backwards, then turned round. */
function someCycle(links: Links, stuck: ReadonlySet<string>): readonly string[] {
  const previous = new Map<string, string>();
  for (const label of stuck) {
    for (const target of links.edges.get(label) ?? []) {
      previous.set(target, label);
    }
  }
  const seen = new Map<string, number>();
  const path: string[] = [];
  let at = [...stuck][0];
  while (at !== undefined && !seen.has(at)) {
    seen.set(at, path.length);
    path.push(at);
    at = previous.get(at);
  }
  const start = at === undefined ? 0 : (seen.get(at) ?? 0);
  const cycle = path.slice(start).reverse();
  return [...cycle.slice(-1), ...cycle];
}

function walkable(links: Links, options: GraphOptions): BlockGraph {
  const { place, finallyLabel } = options;
  const followed = new Set([...links.edges.values()].flat());
  function reach(label: string, target: string | null): string | null {
    if (target === null || target === finallyLabel) {
      return null;
    }
    if (!links.after.has(target)) {
      throw new GraphError({ kind: 'unknown_targets', targets: [{ label, target }] });
    }
    return target;
  }
  return {
    root: links.labels.find((label) => !followed.has(label)) ?? null,
    next(label, branchTarget = null) {
      const after = links.after.get(label);
      if (after === undefined) {
        throw new GraphError({ kind: 'unknown_targets', targets: [{ label, target: label }] });
      }
      if (!links.conditionals.has(label)) {
        return reach(label, after);
      }
      return reach(label, branchTarget ?? (place === 'top' ? after : null));
    },
  };
}
