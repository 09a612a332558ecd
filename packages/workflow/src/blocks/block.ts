import type { z } from 'zod';
import type { Capabilities, CapabilityName } from '../capabilities/index.ts';
import type { BlockOutcome, BlockVisit } from '../interpreter/journal.ts';
import type { JsonObject, JsonValue } from '../json.ts';

/**
 * What running a block twice would do (design decision 4). `none`: nothing. `page`: it acts on the browser's page.
 * `external`: it changes the world (a POST, an e-mail), and is never repeated blindly.
 */
export type BlockEffect = 'none' | 'page' | 'external';

/** How a field is rendered before the block runs: as text, or as JSON whose strings are templates (blocks.md §3.3). */
export type RenderMode = 'text' | 'json';

/** What a block is handed while it runs. */
export interface BlockContext extends Capabilities {
  readonly runId: string;
  readonly visit: BlockVisit;
  readonly signal: AbortSignal;
  /** Names that templates and expressions of this block see (blocks.md §3.2). */
  readonly scope: Readonly<Record<string, unknown>>;
  /** Values of the parameters that the block names (`parameter_keys`), by key. */
  readonly variables: Readonly<Record<string, JsonValue>>;
  /** Decisions noted by an interrupted life of this visit. */
  readonly notes: JsonObject;
  note(notes: JsonObject): Promise<void>;
  newId(prefix: string): string;
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
   * The block's own fields as a request writes them (common fields are added by the definition). Checked when the
   * definition is saved, templates unrendered, and again with the rendered values when the block runs.
   */
  readonly params: P;
  /** The fields that are rendered before the block runs. */
  readonly rendered: Readonly<Partial<Record<keyof z.output<P> & string, RenderMode>>>;
  run(ctx: BlockContext, params: z.output<P>): Promise<BlockResult>;
}
