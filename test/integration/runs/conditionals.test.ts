import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { runBlocks, timeline } from '../../support/runs.ts';

let lapwing: Lapwing;

beforeAll(async () => {
  lapwing = await startLapwing();
});
afterAll(() => lapwing.close());

const step = (label: string, next: string | null = null) => ({
  block_type: 'code',
  label,
  language: 'javascript',
  code: `return ${JSON.stringify(label)}`,
  next_block_label: next,
});
const branch = (expression: string | null, next: string | null) => ({
  criteria: expression === null ? null : { expression },
  is_default: expression === null,
  next_block_label: next,
});
const decide = (branches: object[], next: string | null = null, fields: object = {}) => ({
  block_type: 'conditional',
  label: 'decide',
  branch_conditions: branches,
  next_block_label: next,
  ...fields,
});
const parameters = [
  {
    parameter_type: 'workflow',
    key: 'due',
    workflow_parameter_type: 'integer',
    default_value: 12,
  },
];
const graph = { definition: { version: 2, parameters } };
const due = (value: number) => ({ ...graph, fields: { parameters: { due: value } } });

const forked = [
  decide([branch('{{ due > 100 }}', 'ask'), branch('{{ due > 0 }}', 'pay'), branch(null, 'rest')]),
  step('ask', 'end'),
  step('pay', 'end'),
  step('rest', 'end'),
  step('end'),
];

it.each([
  [500, 'ask'],
  [12, 'pay'],
  [0, 'rest'],
])('takes the first true branch, else the default: due = %i leads to %s', async (value, taken) => {
  const run = await runBlocks(lapwing, forked, due(value));
  expect(run.status).toBe('completed');
  expect(Object.keys(run.output)).toEqual([
    'decide_output',
    `${taken}_output`,
    'end_output',
    'extracted_information',
  ]);
});

it('says in its output what was judged, and how', async () => {
  const run = await runBlocks(lapwing, forked, due(12));
  const { decide_output: output } = run.output;
  expect(output).toMatchObject({
    branch_taken: 'pay',
    branch_index: 1,
    branch_description: null,
    criteria_type: 'jinja2_template',
    criteria_expression: '{{ due > 0 }}',
    next_block_label: 'pay',
    llm_response: null,
    llm_prompt: null,
  });
  expect(output.evaluations).toMatchObject([
    { branch_index: 0, original_expression: '{{ due > 100 }}', result: false, is_matched: false },
    { branch_index: 1, rendered_expression: '12 > 0', result: true, is_matched: true },
  ]);
  expect(output.evaluations[0]).not.toHaveProperty('rendered_expression');
  expect(output.evaluations[1].branch_id).toBe(output.branch_id);
});

it('shows the chosen branch under the conditional, and what comes after it beside', async () => {
  const run = await runBlocks(
    lapwing,
    [
      decide([branch('{{ due > 0 }}', 'pay'), branch(null, null)], 'end'),
      step('pay', 'book'),
      step('book', 'end'),
      step('end'),
    ],
    graph,
  );
  const items = await timeline(lapwing, run.run_id);
  expect(items.map(({ block }) => block.label)).toEqual(['end', 'decide']);
  expect(items[1]?.block).toMatchObject({
    executed_branch_id: run.output.decide_output.branch_id,
    executed_branch_expression: '{{ due > 0 }}',
    executed_branch_result: true,
    executed_branch_next_block: 'pay',
  });
  expect(items[1]?.children.map(({ block }) => block.label)).toEqual(['book', 'pay']);
});

it('goes on at its own next block when the branch has no target', async () => {
  const run = await runBlocks(
    lapwing,
    [decide([branch('{{ due > 0 }}', null)], 'end'), step('end')],
    graph,
  );
  expect(run.output.end_output).toBe('end');
});

it('fails without a match, keeps what it judged, and goes on when told to', async () => {
  const blocks = (fields: object) => [
    decide([branch('{{ due > 100 }}', 'pay')], 'end', fields),
    step('pay', 'end'),
    step('end'),
  ];
  const stopped = await runBlocks(lapwing, blocks({}), graph);
  expect(stopped).toMatchObject({
    status: 'failed',
    failure_reason:
      'conditional block failed. failure reason: No conditional branch matched and no default branch configured',
    output: { decide_output: { branch_taken: null, evaluations: [{ result: false }] } },
  });
  const went = await runBlocks(lapwing, blocks({ continue_on_failure: true }), graph);
  expect(went).toMatchObject({ status: 'completed', output: { end_output: 'end' } });
});

it('fails with the expression that cannot be judged', async () => {
  const run = await runBlocks(lapwing, [decide([branch('{{ missing.field }}', null)])], graph);
  expect(run.status).toBe('failed');
  expect(run.failure_reason).toContain('Failed to evaluate branch 0 for decide');
});

it('runs the blocks of a version 1 workflow in list order, without links', async () => {
  const run = await runBlocks(lapwing, [step('a'), step('b'), step('c')], {
    definition: { version: 1 },
  });
  expect(Object.keys(run.output)).toEqual([
    'a_output',
    'b_output',
    'c_output',
    'extracted_information',
  ]);
});

it('runs the blocks of a version 2 workflow along their links, whatever their order', async () => {
  const run = await runBlocks(lapwing, [step('b', 'c'), step('c'), step('a', 'b')], {
    definition: { version: 2 },
  });
  expect(Object.keys(run.output).slice(0, 3)).toEqual(['a_output', 'b_output', 'c_output']);
});
