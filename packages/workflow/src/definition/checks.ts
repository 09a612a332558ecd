import { buildGraph, GraphError } from './graph.ts';
import { valueError } from './issues.ts';
import { limits } from './limits.ts';
import { listed, nameProblem, outputKey, quoted, reservedKeys } from './names.ts';
import type { BlockOutline } from './parse-blocks.ts';
import type { ParameterOutline } from './parse-parameters.ts';
import type { Problems } from './problems.ts';

type Path = readonly (string | number)[];

/** All that the rules across a definition need to know of it. */
export interface DefinitionOutline {
  /** Where `workflow_definition` stands. */
  readonly loc: Path;
  /** As given; null when it is to be computed. */
  readonly version: number | null;
  readonly finallyLabel: string | null;
  readonly parameters: readonly ParameterOutline[];
  readonly blocks: readonly BlockOutline[];
}

/** The version that a definition without one gets (blocks.md §1.3); only top-level blocks decide. */
export function versionOf(blocks: readonly BlockOutline[]): 1 | 2 {
  return blocks.some(usesGraph) ? 2 : 1;
}

function usesGraph(block: BlockOutline): boolean {
  return block.block_type === 'conditional' || (block.next_block_label ?? null) !== null;
}

/** The rules of blocks.md §1.4 that look at more than one block or parameter. */
export function checkDefinition(definition: DefinitionOutline, problems: Problems): void {
  const blocks = withInner(definition.blocks);
  const unique = checkLabels(blocks, problems);
  checkFinally(definition, problems);
  checkParameterKeys(definition, blocks, problems);
  checkSources(definition, blocks, problems);
  checkReferences(definition, blocks, problems);
  checkOrder(definition, unique, problems);
}

function withInner(blocks: readonly BlockOutline[]): readonly BlockOutline[] {
  const all: BlockOutline[] = [];
  const visit = (list: readonly BlockOutline[]) => {
    for (const block of list) {
      all.push(block);
      visit(block.inner);
    }
  };
  visit(blocks);
  return all;
}

/** Says whether every label stands for one block. */
function checkLabels(blocks: readonly BlockOutline[], problems: Problems): boolean {
  const seen = new Set<string>();
  let unique = true;
  for (const { label, loc } of blocks) {
    const place = [...loc, 'label'];
    const problem = nameProblem(label);
    if (problem !== null) {
      problems.add([valueError(place, `block label ${quoted(label)} ${problem}`, label)]);
    }
    if (seen.has(label)) {
      unique = false;
      const text = `block label ${quoted(label)} is used more than once; every block needs its own, those in loops too`;
      problems.add([valueError(place, text, label)]);
    }
    seen.add(label);
  }
  return unique;
}

function checkFinally(definition: DefinitionOutline, problems: Problems): void {
  const { finallyLabel, blocks, loc } = definition;
  if (finallyLabel === null) {
    return;
  }
  const block = blocks.find(({ label }) => label === finallyLabel);
  if (block === undefined) {
    const text = `finally_block_label ${quoted(finallyLabel)} is not the label of a top-level block; use one of those or null`;
    problems.add([valueError([...loc, 'finally_block_label'], text, finallyLabel)]);
  } else if ((block.next_block_label ?? null) !== null) {
    const text = `finally block ${quoted(finallyLabel)} runs last and cannot have a next_block_label (${quoted(block.next_block_label)}); set it to null`;
    problems.add([valueError([...block.loc, 'next_block_label'], text, block.next_block_label)]);
  }
}

function checkParameterKeys(
  definition: DefinitionOutline,
  blocks: readonly BlockOutline[],
  problems: Problems,
): void {
  const outputs = new Map(blocks.map(({ label }) => [outputKey(label), label]));
  const seen = new Set<string>();
  for (const { key, loc } of definition.parameters) {
    for (const text of keyProblems(key, outputs.get(key), seen.has(key))) {
      problems.add([valueError([...loc, 'key'], `parameter key ${quoted(key)} ${text}`, key)]);
    }
    seen.add(key);
  }
}

