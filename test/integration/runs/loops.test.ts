import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { runBlocks, timeline } from '../../support/runs.ts';

let lapwing: Lapwing;

beforeAll(async () => {
  lapwing = await startLapwing();
});
afterAll(() => lapwing.close());

const js = (label: string, code: string, fields: object = {}) => ({
  block_type: 'code',
  label,
  language: 'javascript',
  code,
  ...fields,
});
const python = (label: string, code: string, fields: object = {}) => ({
  block_type: 'code',
  label,
  code,
  ...fields,
});
const loop = (label: string, over: string, loop_blocks: object[], fields: object = {}) => ({
  block_type: 'for_loop',
  label,
  loop_variable_reference: over,
  loop_blocks,
  ...fields,
});
const graph = { definition: { version: 2 } };

it('runs its blocks for each value, and records every iteration', async () => {
  const run = await runBlocks(lapwing, [
    js('list', 'return { names: ["apple", "pear"] }'),
    loop('each', '{{ list_output.names }}', [
      python('shout', 'return "{{ current_value }}".upper() + str({{ current_index }})'),
    ]),
  ]);
  expect(run.status).toBe('completed');
  expect(run.output.each_output).toMatchObject([
    [{ loop_value: 'apple', output_parameter: { key: 'shout_output' }, output_value: 'APPLE0' }],
    [{ loop_value: 'pear', output_parameter: { key: 'shout_output' }, output_value: 'PEAR1' }],
  ]);
  expect(run.output.shout_output).toBe('PEAR1');
  expect(run.step_count).toBe(3);
});

it('shows loops, iterations and nested loops as a tree, newest first', async () => {
  const run = await runBlocks(lapwing, [
    js('list', 'return [[1, 2], [3]]'),
    loop('outer', 'list_output', [
      loop('inner', 'current_value', [python('leaf', 'return {{ current_value }} * 10')]),
    ]),
  ]);
  expect(run.status).toBe('completed');
  const items = await timeline(lapwing, run.run_id);
  expect(items.map(({ block }) => block.label)).toEqual(['outer', 'list']);
  const [outer] = items;
  expect(outer?.block).toMatchObject({ loop_values: [[1, 2], [3]], current_index: null });
  expect(outer?.children.map(({ block }) => [block.label, block.current_index])).toEqual([
    ['inner', 1],
    ['inner', 0],
  ]);
  const first = outer?.children[1];
  expect(first?.block).toMatchObject({
    current_value: '[1, 2]',
    loop_values: [1, 2],
    parent_workflow_run_block_id: outer?.block.workflow_run_block_id,
  });
  expect(
    first?.children.map(({ block }) => [block.current_index, block.current_value, block.output]),
  ).toEqual([
    [1, '2', { value: 20 }],
    [0, '1', { value: 10 }],
  ]);
  // The nested list of the inner loop is one record of the outer one.
  expect(run.output.outer_output[1]).toMatchObject([
    { loop_value: [3], output_value: [[{ loop_value: 3, output_value: 30 }]] },
  ]);
});

it('repeats while a condition holds', async () => {
  const run = await runBlocks(lapwing, [
    {
      block_type: 'while_loop',
      label: 'until',
      condition: { expression: '{{ current_index < 3 }}' },
      loop_blocks: [python('count', 'return {{ current_index }}')],
    },
  ]);
  expect(run.status).toBe('completed');
  const records = run.output.until_output.flat();
  expect(records.map((record: { output_value: number }) => record.output_value)).toEqual([0, 1, 2]);
  expect(records[0]).not.toHaveProperty('loop_value');
});

it('judges a while condition anew with what its blocks have left', async () => {
  const run = await runBlocks(lapwing, [
    {
      block_type: 'while_loop',
      label: 'until',
      condition: { expression: '{{ (count_output | default(0)) < 4 }}' },
      loop_blocks: [python('count', 'return {{ count_output | default(0) }} + 2')],
    },
  ]);
  expect(run.output.count_output).toBe(4);
  expect(run.output.until_output).toHaveLength(2);
});

