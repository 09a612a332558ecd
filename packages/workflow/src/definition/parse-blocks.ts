import { z } from 'zod';
import type { BlockType } from '../blocks/block.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { GraphBlock } from './graph.ts';
import { wrongTag } from './issue-messages.ts';
import { toIssues, valueError, withInput } from './issues.ts';
import { laxBoolean, optional, readLaxly } from './lax.ts';
import { limits } from './limits.ts';
import { type NamedParameter, namedParameters } from './named-parameters.ts';
import { payloadProblems } from './payload-templates.ts';
import type { Problems } from './problems.ts';
import type { RequestBlock } from './request.ts';
import { structureProblems } from './structure.ts';

type Path = readonly (string | number)[];

/** What the checks across blocks read; also made of blocks that have problems of their own. */
export interface BlockOutline extends GraphBlock {
  readonly loc: Path;
  readonly parameterKeys: readonly string[];
  /** Parameters that fields of their own name. */
  readonly named: readonly NamedParameter[];
  readonly inner: readonly BlockOutline[];
}

export interface ParsedBlocks {
  readonly blocks: readonly RequestBlock[];
  /** Blocks that have a label, in list order. */
  readonly outlines: readonly BlockOutline[];
}

interface Parsing {
  readonly types: ReadonlyMap<string, BlockType>;
  readonly problems: Problems;
  count: number;
}

const commonFields = z.object({
  label: z.string(),
  next_block_label: optional(z.string()),
  continue_on_failure: laxBoolean.default(false),
  next_loop_on_failure: laxBoolean.default(false),
  model: optional(z.record(z.string(), z.unknown())),
  ignore_workflow_system_prompt: laxBoolean.default(false),
  // Lapwing's own: shown only where it was given, so that clients who know the reference alone see nothing new.
  retry_on_interruption: laxBoolean.optional(),
});
const commonNames: ReadonlySet<string> = new Set([
  'block_type',
  ...Object.keys(commonFields.shape),
]);

const loopFields = z.object({ loop_blocks: z.array(z.unknown()) });

/** Parses a list of blocks with all that they contain; adds every problem of every block. */
export function parseBlocks(
  items: readonly unknown[],
  loc: Path,
  types: ReadonlyMap<string, BlockType>,
  problems: Problems,
): ParsedBlocks {
  const parsing: Parsing = { types, problems, count: 0 };
  const parsed = parseList(items, { loc, depth: 0 }, parsing);
  if (parsing.count > limits.blocks) {
    const text = `a definition may have ${limits.blocks} blocks, those in loops included; split it into several workflows`;
    problems.add([valueError(loc, text)]);
  }
  return parsed;
}

interface Place {
  readonly loc: Path;
  readonly depth: number;
}

function parseList(items: readonly unknown[], place: Place, parsing: Parsing): ParsedBlocks {
  const blocks: RequestBlock[] = [];
  const outlines: BlockOutline[] = [];
  for (const [index, item] of items.entries()) {
    parsing.count += 1;
    if (parsing.count > limits.blocks) {
      break;
    }
    const parsed = parseBlock(item, { ...place, loc: [...place.loc, index] }, parsing);
    blocks.push(...parsed.blocks);
    outlines.push(...parsed.outlines);
  }
  return { blocks, outlines };
}

const nothing: ParsedBlocks = { blocks: [], outlines: [] };

/** One block, as a list of one; of none when it cannot be made out. */
function parseBlock(item: unknown, place: Place, parsing: Parsing): ParsedBlocks {
  const { problems } = parsing;
  if (!isJsonObject(item)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    problems.add([withInput({ type: 'model_attributes_type', loc: place.loc, msg }, item)]);
    return nothing;
  }
  const type = blockTypeOf(item, place, parsing);
  const common = commonFields.safeParse(item);
  if (!common.success) {
    const parsed = { value: item, schema: commonFields, loc: place.loc };
    problems.add(toIssues(common.error.issues, parsed));
  }
  if (type === null) {
    return { blocks: [], outlines: outline(item, place, { type: null, inner: [] }) };
  }
  const own = readLaxly(type.params, ownFields(item));
  const params = type.params.safeParse(own);
  if (!params.success) {
    const parsed = { value: own, schema: type.params, loc: place.loc };
    problems.add(toIssues(params.error.issues, parsed));
  }
  problems.add(structureProblems(item, place.loc));
  if (place.depth === 0) {
    problems.add(payloadProblems(item, place.loc));
  }
  const inner = type.loop === true ? parseBody(item, place, parsing) : null;
  const outlines = outline(item, place, { type, inner: inner?.outlines ?? [] });
  if (!common.success || !params.success) {
    return { blocks: [], outlines };
  }
  const block: RequestBlock = {
    block_type: type.type,
    ...common.data,
    parameter_keys: null,
    ...params.data,
    ...(inner === null ? {} : { loop_blocks: inner.blocks }),
  } as RequestBlock;
  return { blocks: [block], outlines };
}

function blockTypeOf(item: JsonObject, place: Place, parsing: Parsing): BlockType | null {
  const name = item.block_type;
  const type = typeof name === 'string' ? parsing.types.get(name) : undefined;
  if (type !== undefined) {
    return type;
  }
  const found = { present: name !== undefined, value: name };
  const message = wrongTag('block_type', found, [...parsing.types.keys()]);
  parsing.problems.add([withInput({ ...message, loc: place.loc }, name)]);
  return null;
}

/** The fields that the block type's own schema reads. */
function ownFields(item: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !commonNames.has(name)));
}

function parseBody(item: JsonObject, place: Place, parsing: Parsing): ParsedBlocks {
  const fields = loopFields.safeParse(item);
  if (!fields.success) {
    const parsed = { value: item, schema: loopFields, loc: place.loc };
    parsing.problems.add(toIssues(fields.error.issues, parsed));
    return nothing;
  }
  const loc = [...place.loc, 'loop_blocks'];
  if (place.depth + 1 > limits.loopDepth) {
    const text = `loops are nested more than ${limits.loopDepth} deep; move inner loops into workflows of their own`;
    parsing.problems.add([valueError(loc, text)]);
    return nothing;
  }
  return parseList(fields.data.loop_blocks, { loc, depth: place.depth + 1 }, parsing);
}

interface OutlineParts {
  readonly type: BlockType | null;
  readonly inner: readonly BlockOutline[];
}

function outline(item: JsonObject, place: Place, parts: OutlineParts): readonly BlockOutline[] {
  const { label, next_block_label: next } = item;
  if (typeof label !== 'string') {
    return parts.inner;
  }
  const { type } = parts;
  const names = type !== null && 'parameter_keys' in type.params.shape ? item.parameter_keys : [];
  return [
    {
      block_type: typeof item.block_type === 'string' ? item.block_type : '',
      label,
      next_block_label: typeof next === 'string' ? next : null,
      branch_conditions: branchesOf(item),
      loc: place.loc,
      parameterKeys: texts(names),
      named: type === null ? [] : namedParameters(item),
      inner: parts.inner,
    },
  ];
}

function branchesOf(item: JsonObject): readonly { next_block_label: string | null }[] {
  const branches = item.branch_conditions;
  return (Array.isArray(branches) ? branches : []).map((branch: unknown) => {
    const next = isJsonObject(branch) ? branch.next_block_label : null;
    return { next_block_label: typeof next === 'string' ? next : null };
  });
}

function texts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : []).filter((item) => typeof item === 'string');
}
