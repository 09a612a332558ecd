import fc, { type Arbitrary } from 'fast-check';
import { dump } from 'js-yaml';
import { z } from 'zod';
import { parameterKinds } from '../../packages/workflow/src/definition/parameter-kinds.ts';
import { blockTypes } from '../../packages/workflow/src/index.ts';
import { fitting, hostileText, type JsonSchema, mutated } from './fuzz-values.ts';

type Json = Readonly<Record<string, unknown>>;

const schemaOf = (schema: z.ZodType) =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

const text = fc.constantFrom('a', 'b', 'c');

/** A block of every type of the registry with fields that fit; loops hold some. Labels and links are put in later. */
const block: Arbitrary<Json> = fc.letrec<{ block: Json }>((tie) => ({
  block: fc.oneof(
    { depthSize: 'small' },
    ...blockTypes.map((type) =>
      fc
        .record({
          fields: fitting(schemaOf(type.params)),
          continue_on_failure: fc.boolean(),
          next_loop_on_failure: fc.boolean(),
          inner: type.loop === true ? fc.array(tie('block'), { maxLength: 3 }) : fc.constant(null),
        })
        .map(({ fields, inner, ...common }) => ({
          ...(fields as Json),
          ...common,
          block_type: type.type,
          ...(inner !== null && { loop_blocks: inner }),
        })),
    ),
  ),
})).block;

const parameter: Arbitrary<Json> = fc.oneof(
  ...[...parameterKinds].map(([name, { fields }]) =>
    fitting(schemaOf(fields)).map((own) => ({ ...(own as Json), parameter_type: name })),
  ),
);

/** Declared in every definition, for blocks to name. */
const named = ['a', 'b', 'c', 'items'].map((key) => ({
  parameter_type: 'workflow',
  workflow_parameter_type: key === 'items' ? 'json' : 'string',
  key,
  default_value: key === 'items' ? '[1, {"a": 2}, null]' : key,
}));

/** Gives blocks a label each, and fields that name something a name that is there. */
function labelled(blocks: readonly Json[], prefix: string): Json[] {
  return blocks.map((fields, index) => {
    const label = `${prefix}${index}`;
    const names = Object.keys(fields).filter((name) => name.endsWith('_parameter_key'));
    return {
      ...fields,
      ...Object.fromEntries(names.map((name) => [name, name.startsWith('loop') ? 'items' : 'a'])),
      ...(Array.isArray(fields.parameter_keys) && { parameter_keys: ['a', 'items'] }),
      ...(Array.isArray(fields.loop_blocks) && {
        loop_blocks: labelled(fields.loop_blocks, `${label}_`),
      }),
      ...('wait_sec' in fields && { wait_sec: 1 }),
      label,
    };
  });
}

/** Version 2: each block leads to the next one, and each branch too. */
function linked(blocks: readonly Json[]): Json[] {
  return blocks.map((fields, index) => {
    const next = blocks[index + 1]?.label ?? null;
    const expressions = [
      '{{ a }}',
      '{{ items | length > 2 }}',
      '{{ missing.name }}',
      '{{ 1 / 0 }}',
    ];
    const branches = expressions.map((expression) => ({
      criteria: { expression },
      next_block_label: next,
    }));
    return {
      ...fields,
      ...(Array.isArray(fields.loop_blocks) && { loop_blocks: linked(fields.loop_blocks) }),
      ...(fields.block_type === 'conditional'
        ? { branch_conditions: [...branches, { is_default: true, next_block_label: next }] }
        : { next_block_label: next }),
    };
  });
}

const hasConditional = (blocks: readonly Json[]): boolean =>
  blocks.some(
    (fields) =>
      fields.block_type === 'conditional' ||
      (Array.isArray(fields.loop_blocks) && hasConditional(fields.loop_blocks)),
  );

/** Definitions of which most are accepted. */
const right: Arbitrary<unknown> = fc
  .record({
    blocks: fc.array(block, { minLength: 1, maxLength: 4 }).map((all) => labelled(all, 'b')),
    parameters: fc.option(parameter, { freq: 1 }),
    version: fc.constantFrom(1, 2),
    title: text,
  })
  .map(({ blocks, parameters, version, title }) => {
    const links = version === 2 || hasConditional(blocks);
    return {
      title,
      workflow_definition: {
        version: links ? 2 : 1,
        parameters: [...named, ...(parameters === null ? [] : [{ ...parameters, key: 'more' }])],
        blocks: links ? linked(blocks) : blocks,
      },
    };
  });

export const definition: Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: right },
  { weight: 2, arbitrary: mutated(right) },
  { weight: 1, arbitrary: mutated(mutated(mutated(right))) },
);

/** A text that a change of some characters has broken, as a rule. */
function broken(text: Arbitrary<string>): Arbitrary<string> {
  return fc
    .tuple(text, fc.nat(), fc.nat({ max: 12 }), hostileText)
    .map(([whole, at, length, put]) => {
      const place = at % (whole.length + 1);
      return whole.slice(0, place) + put + whole.slice(place + length);
    });
}

/** Bombs of aliases, and what else YAML has that JSON has not. */
const yamlTricks: readonly string[] = [
  `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'.replaceAll(/./g, (name) => `${name}: &${name} [${`*${String.fromCharCode(name.charCodeAt(0) - 1)},`.repeat(9)}]\n`)}title: bomb\nworkflow_definition: {parameters: [], blocks: *j}\n`,
  'title: &t {a: *t}\nworkflow_definition: {parameters: [], blocks: []}\n',
  'title: !!js/function "function () {}"\nworkflow_definition: {parameters: [], blocks: []}\n',
  'title: !!binary AAAA\nworkflow_definition: {parameters: [], blocks: []}\n',
  'title: .nan\nworkflow_definition: {parameters: [], blocks: [], version: .inf}\n',
  '? [a, b]\n: c\ntitle: t\nworkflow_definition: {parameters: [], blocks: []}\n',
  '__proto__: {polluted: true}\ntitle: t\nworkflow_definition: {parameters: [], blocks: []}\n',
  '<<: {<<: {title: t}}\nworkflow_definition: {parameters: [], blocks: []}\n',
  'title: t\n---\ntitle: u\n',
  '%YAML 9.9\n---\ntitle: t\n',
  `title: t\nworkflow_definition: ${'{a: '.repeat(5_000)}1${'}'.repeat(5_000)}\n`,
  `title: t\nworkflow_definition:\n${Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth + 1)}a:`).join('\n')}\n`,
  `title: ${'"\\u0000'.repeat(1_000)}"\n`,
  '\ufefftitle: t\nworkflow_definition: {parameters: [], blocks: []}\n',
];

const writtenYaml = definition.map((document) => dump(document, { skipInvalid: true }));

/** The same definitions as YAML, and texts that are YAML no more. */
export const yamlText: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: writtenYaml },
  { weight: 3, arbitrary: broken(writtenYaml) },
  { weight: 1, arbitrary: fc.constantFrom(...yamlTricks) },
);

/** JSON texts, most of them broken. */
export const jsonText = (value: Arbitrary<unknown>): Arbitrary<string> =>
  fc.oneof(
    broken(value.map((item) => JSON.stringify(item) ?? '')),
    fc.constantFrom(
      'NaN',
      '{"a":NaN}',
      '[1e999]',
      '{"a":1,}',
      '',
      '\ufeff{}',
      '['.repeat(50_000),
      '"\\ud800"',
    ),
  );