function keyProblems(
  key: string,
  ownerLabel: string | undefined,
  repeated: boolean,
): readonly string[] {
  const texts: string[] = [];
  if (/\s/.test(key)) {
    texts.push('contains whitespace; use underscores');
  } else {
    texts.push(...[nameProblem(key)].filter((problem) => problem !== null));
  }
  if (repeated) {
    texts.push('is declared more than once; rename or remove one');
  }
  if (reservedKeys.has(key)) {
    texts.push('is reserved for a value that every run has; choose another');
  }
  if (ownerLabel !== undefined) {
    texts.push(`is reserved for the output of block ${quoted(ownerLabel)}; choose another`);
  }
  return texts;
}

function checkSources(
  definition: DefinitionOutline,
  blocks: readonly BlockOutline[],
  problems: Problems,
): void {
  const known = knownKeys(definition, blocks);
  const sources = new Map(definition.parameters.map(({ key, sourceKey }) => [key, sourceKey]));
  for (const { key, loc, sourceKey } of definition.parameters) {
    if (sourceKey === null) {
      continue;
    }
    const place = [...loc, 'source_parameter_key'];
    if (!known.has(sourceKey)) {
      const text = `context parameter ${quoted(key)} takes its value from ${quoted(sourceKey)}, which is no parameter; declare it or name another`;
      problems.add([valueError(place, text, sourceKey)]);
    } else if (chainLength(key, sources) > limits.contextChain) {
      const text = `context parameter ${quoted(key)} hangs on a circle, or on more than ${limits.contextChain} context parameters in a row; take the value from its first source`;
      problems.add([valueError(place, text, sourceKey)]);
    }
  }
}

function chainLength(key: string, sources: ReadonlyMap<string, string | null>): number {
  let length = 0;
  let at: string | null = key;
  while (at !== null && length <= limits.contextChain) {
    at = sources.get(at) ?? null;
    length += 1;
  }
  return length;
}

function knownKeys(
  definition: DefinitionOutline,
  blocks: readonly BlockOutline[],
): ReadonlySet<string> {
  return new Set([
    ...definition.parameters.map(({ key }) => key),
    ...blocks.map(({ label }) => outputKey(label)),
  ]);
}

function checkReferences(
  definition: DefinitionOutline,
  blocks: readonly BlockOutline[],
  problems: Problems,
): void {
  const known = knownKeys(definition, blocks);
  for (const { label, loc, parameterKeys, named } of blocks) {
    const missing = [...new Set(parameterKeys)].filter((key) => !known.has(key));
    if (missing.length > 0) {
      const text = `block ${quoted(label)} names undefined parameters: ${listed(missing)}; declare them or remove them from its parameter_keys`;
      problems.add([valueError([...loc, 'parameter_keys'], text)]);
    }
    for (const { field, key } of named.filter(({ key }) => !known.has(key))) {
      const text = `block ${quoted(label)} names the undefined parameter ${quoted(key)}; declare it or clear the field`;
      problems.add([valueError([...loc, field], text, key)]);
    }
  }
}

function checkOrder(definition: DefinitionOutline, unique: boolean, problems: Problems): void {
  const { blocks, version, finallyLabel, loc } = definition;
  if (version !== null && version < 2) {
    for (const block of blocks.filter(usesGraph)) {
      const what =
        block.block_type === 'conditional' ? 'is a conditional' : 'has a next_block_label';
      const text = `block ${quoted(block.label)} ${what}, which version ${version} does not know; set version to 2 or leave it out`;
      problems.add([valueError([...loc, 'version'], text, version)]);
    }
    return;
  }
  if (!unique) {
    return;
  }
  try {
    buildGraph(blocks, { place: 'top', version: version ?? versionOf(blocks), finallyLabel });
  } catch (error) {
    if (!(error instanceof GraphError)) {
      throw error;
    }
    problems.add([valueError([...loc, 'blocks'], error.message)]);
  }
}
