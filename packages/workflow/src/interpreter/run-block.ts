import type { BlockResult, BlockType } from '../blocks/block.ts';
import { blockTypeByName } from '../blocks/registry.ts';
import { BlockFailure, RunStopped } from '../errors.ts';
import { TemplateError } from '../templates/errors.ts';
import { type Attempt, blockContext, note } from './block-context.ts';
import type { BlockOutcome, BlockVisit, VisitStart } from './journal.ts';
import { renderFields } from './render.ts';
import { blockScope } from './scope.ts';
import { type Run, recordNotes, recordOutcome } from './state.ts';
import { stopOf } from './stop.ts';

/**
 * Runs a block, or replays it when the journal says that it has finished, and takes its outcome into the run's state.
 * @throws RunStopped of kind `interrupted`: nothing was recorded, and the block will be run again.
 */
export async function runBlock(
  run: Run,
  visit: BlockVisit,
  filesBefore = run.state.files.size,
): Promise<BlockOutcome> {
  const start = await run.environment.journal.begin(visit);
  const type = blockTypeByName.get(visit.block.block_type);
  if (type === undefined) {
    return finishUnknown(run, visit, start);
  }
  const attempt: Attempt = {
    run,
    visit,
    start,
    type,
    capabilities: run.environment.capabilities(start.blockId),
    filesBefore,
    foundFiles: [],
    notes: start.notes,
    broken: null,
  };
  const outcome = start.finished ?? (await runLive(attempt));
  if (start.finished !== null) {
    await replay(attempt, start.finished);
  }
  recordOutcome(run, { block: visit.block, task: type.task }, outcome);
  return outcome;
}

async function finishUnknown(
  run: Run,
  visit: BlockVisit,
  start: VisitStart,
): Promise<BlockOutcome> {
  const failureReason = `Blocks of type ${visit.block.block_type} cannot be run by this version of Lapwing. Remove the block ${visit.block.label} or update the server.`;
  const outcome = start.finished ?? settle(visit, { status: 'failed', failureReason });
  if (start.finished === null) {
    await run.environment.journal.finish(visit, outcome);
  }
  recordOutcome(run, { block: visit.block, task: undefined }, outcome);
  return outcome;
}

async function runLive(attempt: Attempt): Promise<BlockOutcome> {
  const { run, visit, type } = attempt;
  if (type.loop === undefined) {
    run.state.live = true;
  }
  const result = afterStop(attempt, await resultOf(attempt));
  await takeScreenshot(attempt, result);
  if (attempt.foundFiles.length > 0) {
    await note(attempt, { files: attempt.foundFiles });
  }
  const outcome = settle(visit, result, attempt.foundFiles.length);
  await run.environment.journal.finish(visit, outcome);
  return outcome;
}

/**
 * Takes over what a finished block noted. The blocks inside a finished loop are walked again, all of them finished too,
 * so that what they left in the state is there. A loop that was stopped is not: the run ends with it.
 */
async function replay(attempt: Attempt, { status }: BlockOutcome): Promise<void> {
  const { notes } = attempt.start;
  recordNotes(attempt.run.state, notes);
  const stopped = status === 'canceled' || status === 'timed_out';
  if (attempt.type.loop && !stopped && Object.keys(notes).length > 0) {
    await resultOf(attempt);
  }
}

async function resultOf(attempt: Attempt): Promise<BlockResult> {
  const { run, visit, type, capabilities } = attempt;
  const scope = blockScope(run, visit, capabilities.clock.now());
  try {
    const fields = renderFields(type, visit.block, scope);
    const params = type.params.safeParse(fields);
    if (!params.success) {
      const problems = params.error.issues.map(
        ({ path, message }) => `${path.join('.')}: ${message}`,
      );
      return { status: 'failed', failureReason: `Invalid block fields: ${problems.join('; ')}` };
    }
    return await type.run(blockContext(attempt, scope, runBlock), params.data);
  } catch (error) {
    if (attempt.broken !== null) {
      throw attempt.broken.error;
    }
    return failureOf(type, error);
  }
}

function failureOf(type: BlockType, error: unknown): BlockResult {
  if (error instanceof RunStopped) {
    if (error.kind === 'interrupted') {
      throw error;
    }
    return { status: error.kind, failureReason: error.message };
  }
  if (error instanceof BlockFailure) {
    const { message: failureReason, output = null, errors } = error;
    return { status: 'failed', failureReason, output, errors };
  }
  if (error instanceof TemplateError) {
    const failureReason = `Failed to format jinja template: ${error.message}`;
    return { status: 'failed', failureReason, ...type.renderFailure?.(failureReason) };
  }
  const text = error instanceof Error ? error.message : String(error);
  const failureReason = type.crashText ?? `Unexpected error: ${text}`;
  return { status: 'failed', failureReason, output: null };
}

/** A block that went wrong after a stop went wrong because of it. */
function afterStop(attempt: Attempt, result: BlockResult): BlockResult {
  const stop = stopOf(attempt.run.environment.signal);
  if (stop === null || result.status === 'completed') {
    return result;
  }
  if (stop.kind === 'interrupted') {
    throw stop;
  }
  return { ...result, status: stop.kind, failureReason: stop.message };
}

/** After every browser block, and after every failure. Tasks take their own, for their output to name it. */
async function takeScreenshot(attempt: Attempt, result: BlockResult): Promise<void> {
  const { type, capabilities } = attempt;
  const failed = result.status === 'failed' || result.status === 'terminated';
  const showsPage = type.needs.includes('browser') && type.task !== 'family';
  if (failed || (result.status === 'completed' && showsPage)) {
    await capabilities.browser.screenshot();
  }
}

function settle(visit: BlockVisit, result: BlockResult, newFiles = 0): BlockOutcome {
  const nothing = visit.iteration === null ? undefined : null;
  const counted = newFiles === 0 ? {} : { downloaded_file_count: newFiles };
  return {
    status: result.status,
    // In a loop an old value may not be taken for this iteration's (blocks.md §5.4).
    output: result.output === undefined ? nothing : result.output,
    failureReason: result.failureReason ?? null,
    errors: result.errors ?? [],
    details: { ...counted, ...result.details },
  };
}
