import { describe, expect, it } from 'vitest';
import { blockTypeByName } from '../blocks/registry.ts';
import { choice, type Json, loop, otherwise, text, wait, when } from './testing/documents.ts';
import { store } from './testing/stored.ts';

const times = {
  created_at: '2026-01-02T03:04:05.000000',
  modified_at: '2026-01-02T03:04:05.000000',
  deleted_at: null,
};
const code = (label: string, keys: string[] | null): Json => ({
  block_type: 'code',
  label,
  code: 'return 1',
  parameter_keys: keys,
});

describe('a stored definition', () => {
  it('has an output parameter for every block, those in loops too', () => {
    const stored = store({ blocks: [loop('each', [wait('a')]), wait('b')] });
    expect(stored.parameters.map(({ key }) => key)).toEqual([
      'each_output',
      'a_output',
      'b_output',
    ]);
    expect(stored.blocks[1]?.output_parameter).toEqual({
      parameter_type: 'output',
      key: 'b_output',
      description: 'Output parameter for block b',
      output_parameter_id: 'op_3',
      workflow_id: 'w_1',
      ...times,
    });
    expect(stored.blocks[0]?.loop_blocks?.[0]?.output_parameter.key).toBe('a_output');
  });

  it('gives declared parameters ids and times, and converted defaults', () => {
    const json = {
      parameter_type: 'workflow',
      workflow_parameter_type: 'json',
      key: 'list',
      default_value: '[1, 2]',
    };
    expect(store({ parameters: [json, text('name')] }).parameters).toEqual([
      {
        ...json,
        description: null,
        default_value: [1, 2],
        workflow_parameter_id: 'wp_1',
        workflow_id: 'w_1',
        ...times,
      },
      expect.objectContaining({ key: 'name', default_value: null, workflow_parameter_id: 'wp_2' }),
    ]);
  });

  it('holds the source of a context parameter in full, wherever that is declared', () => {
    const context = (key: string, source: string) => ({
      parameter_type: 'context',
      key,
      source_parameter_key: source,
    });
    const parameters = [
      context('b', 'a'),
      context('a', 'name'),
      text('name'),
      context('c', 'w_output'),
    ];
    const stored = store({ parameters, blocks: [wait('w')] });
    const [b, a, name, c] = stored.parameters;
    expect(a).toMatchObject({ source: name, value: null, source_parameter_key: 'name' });
    expect(b).toMatchObject({ source: a });
    expect(c).toMatchObject({ source: stored.blocks[0]?.output_parameter });
  });

  it('holds the parameters of a block in full in place of its parameter_keys', () => {
    const blocks = [wait('w'), code('c', ['name', 'w_output', 'name']), code('d', null)];
    const stored = store({ parameters: [text('name')], blocks });
    expect(stored.blocks[1]?.parameters).toEqual([
      stored.parameters[0],
      stored.blocks[0]?.output_parameter,
    ]);
    expect(stored.blocks[1]).not.toHaveProperty('parameter_keys');
    expect(stored.blocks[2]?.parameters).toEqual([]);
  });

  it('shows the parameter that a loop runs over beside its key', () => {
    const over = { loop_variable_reference: null, loop_over_parameter_key: 'name' };
    const stored = store({
      parameters: [text('name')],
      blocks: [loop('a', [], over), loop('b', [])],
    });
    expect(stored.blocks[0]).toMatchObject({ ...over, loop_over: stored.parameters[0] });
    expect(stored.blocks[1]).toMatchObject({ loop_over: null, loop_variable_reference: '[1]' });
  });

  it('gives branches an id and all their fields', () => {
    const blocks = [choice('if', [when('{{ 1 }}', 'a'), otherwise()]), wait('a')];
    expect(store({ blocks }).blocks[0]?.branch_conditions).toEqual([
      {
        id: expect.stringMatching(/^uuid-/),
        criteria: { criteria_type: 'jinja2_template', expression: '{{ 1 }}', description: null },
        next_block_label: 'a',
        description: null,
        is_default: false,
      },
      {
        id: expect.stringMatching(/^uuid-/),
        criteria: null,
        next_block_label: null,
        description: null,
        is_default: true,
      },
    ]);
  });

  it('keeps the fields of the definition', () => {
    const definition = {
      blocks: [wait('a'), wait('end')],
      finally_block_label: 'end',
      error_code_mapping: { GONE: 'nothing there' },
      workflow_system_prompt: 'Be brief.',
      completion_contract: { goal: 1 },
    };
    const { blocks, ...fields } = definition;
    expect(store(definition)).toMatchObject({ version: 1, ...fields });
  });

  it('shows what the reference shows for a browser block', () => {
    const stored = store({ blocks: [{ block_type: 'goto_url', label: 'a', url: 'x.example' }] });
    expect(stored.blocks[0]).toMatchObject({
      url: 'x.example',
      engine: 'skyvern-1.0',
      disable_cache: false,
      max_retries: 0,
    });
  });

  it('holds blocks that the schema of their type still reads', () => {
    const stored = store({
      parameters: [text('name')],
      blocks: [
        { ...choice('if', [when('{{ 1 }}', 'c')]) },
        code('c', ['name']),
        {
          block_type: 'while_loop',
          label: 'w',
          condition: { expression: '{{ x }}' },
          loop_blocks: [wait('a')],
        },
      ].map((block, index) => ({ ...block, next_block_label: ['c', 'w', null][index] })),
    });
    // The interpreter hands over all fields but `parameters`, which requests write as `parameter_keys`.
    const read = stored.blocks.map(({ parameters: _, ...block }) => {
      return blockTypeByName.get(block.block_type)?.params.safeParse(block).success;
    });
    expect(read).toEqual([true, true, true]);
  });
});
