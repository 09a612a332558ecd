import type { z } from 'zod';
import type { StoredFile } from '../capabilities/files.ts';
import type { Capabilities, CapabilityName } from '../capabilities/index.ts';
import type { BlockOutcome, BlockVisit } from '../interpreter/journal.ts';
import type { LoopBody } from '../interpreter/loop-body.ts';
import type { RunSecrets } from '../interpreter/secrets.ts';
import type { JsonObject, JsonValue } from '../json.ts';

/**
 * What running a block twice would do (design decision 4). `none`: nothing. `page`: it acts on the browser's page.
 * `external`: it changes the world (a POST, an e-mail), and is never repeated blindly.
 */
export type BlockEffect = 'none' | 'page' | 'external';

/**
 * How a field is rendered before the block runs (blocks.md §3.1, §3.3). `text`: as one template. `json`: every string in
 * it is a template, keys included, `{{ value | json }}` keeps its type, and objects print as JSON. `cells`: as one
 * template that prints objects as JSON and null as nothing, and raises for what is not there.
 */
export type RenderMode = 'text' | 'json' | 'cells';

/** What a block is handed while it runs. */
export interface BlockContext extends Capabilities {
  readonly runId: string;
  readonly visit: BlockVisit;
  readonly signal: AbortSignal;
  /** Names that templates and expressions of this block see (blocks.md §3.2). */
  readonly scope: Readonly<Record<string, unknown>>;
  /** Values of the parameters that the block names (`parameter_keys`), by key. */
  readonly variables: Readonly<Record<string, JsonValue>>;
  /** The workflow's `error_code_mapping`, unrendered; the block's own goes over it. */
  readonly errorCodes: Readonly<Record<string, string>>;
  readonly secrets: RunSecrets;
  /** Artifact ids of the run's screenshots that outputs have named so far, oldest first. */
  readonly screenshots: readonly string[];
  /** Decisions noted by an interrupted life of this visit. */
  readonly notes: JsonObject;
  /** Keeps decisions beside those noted before; durable before it resolves. */
  note(notes: JsonObject): Promise<void>;
  newId(prefix: string): string;
  /**
   * The value of a parameter or a recorded output by its key: some fields name one without braces (blocks.md §3.4).
   * Undefined for an unknown key.
   */
  value(key: string): JsonValue | undefined;
  /** Files of the run that are new since the block began, or since its loop's iteration began; oldest first. */
  newFiles(): Promise<readonly StoredFile[]>;
  /** The blocks inside this one: only loops have any. */
  readonly body: LoopBody;
}

/** An outcome as a block writes it: what it leaves out is empty. */
export type BlockResult = Pick<BlockOutcome, 'status'> & Partial<BlockOutcome>;

/** One entry of the table of block types: a file, its test, and a line in the registry. */
export interface BlockType<P extends z.ZodObject = z.ZodObject> {
  /** The wire's `block_type`. */
  readonly type: string;
  readonly summary: string;
  readonly needs: readonly CapabilityName[];
  readonly effect: BlockEffect;
  /**
   * `family`: the block is one agent task and its output is a TaskOutput (blocks.md §4.2). `container`: a task is counted
   * for what it does on the page (`code`). Absent: no task.
   */
  readonly task?: 'family' | 'container';
  /** Set on blocks that run other blocks. */
  readonly loop?: true;
  /** The text for an exception that nobody expected, in place of "Unexpected error: …". */
  readonly crashText?: string;
  /**
   * The block's own fields as a request writes them (common fields are added by the definition). Checked when the
   * definition is saved, templates unrendered, and again with the rendered values when the block runs.
   */
  readonly params: P;
  /**
   * Fields that a stored block shows though no request sets them, with their values (openapi.json: the schema of the
   * block). A field of `params` may stand here too: what `params` makes of it wins.
   */
  readonly stored?: JsonObject;
  /** The fields that are rendered before the block runs. */
  readonly rendered: Readonly<Partial<Record<keyof z.output<P> & string, RenderMode>>>;
  /** What is recorded when a field cannot be rendered; nothing unless given. */
  renderFailure?(reason: string): Pick<BlockResult, 'output' | 'errors'>;
  /** For `external` blocks: true when these parameters make a repetition harmless. */
  isIdempotent?(params: z.output<P>): boolean;
  run(ctx: BlockContext, params: z.output<P>): Promise<BlockResult>;
}

/** Names the parameter type of a block type from its schema. */
export function defineBlock<P extends z.ZodObject>(type: BlockType<P>): BlockType<P> {
  return type;
}
