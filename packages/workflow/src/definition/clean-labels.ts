import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { type CleanNames, cleanNames } from './clean-names.ts';
import { limits, tooLarge } from './limits.ts';
import { type NameRewriter, nameRewriter } from './template-names.ts';

/** Fields of blocks and parameters whose text may be the key of a parameter, without braces (blocks.md §3.4). */
const keyFields: ReadonlySet<string> = new Set([
  'parameter_keys',
  'source_parameter_key',
  'loop_over_parameter_key',
  'url_parameter_key',
  'smtp_host_secret_parameter_key',
  'smtp_port_secret_parameter_key',
  'smtp_username_secret_parameter_key',
  'smtp_password_secret_parameter_key',
  'url',
  'totp_identifier',
  'download_suffix',
  'file_url',
  'path',
  'recipients',
  'file_attachments',
  'body',
  'vault_id',
  'item_id',
  'vault_name',
  'credential_id',
  'bitwarden_collection_id',
  'bitwarden_item_id',
]);

const expressionFields: ReadonlySet<string> = new Set(['loop_variable_reference', 'expression']);

/**
 * Makes labels and parameter keys of a YAML document usable as names and rewrites what refers to them: the links
 * between blocks, lists of keys, and templates anywhere in the document (blocks.md §1.5). What is no definition, or too
 * large for one, comes back as it is, for the parser to refuse.
 */
export function cleanLabels(document: unknown): unknown {
  if (!isJsonObject(document) || tooLarge(document) !== null) {
    return document;
  }
  const definition = document.workflow_definition;
  if (!isJsonObject(definition)) {
    return document;
  }
  const [labels, keys] = [labelsOf(definition.blocks), keysOf(definition.parameters)];
  if (labels.length > limits.blocks || keys.length > limits.parameters) {
    return document;
  }
  const names = cleanNames(labels, keys);
  if (names.labels.size === 0 && names.keys.size === 0) {
    return document;
  }
  const rewriter = nameRewriter(new Map([...names.labels, ...names.keys]));
  const cleaning: Cleaning = { names, rewriter };
  try {
    return {
      ...rewriteFields(omit(document, 'workflow_definition'), rewriter),
      workflow_definition: cleanDefinition(definition, cleaning),
    };
  } catch (error) {
    if (error instanceof RangeError) {
      return document;
    }
    throw error;
  }
}

interface Cleaning {
  readonly names: CleanNames;
  readonly rewriter: NameRewriter;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function labelsOf(blocks: JsonValue | undefined): readonly string[] {
  return listOf(blocks).flatMap((block) => {
    if (!isJsonObject(block)) {
      return [];
    }
    const own = typeof block.label === 'string' ? [block.label] : [];
    return [...own, ...labelsOf(block.loop_blocks)];
  });
}

function keysOf(parameters: JsonValue | undefined): readonly string[] {
  return listOf(parameters).flatMap((parameter) =>
    isJsonObject(parameter) && typeof parameter.key === 'string' ? [parameter.key] : [],
  );
}

function omit(object: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

function cleanDefinition(definition: JsonObject, cleaning: Cleaning): JsonObject {
  const { names, rewriter } = cleaning;
  const rest = omit(definition, 'blocks', 'parameters', 'finally_block_label');
  const { blocks, parameters, finally_block_label: finallyLabel } = definition;
  return {
    ...rewriteFields(rest, rewriter),
    ...given(
      'parameters',
      mapList(parameters, (item) => cleanParameter(item, cleaning)),
    ),
    ...given(
      'blocks',
      mapList(blocks, (item) => cleanBlock(item, cleaning)),
    ),
    ...given('finally_block_label', renamed(finallyLabel, names.labels)),
  };
}

function mapList(
  value: JsonValue | undefined,
  map: (item: JsonValue) => JsonValue,
): JsonValue | undefined {
  return Array.isArray(value) ? value.map(map) : value;
}

function given(name: string, value: JsonValue | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

function cleanParameter(parameter: JsonValue, { names, rewriter }: Cleaning): JsonValue {
  if (!isJsonObject(parameter)) {
    return parameter;
  }
  return {
    ...rewriteFields(renamedKeys(parameter, names), rewriter),
    ...given('key', renamed(parameter.key, names.keys)),
  };
}

function cleanBlock(block: JsonValue, cleaning: Cleaning): JsonValue {
  if (!isJsonObject(block)) {
    return block;
  }
  const { names, rewriter } = cleaning;
  const { label, next_block_label: next, loop_blocks: inner, branch_conditions: branches } = block;
  const rest = omit(block, 'label', 'next_block_label', 'loop_blocks', 'branch_conditions');
  return {
    ...given('label', renamed(label, names.labels)),
    ...rewriteFields(renamedKeys(rest, names), rewriter),
    ...given('next_block_label', renamed(next, names.labels)),
    ...given(
      'loop_blocks',
      mapList(inner, (item) => cleanBlock(item, cleaning)),
    ),
    ...given(
      'branch_conditions',
      mapList(branches, (item) => cleanBranch(item, cleaning)),
    ),
  };
}

function cleanBranch(branch: JsonValue, { names, rewriter }: Cleaning): JsonValue {
  if (!isJsonObject(branch)) {
    return branch;
  }
  return {
    ...rewriteFields(omit(branch, 'next_block_label'), rewriter),
    ...given('next_block_label', renamed(branch.next_block_label, names.labels)),
  };
}

/** Fields that hold a key, or a list of keys, in full. */
function renamedKeys(fields: JsonObject, { keys }: CleanNames): JsonObject {
  const entries = Object.entries(fields).map(([name, value]): [string, JsonValue] => {
    if (!keyFields.has(name)) {
      return [name, value];
    }
    const items = mapList(value, (item) => renamed(item, keys) ?? item);
    return [name, renamed(items, keys) ?? value];
  });
  return Object.fromEntries(entries);
}

function renamed(
  value: JsonValue | undefined,
  names: ReadonlyMap<string, string>,
): JsonValue | undefined {
  return typeof value === 'string' ? (names.get(value) ?? value) : value;
}

/** Rewrites templates in every text of these fields, names of fields included. */
function rewriteFields(fields: JsonObject, rewriter: NameRewriter): JsonObject {
  const entries = Object.entries(fields).map(([name, value]): [string, JsonValue] => {
    const isExpression = expressionFields.has(name) && typeof value === 'string';
    const rewritten = isExpression ? rewriter.inExpression(value) : rewrite(value, rewriter);
    return [rewriter.inTemplate(name), rewritten];
  });
  return Object.fromEntries(entries);
}

function rewrite(value: JsonValue, rewriter: NameRewriter): JsonValue {
  if (typeof value === 'string') {
    return rewriter.inTemplate(value);
  }
  if (Array.isArray(value)) {
    return value.map((item) => rewrite(item, rewriter));
  }
  return isJsonObject(value) ? rewriteFields(value, rewriter) : value;
}
