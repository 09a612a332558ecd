import { expect, test } from 'vitest';
import type { JsonValue } from '../json.ts';
import { fakeCode } from '../testing/capabilities.ts';
import { storedDefinition } from '../testing/definitions.ts';
import { runDefinition } from '../testing/run.ts';

const block = (label: string, code = '') => ({ block_type: 'code', label, code });

/** Runs blocks whose code names values to return, and gives what the template of the last one rendered to. */
async function rendered(
  template: string,
  options: { values?: readonly JsonValue[]; parameters?: Record<string, JsonValue> } = {},
) {
  const { values = [], parameters = {} } = options;
  const code = fakeCode((_, count) => ({ kind: 'returned', value: values[count - 1] ?? null }));
  const blocks = [...values.map((_, index) => block(`b${index}`)), block('last', template)];
  await runDefinition(storedDefinition(blocks), { capabilities: { code }, parameters });
  return code.requests.at(-1)?.code;
}

test.each([
  ['{{ workflow_title }}', 'Test workflow'],
  ['{{ workflow_id }} {{ workflow_permanent_id }} {{ workflow_run_id }}', 'w_1 wpid_1 wr_1'],
  ['{{ current_date }}', '2025-01-02'],
  ['[{{ browser_session_id }}]', '[]'],
  ['{{ city }}', 'Bonn'],
  ['{{ current_index is defined }}', 'False'],
])('%s is %s', async (template, text) => {
  expect(await rendered(template, { parameters: { city: 'Bonn' } })).toBe(text);
});

test('an output goes by its key and by its label, where extracted information has an alias', async () => {
  const values = [{ extracted_information: { n: 1 } }];
  const template =
    '{{ b0_output.extracted_information.n }} {{ b0.output.n }} {{ b0_output.output is defined }}';
  expect(await rendered(template, { values })).toBe('1 1 False');
});

test('the summary joins what the blocks say of themselves', async () => {
  const values = [
    {
      status: 'completed',
      extracted_information: { a: 1, b: 1 },
      downloaded_files: [{ filename: 'x' }],
      failure_reason: null,
    },
    { extracted_information: { b: 2 }, errors: [{ error_code: 'E' }], failure_reason: 'first' },
    { status: 'failed', failure_reason: 'second' },
    'text',
  ];
  expect(
    JSON.parse((await rendered('{{ workflow_run_summary | tojson }}', { values })) ?? ''),
  ).toEqual({
    workflow_run_id: 'wr_1',
    status: 'failed',
    output: { extracted_information: { a: 1, b: 2 } },
    downloaded_files: [{ filename: 'x' }],
    errors: [{ error_code: 'E' }],
    failure_reason: 'first',
  });
  expect(await rendered('{{ workflow_run_outputs.b3 }}', { values })).toBe('text');
});

test('a label that is recorded again keeps its old keys, and knows its iteration', async () => {
  const code = fakeCode((_, count) => ({ kind: 'returned', value: { [`k${count}`]: count } }));
  const loop = {
    block_type: 'for_loop',
    label: 'each',
    loop_variable_reference: '["x", "y", "z"]',
    loop_blocks: [block('a', '{{ a | tojson }}')],
  };
  await runDefinition(storedDefinition([loop]), { capabilities: { code } });
  expect(JSON.parse(code.requests[2]?.code ?? '')).toEqual({
    k1: 1,
    k2: 2,
    current_index: 2,
    current_value: 'z',
    current_item: 'z',
  });
});

function contextParameter(key: string, source: string) {
  return {
    parameter_type: 'context',
    key,
    description: null,
    source: { parameter_type: 'output', key: source },
    value: null,
  };
}

test.each<[JsonValue, string]>([
  [{ id: 5 }, '5'],
  [{ other: 5 }, 'None'],
  [{ extracted_information: { id: 6 } }, '6'],
  [{ extracted_information: [7] }, '[7]'],
  [{ task_id: 't', status: 'failed', extracted_information: { id: 6 } }, ''],
  ['text', 'text'],
])('a context parameter takes %j as %j', async (value, text) => {
  const code = fakeCode(() => ({ kind: 'returned', value }));
  const definition = storedDefinition([block('look'), block('last', '{{ id }}')], {
    parameters: [contextParameter('id', 'look_output')],
  });
  await runDefinition(definition, { capabilities: { code } });
  expect(code.requests[1]?.code).toBe(text);
});

test('a context parameter of a parameter has its value from the start', async () => {
  const code = fakeCode(() => ({ kind: 'returned', value: null }));
  const definition = storedDefinition([block('look', '{{ id }}')], {
    parameters: [contextParameter('id', 'given')],
  });
  await runDefinition(definition, { capabilities: { code }, parameters: { given: 'x' } });
  expect(code.requests[0]?.code).toBe('x');
});
