import type { StoredBlock, StoredDefinition } from '../definition/stored.ts';
import type { RunError } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import type { RunEnvironment } from './environment.ts';
import type { BlockOutcome, VisitStart } from './journal.ts';
import { createSecrets, type RunSecrets } from './secrets.ts';

/**
 * All that a run knows between two blocks. It is built again from the journal's outcomes when the run is taken up again,
 * so nothing may enter it that an outcome or a note does not hold (secrets excepted: they are lost on purpose).
 */
export interface RunState {
  /** Values of declared parameters, context parameters included, by key. */
  readonly parameters: Record<string, JsonValue>;
  /** Recorded outputs by their key (`{label}_output`), in the order of their first recording. */
  readonly outputs: Record<string, JsonValue>;
  /** Keys of {@link outputs} that came from another run: seen, but no output of this one. */
  readonly seeded: Set<string>;
  /** What templates see under `{label}` and in `workflow_run_outputs`. */
  readonly values: Record<string, JsonValue>;
  readonly taskErrors: RunError[];
  readonly blockErrors: RunError[];
  readonly screenshots: string[];
  /** Ids of files that some block has accounted for, with their position in the order of being seen. */
  readonly files: Map<string, number>;
  readonly secrets: RunSecrets;
  stepCount: number;
  /** False while only finished blocks have been replayed. */
  live: boolean;
}

/** A run in progress. */
export interface Run {
  readonly definition: StoredDefinition;
  readonly environment: RunEnvironment;
  readonly state: RunState;
}

/** A run before its first block. */
export function createRun(definition: StoredDefinition, environment: RunEnvironment): Run {
  const state: RunState = {
    parameters: Object.assign(Object.create(null), environment.parameters),
    outputs: Object.create(null),
    seeded: new Set(),
    values: Object.create(null),
    taskErrors: [],
    blockErrors: [],
    screenshots: [],
    files: new Map(),
    secrets: createSecrets(),
    stepCount: 0,
    live: false,
  };
  const run = { definition, environment, state };
  for (const key of Object.keys(environment.parameters)) {
    passToContextParameters(run, key);
  }
  for (const [label, output] of Object.entries(environment.partial?.outputs ?? {})) {
    seed(run, label, output);
  }
  return run;
}

/** Makes the output of a block of another run known. */
function seed(run: Run, label: string, output: JsonValue): void {
  const { state } = run;
  const key = `${label}_output`;
  state.seeded.add(key);
  state.outputs[key] = output;
  state.values[label] = mergedValue(undefined, output);
  passToContextParameters(run, key);
}

/** What the blocks of this run have recorded, in the order of their first recording. */
export function recordedOutputs({ outputs, seeded }: RunState): Record<string, JsonValue> {
  return Object.fromEntries(Object.entries(outputs).filter(([key]) => !seeded.has(key)));
}

/** Takes a finished block into the state, in its first life and on every replay. */
export function recordOutcome(
  run: Run,
  visited: { readonly block: StoredBlock; readonly task: 'family' | 'container' | undefined },
  outcome: BlockOutcome,
): void {
  const { state } = run;
  const { block, task } = visited;
  state.stepCount += task === undefined ? 0 : 1;
  const errors = task === 'family' ? state.taskErrors : state.blockErrors;
  errors.push(...outcome.errors);
  if (outcome.output === undefined) {
    return;
  }
  const key = block.output_parameter.key;
  if (state.seeded.delete(key)) {
    delete state.outputs[key];
    delete state.values[block.label];
  }
  state.outputs[key] = outcome.output;
  state.values[block.label] = mergedValue(state.values[block.label], outcome.output);
  if (task === 'family') {
    state.screenshots.push(...textList(outcome.output, 'task_screenshot_artifact_ids'));
  }
  passToContextParameters(run, key);
}

/** Takes over what a visit noted for the state of the run. */
export function recordNotes(state: RunState, notes: VisitStart['notes']): void {
  for (const id of textList(notes, 'files')) {
    seeFile(state, id);
  }
  for (const token of textList(notes, 'secret_tokens')) {
    state.secrets.lose(token);
  }
}

/** Accounts for a file. Returns false when that was done before. */
export function seeFile(state: RunState, artifactId: string): boolean {
  if (state.files.has(artifactId)) {
    return false;
  }
  state.files.set(artifactId, state.files.size);
  return true;
}

/** The value that goes by this key: a parameter or a recorded output. */
export function valueOfKey(state: RunState, key: string): JsonValue | undefined {
  return key in state.parameters ? state.parameters[key] : state.outputs[key];
}

/** `{label}` of a block that is recorded again keeps its old keys (blocks.md §3.2). */
function mergedValue(before: JsonValue | undefined, output: JsonValue): JsonValue {
  if (!isJsonObject(output)) {
    return output;
  }
  const alias =
    output.extracted_information === undefined ? {} : { output: output.extracted_information };
  return { ...(isJsonObject(before) ? before : {}), ...output, ...alias };
}

/** Context parameters follow their source (blocks.md §2.6). */
function passToContextParameters(run: Run, sourceKey: string): void {
  for (const parameter of run.definition.parameters) {
    if (parameter.parameter_type === 'context' && contextSource(parameter) === sourceKey) {
      const isOutput = sourceKey in run.state.outputs;
      const source = run.state.outputs[sourceKey] ?? run.state.parameters[sourceKey] ?? null;
      const value = isOutput ? contextValue(source, parameter.key) : source;
      if (value !== undefined) {
        run.state.parameters[parameter.key] = value;
      }
    }
  }
}

/** The key of a context parameter's source. */
export function contextSource(parameter: StoredDefinition['parameters'][number]): string | null {
  const fields: Readonly<Record<string, JsonValue>> = { ...parameter };
  const source = fields.source;
  const key = isJsonObject(source) ? source.key : fields.source_parameter_key;
  return typeof key === 'string' ? key : null;
}

/** Undefined when the output says nothing: a task that did not complete. */
function contextValue(output: JsonValue, key: string): JsonValue | undefined {
  if (!isJsonObject(output)) {
    return output;
  }
  if ('task_id' in output && output.status !== 'completed') {
    return undefined;
  }
  const value = output.extracted_information ?? output;
  return isJsonObject(value) ? (value[key] ?? null) : value;
}

function textList(from: JsonValue, key: string): readonly string[] {
  const list = isJsonObject(from) ? from[key] : undefined;
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}
