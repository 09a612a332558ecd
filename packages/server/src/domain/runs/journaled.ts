import {
  assembleOutput,
  blockNamed,
  blockTypeByName,
  type JsonValue,
  type RunError,
  type StoredDefinition,
} from '@lapwing/workflow';
import type { RunBlockRow } from './store.ts';

type BlockFacts = Pick<
  RunBlockRow,
  'label' | 'blockType' | 'status' | 'output' | 'errors' | 'finishedAt'
>;

/** What the journal of a run holds for its end, when no interpreter is there to say it. */
export interface JournaledResult {
  readonly output: Record<string, JsonValue> | null;
  readonly errors: RunError[];
  readonly stepCount: number;
}

/** The outputs, errors and steps of the blocks that a run has behind it, the unfinished loop's output so far included. */
export function journaledResult(
  blocks: readonly BlockFacts[],
  definition: StoredDefinition,
): JournaledResult {
  const finished = blocks.filter((row) => row.status !== 'running');
  // Blocks record in the order in which they end; what has not ended stands last.
  const inOrder = [...blocks].sort((a, b) => ended(a) - ended(b));
  const outputs: Record<string, JsonValue> = Object.create(null);
  for (const { label, output } of inOrder) {
    const key = blockNamed(definition.blocks, label)?.output_parameter.key;
    if (output !== null && key !== undefined) outputs[key] = output.value as JsonValue;
  }
  return {
    output: assembleOutput(outputs),
    errors: finished.flatMap((row) => row.errors as RunError[]),
    stepCount: finished.filter((row) => blockTypeByName.get(row.blockType)?.task !== undefined)
      .length,
  };
}

const ended = (row: BlockFacts) => row.finishedAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
