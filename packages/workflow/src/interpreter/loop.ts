import type { BlockContext, BlockResult } from '../blocks/block.ts';
import { type BlockGraph, buildGraph, GraphError } from '../definition/graph.ts';
import type { OutputParameter, StoredBlock } from '../definition/stored.ts';
import type { JsonValue } from '../json.ts';
import { firstPosition, nextPosition, type Position, parentPath } from './branches.ts';
import type { BlockOutcome, BlockStatus, BlockVisit } from './journal.ts';
import { LoopOutput } from './loop-output.ts';
import { finalStopOf } from './stop.ts';

/** What an iteration works on, or why there is none. */
export type NextItem =
  | { readonly kind: 'item'; readonly value: JsonValue }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly reason: string };

/** What differs between kinds of loops. */
export interface LoopPlan {
  next(index: number): NextItem | Promise<NextItem>;
  /** Called before the blocks of an iteration. */
  enter?(value: JsonValue): void;
  /** Whether records of children hold the `loop_value`. */
  readonly recordsValues: boolean;
}

const maxIterations = 1000;
const maxBlocksPerIteration = 50;

/** How the last child ended: it decides the status of the loop (blocks.md §5.3). */
interface LastChild {
  readonly status: BlockStatus;
  readonly reason: string | null;
  /** A failure that the flags allow to be skipped over. That of a limit never is. */
  readonly forgivable: boolean;
}

type Step = 'next block' | 'next iteration' | 'stop';

interface Progress {
  readonly output: LoopOutput;
  last: LastChild;
}

/**
 * Runs the blocks of a loop for each item of its plan (blocks.md §4.5, §5.2–5.4).
 * @throws RunStopped of kind `interrupted`
 */
export async function runLoop(ctx: BlockContext, plan: LoopPlan): Promise<BlockResult> {
  const blocks = ctx.visit.block.loop_blocks ?? [];
  if (blocks.length === 0) {
    return { status: 'terminated', failureReason: 'No defined blocks to loop', output: [] };
  }
  const graph = bodyGraph(blocks);
  if (graph === null) {
    return { status: 'failed', failureReason: 'Loop graph validation failed.', output: [] };
  }
  const progress: Progress = {
    output: new LoopOutput(),
    last: { status: 'completed', reason: null, forgivable: false },
  };
  for (let index = 0; ; index += 1) {
    const item = await plan.next(index);
    if (item.kind === 'end') {
      return loopResult(ctx, progress, 'natural end');
    }
    if (item.kind === 'failed') {
      return { status: 'failed', failureReason: item.reason, output: progress.output.value() };
    }
    if (index >= maxIterations) {
      progress.last = limit(`Reached max_loop_iterations limit of ${maxIterations}`);
      return loopResult(ctx, progress, 'stopped');
    }
    plan.enter?.(item.value);
    const iteration = { index, value: item.value };
    const walk = { ctx, graph, blocks, progress, recordsValues: plan.recordsValues };
    const step = await runIteration(walk, iteration);
    if (step === 'stop') {
      return loopResult(ctx, progress, 'stopped');
    }
    if (index % 10 === 0) {
      await ctx.body.progress(progress.output.value());
    }
  }
}

function bodyGraph(blocks: readonly StoredBlock[]): BlockGraph | null {
  try {
    const graph = buildGraph(blocks, { place: 'loop', version: 2, finallyLabel: null });
    return graph.root === null ? null : graph;
  } catch (error) {
    if (error instanceof GraphError) {
      return null;
    }
    throw error;
  }
}

interface Walk {
  readonly ctx: BlockContext;
  readonly graph: BlockGraph;
  readonly blocks: readonly StoredBlock[];
  readonly progress: Progress;
  readonly recordsValues: boolean;
}

async function runIteration(
  walk: Walk,
  current: NonNullable<BlockVisit['iteration']>,
): Promise<'next iteration' | 'stop'> {
  const { ctx, graph, progress } = walk;
  const iteration = ctx.body.iteration(current);
  progress.output.begin();
  let position = firstPosition(graph);
  for (let count = 1; position !== null; count += 1) {
    const stop = finalStopOf(ctx.signal);
    if (stop !== null) {
      progress.last = { status: stop.kind, reason: stop.message, forgivable: false };
      return 'stop';
    }
    const block = blockAt(walk.blocks, position);
    const outcome = await iteration.run(block, parentPath(position) ?? ctx.visit.path);
    progress.output.add(
      childRecord(block.output_parameter, outcome, walk.recordsValues ? current : null),
    );
    progress.last = lastChild(ctx.visit.block, block, outcome);
    const step = stepAfter(ctx, block, outcome);
    if (step !== 'next block') {
      return step;
    }
    if (count >= maxBlocksPerIteration) {
      progress.last = limit(`Reached max_steps_per_iteration limit of ${maxBlocksPerIteration}`);
      return ctx.visit.block.next_loop_on_failure ? 'next iteration' : 'stop';
    }
    position = nextPosition(graph, position, { block, path: iteration.path(block.label), outcome });
  }
  return 'next iteration';
}

function blockAt(blocks: readonly StoredBlock[], position: Position): StoredBlock {
  const block = blocks.find(({ label }) => label === position.label);
  if (block === undefined) {
    throw new Error(`The graph of the loop leads to ${position.label}, which is no block of it`);
  }
  return block;
}

/** The table of §5.2, first match. */
function stepAfter(ctx: BlockContext, child: StoredBlock, outcome: BlockOutcome): Step {
  if (outcome.status === 'canceled' || finalStopOf(ctx.signal) !== null) {
    return 'stop';
  }
  if (succeeded(outcome) || child.continue_on_failure) {
    return 'next block';
  }
  return child.next_loop_on_failure || ctx.visit.block.next_loop_on_failure
    ? 'next iteration'
    : 'stop';
}

/** The rules of §5.3. */
function loopResult(
  ctx: BlockContext,
  progress: Progress,
  end: 'natural end' | 'stopped',
): BlockResult {
  const { last } = progress;
  const output = progress.output.value();
  const skippedOver = end === 'natural end' && last.forgivable;
  if (last.status === 'completed' || last.status === 'skipped' || skippedOver) {
    return { status: 'completed', output };
  }
  const stop = finalStopOf(ctx.signal);
  const kept: readonly BlockStatus[] = ['canceled', 'terminated'];
  const status = stop?.kind ?? (kept.includes(last.status) ? last.status : 'failed');
  return { status, failureReason: stop?.message ?? last.reason, output };
}

function succeeded(outcome: BlockOutcome): boolean {
  return outcome.status === 'completed' || outcome.status === 'skipped';
}

function lastChild(loop: StoredBlock, child: StoredBlock, outcome: BlockOutcome): LastChild {
  const forgivable =
    child.continue_on_failure || child.next_loop_on_failure || loop.next_loop_on_failure;
  return { status: outcome.status, reason: outcome.failureReason, forgivable };
}

function limit(reason: string): LastChild {
  return { status: 'failed', reason, forgivable: false };
}

function childRecord(
  parameter: OutputParameter,
  outcome: BlockOutcome,
  current: BlockVisit['iteration'],
): JsonValue {
  return {
    ...(current === null ? {} : { loop_value: current.value }),
    output_parameter: { ...parameter },
    output_value: outcome.output ?? null,
  };
}
