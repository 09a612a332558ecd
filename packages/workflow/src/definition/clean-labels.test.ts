import { describe, expect, it } from 'vitest';
import { cleanLabels } from './clean-labels.ts';
import { define, type Json, loop, text, wait } from './testing/documents.ts';

const clean = (definition: Json, settings: Json = {}) =>
  cleanLabels(define(definition, settings)) as { workflow_definition: Json } & Json;

function labels(names: string[]): unknown[] {
  const { workflow_definition: definition } = clean({ blocks: names.map((name) => wait(name)) });
  return (definition.blocks as Json[]).map(({ label }) => label);
}

describe('labels and keys', () => {
  it.each([
    ['Open page!', 'Open_page'],
    ['a--b__c', 'a_b_c'],
    ['_x_', 'x'],
    ['1st', '_1st'],
    ['straße', 'stra_e'],
    ['!?', 'block'],
    ['', 'block'],
    ['fine_1', 'fine_1'],
  ])('turn %j into %s', (given, cleaned) => {
    expect(labels([given])).toEqual([cleaned]);
  });

  it('get numbers where they would collide; clean ones keep theirs', () => {
    expect(labels(['a b', 'a-b', 'a_b', 'a b'])).toEqual(['a_b_2', 'a_b_3', 'a_b', 'a_b_2']);
  });

  it('of parameters are cleaned by themselves', () => {
    const { workflow_definition: definition } = clean({
      parameters: [text('user name'), text('')],
      blocks: [wait('user name')],
    });
    expect(definition).toMatchObject({
      parameters: [{ key: 'user_name' }, { key: 'parameter' }],
      blocks: [{ label: 'user_name' }],
    });
  });

  it('are cleaned in loops', () => {
    const { workflow_definition: definition } = clean({ blocks: [loop('a b', [wait('c d')])] });
    expect(definition).toMatchObject({
      blocks: [{ label: 'a_b', loop_blocks: [{ label: 'c_d' }] }],
    });
  });

  it('that are clean leave the document as it is', () => {
    const document = define({ blocks: [wait('a')] });
    expect(cleanLabels(document)).toBe(document);
  });
});

describe('references', () => {
  /** The rewritten block, beside the blocks `get data` and `get-data` and the parameter `my key`. */
  function rewritten(fields: Json): Json | undefined {
    const { workflow_definition: definition } = clean({
      parameters: [
        text('my key'),
        { parameter_type: 'context', key: 'c', source_parameter_key: 'my key' },
      ],
      blocks: [wait('get data'), wait('get-more'), wait('last', fields)],
    });
    return (definition.blocks as Json[])[2];
  }

  it.each<[string, Json, Json]>([
    ['links', { next_block_label: 'get data' }, { next_block_label: 'get_data' }],
    [
      'branches',
      {
        branch_conditions: [
          { next_block_label: 'get-more', criteria: { expression: '{{ my key }}' } },
        ],
      },
      {
        branch_conditions: [
          { next_block_label: 'get_more', criteria: { expression: '{{ my_key }}' } },
        ],
      },
    ],
    [
      'parameter_keys',
      { parameter_keys: ['my key', 'get data_output', 'c'] },
      { parameter_keys: ['my_key', 'get_data_output', 'c'] },
    ],
    ['keys in full', { url: 'my key' }, { url: 'my_key' }],
    [
      'keys in lists',
      { recipients: ['my key', 'a@b.example'] },
      { recipients: ['my_key', 'a@b.example'] },
    ],
    [
      'templates',
      { title: '{{ my key }} of {{ get data_output.rows[0] }} my key' },
      { title: '{{ my_key }} of {{ get_data_output.rows[0] }} my key' },
    ],
    [
      'statements',
      { title: '{% if get-more %}x{% endif %}' },
      { title: '{% if get_more %}x{% endif %}' },
    ],
    [
      'templates deep in a field, and in its keys',
      { body: { '{{ my key }}': [{ b: '{{my key}}' }] } },
      { body: { '{{ my_key }}': [{ b: '{{my_key}}' }] } },
    ],
    [
      'expressions without braces',
      { loop_variable_reference: 'get-more_output.rows' },
      { loop_variable_reference: 'get_more_output.rows' },
    ],
  ])('are rewritten in %s', (_, fields, expected) => {
    expect(rewritten(fields)).toMatchObject(expected);
  });

  it.each([
    '{{ x.get-more }}',
    '{{ "my key" }}',
    '{{ budget-more }}',
    '{{ get-mores }}',
    'get-more',
    '{{ my key',
  ])('are not seen in %s', (template) => {
    expect(rewritten({ title: template })).toMatchObject({ title: template });
  });

  it('to names without a letter are left alone, they would be numbers or operators', () => {
    const { workflow_definition: definition } = clean({
      blocks: [wait('1'), wait('-'), wait('a', { title: '{{ 1 - x }} {{ 1_output }}' })],
    });
    expect(definition).toMatchObject({
      blocks: [{ label: '_1' }, { label: 'block' }, { title: '{{ 1 - x }} {{ _1_output }}' }],
    });
  });

  it('are rewritten in the definition and in the settings', () => {
    const cleaned = clean(
      {
        parameters: [
          text('my key'),
          { parameter_type: 'context', key: 'c', source_parameter_key: 'my key' },
        ],
        blocks: [wait('the end')],
        finally_block_label: 'the end',
        workflow_system_prompt: 'For {{ my key }}',
        error_code_mapping: { 'E_{{ my key }}': 'about {{ my key }}' },
      },
      { sequential_key: '{{ my key }}' },
    );
    expect(cleaned).toMatchObject({
      sequential_key: '{{ my_key }}',
      workflow_definition: {
        parameters: [{ key: 'my_key' }, { source_parameter_key: 'my_key' }],
        finally_block_label: 'the_end',
        workflow_system_prompt: 'For {{ my_key }}',
        error_code_mapping: { 'E_{{ my_key }}': 'about {{ my_key }}' },
      },
    });
  });
});

it.each([null, 'text', [[]], { workflow_definition: 7 }, { workflow_definition: { blocks: 1 } }])(
  'leaves %j to the parser',
  (document) => {
    expect(cleanLabels(document)).toBe(document);
  },
);
