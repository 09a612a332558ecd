import type { Capabilities } from '../capabilities/index.ts';
import type { StoredDefinition } from '../definition/stored.ts';
import type { RunEnvironment, RunResult } from '../interpreter/environment.ts';
import { interpret } from '../interpreter/interpret.ts';
import type { BlockOutcome } from '../interpreter/journal.ts';
import { fakeCapabilities } from './capabilities.ts';
import { type BlockFields, storedDefinition } from './definitions.ts';
import { type MemoryJournal, memoryJournal } from './journal.ts';

/** What a test gives a run; the rest is fake. */
export interface RunOptions {
  readonly parameters?: RunEnvironment['parameters'];
  readonly capabilities?: Partial<Capabilities>;
  readonly journal?: MemoryJournal;
  readonly signal?: AbortSignal;
  readonly partial?: RunEnvironment['partial'];
}

export interface TestRun {
  readonly result: RunResult;
  readonly journal: MemoryJournal;
}

/** Runs a definition to its end. */
export async function runDefinition(
  definition: StoredDefinition,
  options: RunOptions = {},
): Promise<TestRun> {
  const journal = options.journal ?? memoryJournal();
  const capabilities = fakeCapabilities(options.capabilities);
  const result = await interpret(definition, {
    runId: 'wr_1',
    workflowId: 'w_1',
    workflowPermanentId: 'wpid_1',
    title: 'Test workflow',
    parameters: options.parameters ?? {},
    browserSessionId: null,
    partial: options.partial ?? null,
    journal,
    capabilities: () => capabilities,
    // One id for each prefix: results of a run and of its replay can be compared.
    newId: (prefix) => `${prefix}_1`,
    signal: options.signal ?? new AbortController().signal,
  });
  return { result, journal };
}

/** Runs blocks in list order. */
export async function runBlocks(
  blocks: readonly BlockFields[],
  options: RunOptions = {},
): Promise<TestRun> {
  return await runDefinition(storedDefinition(blocks), options);
}

/** Runs a workflow of one block and returns how the block ended. */
export async function runOneBlock(
  block: BlockFields,
  options: RunOptions = {},
): Promise<BlockOutcome> {
  const { journal } = await runBlocks([block], options);
  const outcome = journal.outcome(block.label);
  if (outcome === undefined) {
    throw new Error(`${block.label} did not finish`);
  }
  return outcome;
}
