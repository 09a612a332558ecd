import { blockNamed } from '../definition/block-named.ts';
import { type BlockGraph, buildGraph, GraphError } from '../definition/graph.ts';
import type { StoredBlock, StoredDefinition } from '../definition/stored.ts';
import { firstPosition, nextPosition, parentPath } from './branches.ts';
import type { RunEnvironment, RunResult } from './environment.ts';
import type { BlockOutcome } from './journal.ts';
import { assembleErrors, assembleOutput } from './output.ts';
import { runBlock } from './run-block.ts';
import { createRun, type Run, recordedOutputs } from './state.ts';
import { finalStopOf, stopOf } from './stop.ts';

type RunEnd = Pick<RunResult, 'status' | 'failureReason'>;

/**
 * Walks the blocks of a run from its first unfinished one to its end. Rejections of the journal pass through: the run is
 * not over then either.
 * @throws RunStopped of kind `interrupted` when the signal says so: the run is not over, it will be taken up again.
 */
export async function interpret(
  definition: StoredDefinition,
  environment: RunEnvironment,
): Promise<RunResult> {
  const run = createRun(definition, environment);
  const { status, failureReason } = await runToEnd(run);
  return {
    status,
    failureReason: failureReason === null ? null : run.state.secrets.maskText(failureReason),
    output: assembleOutput(recordedOutputs(run.state)),
    errors: assembleErrors(run.state),
    stepCount: run.state.stepCount,
  };
}

async function runToEnd(run: Run): Promise<RunEnd> {
  const { blocks, finally_block_label: finallyLabel } = run.definition;
  const { partial } = run.environment;
  const body = partial === null ? graphOf(run.definition) : null;
  if (body !== null && 'status' in body) {
    return body;
  }
  const end =
    body === null ? await runListed(run, partial?.labels ?? []) : await runBody(run, body);
  const finallyBlock = blocks.find(({ label }) => label === finallyLabel);
  const over = end.status === 'canceled' || end.status === 'timed_out';
  return over || finallyBlock === undefined ? end : await runFinally(run, finallyBlock, end);
}

/** The graph of a workflow, or the end of a run that has none to walk. */
function graphOf(definition: StoredDefinition): BlockGraph | RunEnd {
  const { blocks, version, finally_block_label: finallyLabel } = definition;
  try {
    const graph = buildGraph(blocks, { place: 'top', version, finallyLabel });
    return graph.root === null ? failed('Workflow has no executable blocks.') : graph;
  } catch (error) {
    return graphFailure(error);
  }
}

/** Runs the listed blocks one after the other, whatever their links say (blocks.md §2.4). */
async function runListed(run: Run, labels: readonly string[]): Promise<RunEnd> {
  const { blocks, finally_block_label: finallyLabel } = run.definition;
  const seen = new Map<string, number>();
  // The finally block has its own turn, whether it is listed or not.
  for (const label of labels.filter((one) => one !== finallyLabel)) {
    const before = finalStopOf(run.environment.signal);
    if (before !== null) {
      return { status: before.kind, failureReason: before.message };
    }
    const block = blockNamed(blocks, label);
    if (block === undefined) {
      return failed(`Block label ${label} not found in workflow definition`);
    }
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    const path = count === 1 ? label : `${label}(${count})`;
    const outcome = await runBlock(run, { path, block, parentPath: null, iteration: null });
    const end = endAfter(run, block, outcome);
    if (end !== null) {
      return end;
    }
  }
  return endOfList(run.environment.signal);
}

/** The block loop of blocks.md §5.1. */
async function runBody(run: Run, graph: BlockGraph): Promise<RunEnd> {
  const { blocks } = run.definition;
  const { signal } = run.environment;
  const byLabel = new Map(blocks.map((block) => [block.label, block]));
  let position = firstPosition(graph);
  while (position !== null) {
    const block = byLabel.get(position.label);
    const before = finalStopOf(signal);
    if (before !== null) {
      return { status: before.kind, failureReason: before.message };
    }
    if (block === undefined) {
      return failed(`Next block label ${position.label} not found in workflow definition`);
    }
    const path = block.label;
    const visit = { path, block, parentPath: parentPath(position), iteration: null };
    const outcome = await runBlock(run, visit);
    const end = endAfter(run, block, outcome);
    if (end !== null) {
      return end;
    }
    try {
      position = nextPosition(graph, position, { block, path, outcome });
    } catch (error) {
      return graphFailure(error);
    }
  }
  return endOfList(signal);
}

/** A stop that came during the last block still counts, except an interruption: there is nothing left to take up. */
function endOfList(signal: AbortSignal): RunEnd {
  const stop = stopOf(signal);
  return stop === null || stop.kind === 'interrupted'
    ? { status: 'completed', failureReason: null }
    : { status: stop.kind, failureReason: stop.message };
}

async function runFinally(run: Run, block: StoredBlock, body: RunEnd): Promise<RunEnd> {
  const { signal } = run.environment;
  if (finalStopOf(signal) !== null) {
    return body;
  }
  const visit = { path: block.label, block, parentPath: null, iteration: null };
  const outcome = await runBlock(run, visit);
  const end = endAfter(run, block, outcome) ?? endOfList(signal);
  return body.status === 'completed' ? end : body;
}

/** What a block's status means for the run; null when it goes on. */
function endAfter(run: Run, block: StoredBlock, outcome: BlockOutcome): RunEnd | null {
  const { block_type: type, continue_on_failure: goOn } = block;
  const reason = outcome.failureReason ?? '';
  const stop = stopOf(run.environment.signal);
  if (stop?.kind === 'timed_out' && outcome.status === 'timed_out') {
    return { status: 'timed_out', failureReason: stop.message };
  }
  switch (outcome.status) {
    case 'completed':
    case 'skipped':
      return null;
    case 'canceled':
      return { status: 'canceled', failureReason: outcome.failureReason };
    case 'failed':
      return goOn ? null : failed(`${type} block failed. failure reason: ${reason}`);
    case 'terminated':
      return goOn
        ? null
        : { status: 'terminated', failureReason: `${type} block terminated. Reason: ${reason}` };
    case 'timed_out':
      return goOn ? null : failed(`${type} block timed out. Reason: ${reason}`);
  }
}

function failed(failureReason: string): RunEnd {
  return { status: 'failed', failureReason };
}

function graphFailure(error: unknown): RunEnd {
  if (!(error instanceof GraphError)) {
    throw error;
  }
  const { problem } = error;
  if (problem.kind === 'unknown_targets') {
    const target = problem.targets[0]?.target ?? '';
    return failed(`Next block label ${target} not found in workflow definition`);
  }
  if (problem.kind === 'several_roots') {
    return failed(error.message);
  }
  const label = problem.labels[0] ?? '';
  return failed(`Cycle detected while traversing workflow definition at block ${label}`);
}
