import { expect, test } from 'vitest';
import { fakeCode } from '../testing/capabilities.ts';
import { endCapabilities, endingBlock } from '../testing/ends.ts';
import { runBlocks, runOneBlock } from '../testing/run.ts';

const capabilities = endCapabilities();

function repeat(expression: string, fields: Record<string, unknown> = {}) {
  return {
    block_type: 'while_loop',
    label: 'again',
    condition: { criteria_type: 'jinja2_template', expression },
    loop_blocks: [
      endingBlock('a', 'completed', { code: '{{ current_index }},{{ current_value }}' }),
    ],
    ...fields,
  };
}

test.each([
  '{{ current_index < 2 }}',
  'current_index < 2',
  '{% if current_index < 2 %}yes{% endif %}',
])(
  'it repeats while %s, counting from 0, and its records have no loop_value',
  async (expression) => {
    const outcome = await runOneBlock(repeat(expression), { capabilities });
    const output_parameter = expect.objectContaining({ key: 'a_output' });
    expect(outcome).toMatchObject({ status: 'completed', failureReason: null });
    expect(outcome.output).toEqual([
      [{ output_parameter, output_value: '0,None' }],
      [{ output_parameter, output_value: '1,None' }],
    ]);
  },
);

test('a condition that is false at once completes with an empty list', async () => {
  const outcome = await runOneBlock(repeat('{{ false }}'), { capabilities });
  expect(outcome).toMatchObject({ status: 'completed', output: [] });
});

test('the condition sees what the iterations have left', async () => {
  const code = fakeCode((_, count) => ({ kind: 'returned', value: { more: count < 3 } }));
  const outcome = await runOneBlock(
    repeat('{{ current_index == 0 or a_output.more }}', {
      loop_blocks: [endingBlock('a', 'completed')],
    }),
    { capabilities: { code } },
  );
  expect(outcome.output).toHaveLength(3);
});

test('a condition that cannot be evaluated fails the loop whatever the flags', async () => {
  const outcome = await runOneBlock(
    repeat('{{ current_index < 1 or missing.field }}', { next_loop_on_failure: true }),
    { capabilities },
  );
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: expect.stringMatching(/^Failed to evaluate while-loop condition\. /),
  });
  expect(outcome.output).toHaveLength(1);
});

test('a plain-language condition says that it needs the agent', async () => {
  const condition = { criteria_type: 'prompt', expression: 'there is a next page' };
  const outcome = await runOneBlock(repeat('', { condition }), { capabilities });
  expect(outcome.failureReason).toMatch(
    /^Failed to evaluate while-loop condition\. .*needs the agent/,
  );
});

test('an endless loop ends at the limit', async () => {
  const outcome = await runOneBlock(repeat('{{ true }}'), { capabilities });
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: 'Reached max_loop_iterations limit of 1000',
  });
});

test('an empty body is terminated', async () => {
  const outcome = await runOneBlock(repeat('{{ true }}', { loop_blocks: [] }), { capabilities });
  expect(outcome).toMatchObject({
    status: 'terminated',
    failureReason: 'No defined blocks to loop',
  });
});

test('inside another loop the condition sees the outer value', async () => {
  const { journal } = await runBlocks(
    [
      {
        block_type: 'for_loop',
        label: 'each',
        loop_variable_reference: '[2, 1]',
        loop_blocks: [repeat('{{ current_index < current_value }}')],
      },
    ],
    { capabilities },
  );
  expect(journal.outcome('each[0]/again')?.output).toHaveLength(2);
  expect(journal.outcome('each[1]/again')?.output).toHaveLength(1);
});
