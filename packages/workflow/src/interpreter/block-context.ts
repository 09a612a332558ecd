import type { BlockContext, BlockType } from '../blocks/block.ts';
import type { StoredFile } from '../capabilities/files.ts';
import type { Capabilities } from '../capabilities/index.ts';
import type { StoredBlock } from '../definition/stored.ts';
import { BlockFailure } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import type { BlockOutcome, BlockVisit, VisitStart } from './journal.ts';
import type { LoopBody } from './loop-body.ts';
import { blockScope } from './scope.ts';
import { contextSource, type Run, seeFile, valueOfKey } from './state.ts';

/** One visit under way. */
export interface Attempt {
  readonly run: Run;
  readonly visit: BlockVisit;
  readonly start: VisitStart;
  readonly type: BlockType;
  readonly capabilities: Capabilities;
  /** How many files had been seen when the block, or its loop's iteration, began. */
  readonly filesBefore: number;
  /** Files that this visit is the first to see. */
  readonly foundFiles: string[];
  notes: JsonObject;
  /** Set when the journal, not the block, went wrong: the run is not over then, and nothing is recorded. */
  broken: { readonly error: unknown } | null;
}

/** Runs or replays a block; see `run-block.ts`. */
type RunChild = (run: Run, visit: BlockVisit, filesBefore: number) => Promise<BlockOutcome>;

/** What the block of a visit is handed. */
export function blockContext(
  attempt: Attempt,
  scope: Record<string, unknown>,
  runChild: RunChild,
): BlockContext {
  const { run, visit, start, capabilities } = attempt;
  const { environment, state } = run;
  return {
    browser: capabilities.browser,
    http: capabilities.http,
    files: watchedFiles(attempt),
    documents: capabilities.documents,
    code: capabilities.code,
    credentials: capabilities.credentials,
    mail: capabilities.mail,
    sheets: capabilities.sheets,
    pdf: capabilities.pdf,
    targets: capabilities.targets,
    people: capabilities.people,
    workflows: capabilities.workflows,
    clock: capabilities.clock,
    log: capabilities.log,
    runId: environment.runId,
    visit,
    signal: environment.signal,
    scope,
    variables: variablesOf(run, visit.block),
    errorCodes: run.definition.error_code_mapping ?? {},
    secrets: state.secrets,
    screenshots: state.screenshots,
    notes: start.notes,
    note: (notes) => beneath(attempt, () => note(attempt, notes)),
    newId: environment.newId,
    value: (key) => valueOfKey(state, key),
    newFiles: () => newFiles(attempt),
    body: loopBody(attempt, runChild),
  };
}

function variablesOf(run: Run, block: StoredBlock): Record<string, JsonValue> {
  const entries = block.parameters.map(({ key }) => [key, valueOfKey(run.state, key) ?? null]);
  return Object.fromEntries(entries);
}

/** What a block saves is seen at once: it is no news to the blocks after it. */
function watchedFiles(attempt: Attempt): Capabilities['files'] {
  const { files } = attempt.capabilities;
  return {
    read: (reference, options) => files.read(reference, options),
    fetch: (reference, options) => files.fetch(reference, options),
    list: () => files.list(),
    path: (file) => files.path(file),
    async save(content) {
      const file = await files.save(content);
      see(attempt, file);
      return file;
    },
  };
}

async function newFiles(attempt: Attempt): Promise<readonly StoredFile[]> {
  const files = await attempt.capabilities.files.list();
  for (const file of files) {
    see(attempt, file);
  }
  const seen = attempt.run.state.files;
  return files.filter((file) => (seen.get(file.artifact_id) ?? 0) >= attempt.filesBefore);
}

function see(attempt: Attempt, file: StoredFile): void {
  if (seeFile(attempt.run.state, file.artifact_id)) {
    attempt.foundFiles.push(file.artifact_id);
  }
}

function loopBody(attempt: Attempt, runChild: RunChild): LoopBody {
  const { run, visit } = attempt;
  return {
    iteration(iteration) {
      const filesBefore = run.state.files.size;
      const path = (label: string) => `${visit.path}[${iteration.index}]/${label}`;
      return {
        path,
        run(block, parentPath) {
          const child = { path: path(block.label), block, parentPath, iteration };
          return beneath(attempt, () => runChild(run, child, filesBefore));
        },
      };
    },
    scope: () => blockScope(run, visit, attempt.capabilities.clock.now()),
    setContextParameters(sourceKey, item) {
      for (const parameter of run.definition.parameters) {
        if (parameter.parameter_type === 'context' && contextSource(parameter) === sourceKey) {
          run.state.parameters[parameter.key] = contextItem(parameter.key, item);
        }
      }
    },
    async progress(output) {
      if (run.state.live) {
        await beneath(attempt, () => run.environment.journal.progress(visit, output));
      }
    },
  };
}

function contextItem(key: string, item: JsonValue): JsonValue {
  if (!isJsonObject(item)) {
    return item;
  }
  const value = item[key];
  if (value === undefined) {
    throw new BlockFailure(
      `Could not find a value for the context parameter ${key}: the loop's item has only ${Object.keys(item).join(', ')}`,
    );
  }
  return value;
}

/** Keeps notes of a visit beside those that it has. */
export async function note(attempt: Attempt, notes: JsonObject): Promise<void> {
  attempt.notes = { ...attempt.notes, ...notes };
  await attempt.run.environment.journal.note(attempt.visit, attempt.notes);
}

/** Does what is not the block's own work: its failure is no failure of the block. */
async function beneath<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    attempt.broken = { error };
    throw error;
  }
}
