import { readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { blockTypeByName } from '../blocks/registry.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { cleanLabels } from './clean-labels.ts';
import { parseWorkflowRequest } from './parse.ts';
import type { StoredBlock, StoredDefinition } from './stored.ts';
import { accept } from './testing/documents.ts';
import { expand } from './testing/stored.ts';

/** Real definition files with the status that the reference answers each with. */
const folder = new URL('./fixtures/reference/', import.meta.url);
const verdicts = JSON.parse(read('verdicts.json')) as Readonly<Record<string, number>>;
const files = readdirSync(folder).filter((name) => name !== 'verdicts.json');
const accepted = files.filter((name) => verdicts[name] === 200 && unknownTypes(name).length === 0);

/** Fields in these files that the reference does not know either: editors and tests left them there. */
const strayFields = new Set(['task_id', 'workflow_run_block_id', 'unknown_future_field']);

function read(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

function documentOf(name: string): JsonObject {
  const text = read(name);
  const document = name.endsWith('.yaml') ? cleanLabels(load(text)) : JSON.parse(text);
  return document as JsonObject;
}

function partsOf(name: string) {
  const { workflow_definition: definition, ...settings } = documentOf(name);
  const { blocks, parameters, ...rest } = definition as JsonObject;
  return { settings, rest, blocks: objects(blocks), parameters: objects(parameters) };
}

function objects(list: JsonValue | undefined): readonly JsonObject[] {
  return (Array.isArray(list) ? list : []).filter(isJsonObject);
}

function unknownTypes(name: string): readonly string[] {
  const typesOf = (blocks: readonly JsonObject[]): readonly string[] =>
    blocks.flatMap((block) => [String(block.block_type), ...typesOf(objects(block.loop_blocks))]);
  return typesOf(partsOf(name).blocks).filter((type) => !blockTypeByName.has(type));
}

function stored(name: string): StoredDefinition {
  return expand(accept(documentOf(name)).workflow_definition);
}

/** Pairs of what was sent and what came back, those in loops too. */
function pairs(
  sent: readonly JsonObject[],
  kept: readonly StoredBlock[],
): readonly (readonly [JsonObject, StoredBlock])[] {
  expect(kept.map(({ label }) => label)).toEqual(sent.map(({ label }) => label));
  return sent.flatMap((block, index) => {
    const found = kept[index] as StoredBlock;
    return [[block, found] as const, ...pairs(objects(block.loop_blocks), found.loop_blocks ?? [])];
  });
}

/** What a field comes back as: itself, unless the reference expands it. */
function expectField(name: string, value: JsonValue, block: StoredBlock): void {
  switch (name) {
    case 'loop_blocks':
      break;
    case 'parameter_keys':
      expect(block.parameters.map(({ key }) => key)).toEqual(value ?? []);
      break;
    case 'branch_conditions':
      expect(block.branch_conditions).toMatchObject(
        objects(value).map(({ id: _, ...branch }) => branch),
      );
      break;
    case 'condition':
      expect(block.condition).toEqual({ description: null, ...(value as JsonObject) });
      break;
    case 'llm_key':
      // None of the files has a template: a plain key names a model of another server and is dropped.
      expect(block.llm_key).toBeNull();
      break;
    default:
      expect(block[name], `${block.label}.${name}`).toEqual(value);
  }
}

describe('definition files of the reference', () => {
  it('are all there', () => {
    expect(files.toSorted()).toEqual(Object.keys(verdicts).toSorted());
    expect(files).toHaveLength(51);
  });

  it.each(files)('%s gets the verdict of the reference', (name) => {
    const parsed = parseWorkflowRequest(documentOf(name));
    const unknown = unknownTypes(name);
    if (unknown.length > 0) {
      expect(parsed.ok ? '' : parsed.issues.map(({ msg }) => msg).join()).toContain(unknown[0]);
      return;
    }
    expect(parsed.ok ? 200 : parsed.status).toBe(verdicts[name]);
  });
});

describe.each(accepted)('%s comes back', (name) => {
  it('with its settings', () => {
    const { settings, rest } = partsOf(name);
    expect(accept(documentOf(name))).toMatchObject(settings);
    const { code_artifact_metadata: _, ...known } = rest;
    expect(stored(name)).toMatchObject(known);
  });

  it('with its parameters, each with an id', () => {
    const { parameters } = partsOf(name);
    const declared = stored(name).parameters.filter(
      ({ parameter_type: type }) => type !== 'output',
    );
    expect(declared).toMatchObject(parameters);
    for (const parameter of declared) {
      expect(parameter).toHaveProperty('workflow_id', 'w_1');
    }
  });

  it('with its labels, types, links and fields', () => {
    for (const [sent, block] of pairs(partsOf(name).blocks, stored(name).blocks)) {
      expect(block.next_block_label).toBe(sent.next_block_label ?? null);
      expect(block.output_parameter.key).toBe(`${String(sent.label)}_output`);
      for (const [field, value] of Object.entries(sent)) {
        if (strayFields.has(field)) {
          expect(block).not.toHaveProperty(field);
        } else {
          expectField(field, value, block);
        }
      }
    }
  });
});
