import { expect, test } from 'vitest';
import type { JsonValue } from '../json.ts';
import { runOneBlock } from '../testing/run.ts';

function branch(id: string, expression: string | null, next: string | null = null) {
  return {
    id,
    criteria:
      expression === null
        ? null
        : { criteria_type: 'jinja2_template', expression, description: null },
    next_block_label: next,
    description: null,
    is_default: expression === null,
  };
}

async function choose(
  branches: readonly ReturnType<typeof branch>[],
  parameters: Record<string, JsonValue> = {},
) {
  return await runOneBlock(
    { block_type: 'conditional', label: 'choose', branch_conditions: branches },
    { parameters },
  );
}

test('the first true branch is taken and everything about it is recorded', async () => {
  const outcome = await choose(
    [branch('b0', '{{ due < 0 }}'), branch('bd', null), branch('b2', '{{ due > 0 }}')],
    { due: 12 },
  );
  expect(outcome.output).toEqual({
    branch_taken: null,
    branch_index: 2,
    branch_id: 'b2',
    branch_description: null,
    criteria_type: 'jinja2_template',
    criteria_expression: '{{ due > 0 }}',
    next_block_label: null,
    evaluations: [
      {
        branch_id: 'b0',
        branch_index: 0,
        criteria_type: 'jinja2_template',
        original_expression: '{{ due < 0 }}',
        result: false,
        is_matched: false,
        is_default: false,
        next_block_label: null,
        error: null,
      },
      {
        branch_id: 'bd',
        branch_index: 1,
        criteria_type: null,
        original_expression: null,
        result: null,
        is_matched: false,
        is_default: true,
        next_block_label: null,
        error: null,
      },
      {
        branch_id: 'b2',
        branch_index: 2,
        criteria_type: 'jinja2_template',
        original_expression: '{{ due > 0 }}',
        rendered_expression: '12 > 0',
        result: true,
        is_matched: true,
        is_default: false,
        next_block_label: null,
        error: null,
      },
    ],
    llm_response: null,
    llm_prompt: null,
  });
  expect(outcome.details).toEqual({
    executed_branch_id: 'b2',
    executed_branch_expression: '{{ due > 0 }}',
    executed_branch_result: true,
    executed_branch_next_block: null,
  });
});

test('without a match the default is taken, wherever it stands', async () => {
  const outcome = await choose([branch('bd', null), branch('b1', '{{ false }}')]);
  expect(outcome).toMatchObject({
    status: 'completed',
    output: { branch_id: 'bd', branch_index: 0, criteria_type: null, criteria_expression: null },
    details: { executed_branch_id: 'bd', executed_branch_result: null },
  });
});

test('without a match and a default it fails, output kept', async () => {
  const outcome = await choose([branch('b0', '{{ false }}')]);
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: 'No conditional branch matched and no default branch configured',
    output: { branch_taken: null, evaluations: [{ branch_id: 'b0', result: false }] },
    details: {},
  });
});

test('an expression that cannot be evaluated stops the walk', async () => {
  const outcome = await choose([branch('b0', '{{ missing.field }}'), branch('b1', '{{ true }}')]);
  expect(outcome.failureReason).toMatch(/^Failed to evaluate branch 0 for choose: /);
  expect(outcome.output).toMatchObject({
    evaluations: [{ branch_id: 'b0', error: expect.stringMatching(/./) }],
  });
});

test.each(['the cart is empty', '{{ a }} is {{ b }}', '{% if a %}x{% endif %}'])(
  '%j is plain language and needs the agent, unless an earlier branch matches',
  async (text) => {
    const alone = await choose([branch('b0', text)]);
    const later = await choose([branch('b0', '{{ true }}'), branch('b1', text)]);
    expect(alone.failureReason).toMatch(
      /^Failed to evaluate natural language branches: .*needs the agent/,
    );
    expect(later.status).toBe('completed');
  },
);