it('is terminated without values, and completed when that is allowed', async () => {
  const empty = (fields: object) => [
    js('list', 'return { rows: [] }'),
    loop('each', '{{ list_output.rows }}', [js('leaf', 'return 1')], fields),
  ];
  expect(await runBlocks(lapwing, empty({}))).toMatchObject({
    status: 'terminated',
    failure_reason: 'for_loop block terminated. Reason: No iterable value found for the loop block',
    output: { each_output: [] },
  });
  expect(await runBlocks(lapwing, empty({ complete_if_empty: true }))).toMatchObject({
    status: 'completed',
    output: { each_output: [] },
  });
});

const failsAt = (value: number, fields: object = {}) =>
  python(
    'check',
    `n = {{ current_value }}\nif n == ${value}:\n    raise Exception("bad " + str(n))\nreturn n`,
    fields,
  );
const numbers = js('list', 'return [1, 2, 3]');

it('stops at a failure that nothing forgives', async () => {
  const run = await runBlocks(lapwing, [
    numbers,
    loop('each', 'list_output', [failsAt(2), js('after', 'return "ran"')]),
  ]);
  expect(run).toMatchObject({ status: 'failed' });
  expect(run.failure_reason).toMatch(/^for_loop block failed\. failure reason: .*Exception: bad 2/);
  expect(run.output.each_output).toHaveLength(2);
  expect(run.output.each_output[1]).toMatchObject([{ loop_value: 2, output_value: null }]);
  expect(run.output.check_output).toBeNull();
});

it.each([
  ['the block', { next_loop_on_failure: true }, {}],
  ['the loop', {}, { next_loop_on_failure: true }],
])('goes on with the next value when %s says next_loop_on_failure', async (_, onBlock, onLoop) => {
  const run = await runBlocks(lapwing, [
    numbers,
    loop('each', 'list_output', [failsAt(2, onBlock), js('after', 'return "ran"')], onLoop),
  ]);
  expect(run.status).toBe('completed');
  const perIteration = run.output.each_output.map((records: unknown[]) => records.length);
  expect(perIteration).toEqual([2, 1, 2]);
});

it('goes on with the next block when continue_on_failure is set, whatever else is', async () => {
  const run = await runBlocks(lapwing, [
    numbers,
    loop('each', 'list_output', [
      failsAt(3, { continue_on_failure: true, next_loop_on_failure: true }),
      js('after', 'return "ran"'),
    ]),
  ]);
  expect(run.status).toBe('completed');
  expect(run.output.each_output[2]).toMatchObject([
    { output_value: null },
    { output_value: 'ran' },
  ]);
});

it('walks branches inside a loop, their blocks shown under the conditional', async () => {
  const run = await runBlocks(
    lapwing,
    [
      { ...js('list', 'return [1, 5]'), next_block_label: 'each' },
      loop('each', 'list_output', [
        {
          block_type: 'conditional',
          label: 'big',
          branch_conditions: [
            {
              criteria: { expression: '{{ current_value > 3 }}' },
              next_block_label: 'many',
            },
            { is_default: true, next_block_label: null },
          ],
        },
        python('many', 'return "many {{ current_value }}"'),
      ]),
    ],
    graph,
  );
  expect(run.status).toBe('completed');
  expect(run.output.many_output).toBe('many 5');
  const [each] = await timeline(lapwing, run.run_id);
  expect(
    each?.children.map(({ block, children }) => [block.current_index, children.length]),
  ).toEqual([
    [1, 1],
    [0, 0],
  ]);
  expect(each?.children[0]?.children[0]?.block).toMatchObject({ label: 'many', current_index: 1 });
});

it('ends a loop after a thousand iterations', async () => {
  const run = await runBlocks(lapwing, [
    {
      block_type: 'while_loop',
      label: 'forever',
      condition: { expression: '{{ true }}' },
      loop_blocks: [
        {
          block_type: 'conditional',
          label: 'never',
          branch_conditions: [{ is_default: true, next_block_label: null }],
        },
      ],
    },
  ]);
  expect(run.failure_reason).toContain('Reached max_loop_iterations limit of 1000');
  expect(run.output.forever_output).toHaveLength(1000);
});
