import { expect, test } from 'vitest';
import type { JsonValue } from '../json.ts';
import { storedBlock, storedDefinition } from '../testing/definitions.ts';
import { endCapabilities, endingBlock } from '../testing/ends.ts';
import { runDefinition, runOneBlock } from '../testing/run.ts';

const block = {
  block_type: 'for_loop',
  label: 'each',
  loop_blocks: [endingBlock('a', 'completed')],
};
const capabilities = endCapabilities();

const parameters: Record<string, JsonValue> = {
  list: [1, 2],
  one: { id: 1 },
  text: '[1, 2]',
  empty: [],
  nothing: null,
  task: { task_id: 'tsk_1', status: 'completed', extracted_information: [7] },
  found: { extracted_information: { results: [8] } },
  answer: { results: [9] },
};

async function valuesOf(fields: Record<string, unknown>) {
  const outcome = await runOneBlock({ ...block, ...fields }, { capabilities, parameters });
  return outcome.details.loop_values ?? outcome.failureReason;
}

const noValues = 'No iterable value found for the loop block';

test.each([
  ['list', [1, 2]],
  ['{{ list }}', [1, 2]],
  ['{{ list | map("string") | list }}', ['1', '2']],
  ['one', [{ id: 1 }]],
  ['text', ['[1, 2]']],
  ['task.extracted_information', [7]],
  ['empty', noValues],
  ['nothing', noValues],
  ['unknown_name', noValues],
])('the reference %j gives %j', async (loop_variable_reference, values) => {
  expect(await valuesOf({ loop_variable_reference })).toEqual(values);
});

test('a bare reference without a value is looked up in what was extracted', async () => {
  const context = { wrap: { extracted_information: { rows: { results: [3] } } } };
  const outcome = await runOneBlock(
    { ...block, loop_variable_reference: 'wrap.rows' },
    { capabilities, parameters: context },
  );
  expect(outcome.failureReason).toBe(noValues);
});

test.each([
  ['list', [1, 2]],
  ['one', [{ id: 1 }]],
  ['task', [7]],
  ['nothing', noValues],
  ['unknown', noValues],
])('the parameter key %j gives %j', async (loop_over_parameter_key, values) => {
  expect(await valuesOf({ loop_over_parameter_key })).toEqual(values);
});

test('the reference beats the key', async () => {
  const values = await valuesOf({
    loop_variable_reference: 'list',
    loop_over_parameter_key: 'one',
  });
  expect(values).toEqual([1, 2]);
});

test('no values terminate the loop, unless it may be empty', async () => {
  const empty = { ...block, loop_over_parameter_key: 'empty' };
  const strict = await runOneBlock(empty, { capabilities, parameters });
  const lenient = await runOneBlock({ ...empty, complete_if_empty: true }, { parameters });
  expect(strict).toMatchObject({ status: 'terminated', failureReason: noValues, output: [] });
  expect(lenient).toMatchObject({ status: 'completed', failureReason: null, output: [] });
});

test.each([
  ['all orders on the page', /^Failed to get loop values\. "all orders.*need the agent/],
  ['{{ missing.field.deep }}', /^Failed to get loop values\. /],
])('the reference %j fails', async (loop_variable_reference, reason) => {
  const outcome = await runOneBlock({ ...block, loop_variable_reference }, { capabilities });
  expect(outcome).toMatchObject({ status: 'failed', failureReason: expect.stringMatching(reason) });
});

function withContext(items: JsonValue) {
  const loop = storedBlock({
    ...block,
    loop_over_parameter_key: 'items',
    loop_blocks: [endingBlock('a', 'completed', { code: 'id {{ id }}' })],
  });
  const definition = storedDefinition([], {
    parameters: [
      {
        parameter_type: 'context',
        key: 'id',
        description: null,
        source: { parameter_type: 'workflow', key: 'items' },
        value: null,
      },
    ],
  });
  return runDefinition({ ...definition, blocks: [loop] }, { capabilities, parameters: { items } });
}

test('context parameters take their entry of each item', async () => {
  const { journal } = await withContext([{ id: 4 }, 5]);
  expect(journal.outcome('each[0]/a')?.output).toBe('id 4');
  expect(journal.outcome('each[1]/a')?.output).toBe('id 5');
});

test('an item without the entry fails the loop', async () => {
  const { journal } = await withContext([{ other: 4 }]);
  expect(journal.outcome('each')).toMatchObject({
    status: 'failed',
    failureReason: expect.stringMatching(/^Could not find a value for the context parameter id/),
  });
});
