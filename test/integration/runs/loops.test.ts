import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from '../../site/site.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { runBlocks, timeline } from '../../support/runs.ts';

let lapwing: Lapwing;
let site: Site;

beforeAll(async () => {
  [lapwing, site] = await Promise.all([startLapwing(), startSite()]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});

const values = (label: string, list: unknown) => ({
  block_type: 'code',
  label,
  language: 'javascript',
  code: `return ${JSON.stringify(list)}`,
});
/** A quick block that shows what its template became: the site answers with the query that it got. */
const echo = (label: string, text: string, fields: object = {}) => ({
  block_type: 'http_request',
  label,
  url: `${site.url}/api/echo?text=${text}`,
  ...fields,
});
interface Echo {
  readonly body: { readonly query: { readonly text: string } };
}
const echoed = (output: Echo) => output.body.query.text;
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
    values('list', { names: ['apple', 'pear'] }),
    loop('each', '{{ list_output.names }}', [
      echo('shout', '{{ current_value | upper }}{{ current_index }}'),
    ]),
  ]);
  expect(run.status).toBe('completed');
  expect(run.output.each_output).toMatchObject([
    [{ loop_value: 'apple', output_parameter: { key: 'shout_output' } }],
    [{ loop_value: 'pear', output_parameter: { key: 'shout_output' } }],
  ]);
  const [first, second] = run.output.each_output.flat();
  expect(echoed(first.output_value)).toBe('APPLE0');
  expect(echoed(second.output_value)).toBe('PEAR1');
  expect(run.output.shout_output).toEqual(second.output_value);
  expect(run.step_count).toBe(1);
});

it('shows loops, iterations and nested loops as a tree, newest first', async () => {
  const run = await runBlocks(lapwing, [
    values('list', [[1, 2], [3]]),
    loop('outer', 'list_output', [
      loop('inner', 'current_value', [echo('leaf', '{{ current_value * 10 }}')]),
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
    first?.children.map(({ block }) => [block.current_index, block.current_value, block.status]),
  ).toEqual([
    [1, '2', 'completed'],
    [0, '1', 'completed'],
  ]);
  // The nested list of the inner loop is one record of the outer one.
  const [record] = run.output.outer_output[1];
  expect(record).toMatchObject({ loop_value: [3], output_value: [[{ loop_value: 3 }]] });
  expect(echoed(record.output_value[0][0].output_value)).toBe('30');
});

it('repeats while a condition holds', async () => {
  const run = await runBlocks(lapwing, [
    {
      block_type: 'while_loop',
      label: 'until',
      condition: { expression: '{{ current_index < 3 }}' },
      loop_blocks: [echo('count', '{{ current_index }}')],
    },
  ]);
  expect(run.status).toBe('completed');
  const records = run.output.until_output.flat();
  expect(records.map((record: { output_value: Echo }) => echoed(record.output_value))).toEqual([
    '0',
    '1',
    '2',
  ]);
  expect(records[0]).not.toHaveProperty('loop_value');
});

it('judges a while condition anew with what its blocks have left', async () => {
  const run = await runBlocks(lapwing, [
    {
      block_type: 'while_loop',
      label: 'until',
      condition: {
        expression:
          '{{ (count_output.body.query.text | int if count_output is defined else 0) < 4 }}',
      },
      loop_blocks: [echo('count', '{{ current_index * 3 + 2 }}')],
    },
  ]);
  expect(echoed(run.output.count_output)).toBe('5');
  expect(run.output.until_output).toHaveLength(2);
});

it('is terminated without values, and completed when that is allowed', async () => {
  const empty = (fields: object) => [
    values('list', { rows: [] }),
    loop('each', '{{ list_output.rows }}', [echo('leaf', '1')], fields),
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

/** Fails with a value that is a status code from 400 on. */
const check = (fields: object = {}) => ({
  block_type: 'http_request',
  label: 'check',
  url: `${site.url}/api/status/{{ current_value }}`,
  ...fields,
});
const after = () => echo('after', 'ran');
const codes = values('list', [200, 500, 201]);

it('stops at a failure that nothing forgives', async () => {
  const run = await runBlocks(lapwing, [codes, loop('each', 'list_output', [check(), after()])]);
  expect(run).toMatchObject({ status: 'failed' });
  expect(run.failure_reason).toBe(
    'for_loop block failed. failure reason: HTTP 500: {"status":500}',
  );
  expect(run.output.each_output).toHaveLength(2);
  expect(run.output.each_output[1]).toMatchObject([
    { loop_value: 500, output_value: { status_code: 500 } },
  ]);
  expect(run.output.after_output).toMatchObject({ status_code: 200 });
});

it.each([
  ['the block', { next_loop_on_failure: true }, {}],
  ['the loop', {}, { next_loop_on_failure: true }],
])('goes on with the next value when %s says next_loop_on_failure', async (_, onBlock, onLoop) => {
  const run = await runBlocks(lapwing, [
    codes,
    loop('each', 'list_output', [check(onBlock), after()], onLoop),
  ]);
  expect(run.status).toBe('completed');
  const perIteration = run.output.each_output.map((records: unknown[]) => records.length);
  expect(perIteration).toEqual([2, 1, 2]);
});

it('goes on with the next block when continue_on_failure is set, whatever else is', async () => {
  const run = await runBlocks(lapwing, [
    codes,
    loop('each', 'list_output', [
      check({ continue_on_failure: true, next_loop_on_failure: true }),
      after(),
    ]),
  ]);
  expect(run.status).toBe('completed');
  expect(run.output.each_output[1]).toMatchObject([
    { output_value: { status_code: 500 } },
    { output_value: { status_code: 200 } },
  ]);
});

it('walks branches inside a loop, their blocks shown under the conditional', async () => {
  const run = await runBlocks(
    lapwing,
    [
      { ...values('list', [1, 5]), next_block_label: 'each' },
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
        echo('many', 'many-{{ current_value }}'),
      ]),
    ],
    graph,
  );
  expect(run.status).toBe('completed');
  expect(echoed(run.output.many_output)).toBe('many-5');
  const [each] = await timeline(lapwing, run.run_id);
  expect(
    each?.children.map(({ block, children }) => [block.current_index, children.length]),
  ).toEqual([
    [1, 1],
    [0, 0],
  ]);
  expect(each?.children[0]?.children[0]?.block).toMatchObject({ label: 'many', current_index: 1 });
});
