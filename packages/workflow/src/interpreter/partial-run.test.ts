import { expect, test } from 'vitest';
import { storedDefinition } from '../testing/definitions.ts';
import { endCapabilities, endingBlock } from '../testing/ends.ts';
import { memoryJournal } from '../testing/journal.ts';
import { runDefinition } from '../testing/run.ts';

const capabilities = endCapabilities();
const ok = (label: string, fields = {}) => endingBlock(label, 'completed', fields);
/** A conditional that takes its first branch when the expression holds. */
const branching = (label: string, expression: string) => ({
  block_type: 'conditional',
  label,
  branch_conditions: [
    {
      id: 'b1',
      criteria: { criteria_type: 'jinja2_template', expression, description: null },
      next_block_label: null,
      description: null,
      is_default: false,
    },
    { id: 'b2', criteria: null, next_block_label: null, description: null, is_default: true },
  ],
});

const definition = storedDefinition(
  [
    ok('a', { next_block_label: 'b' }),
    ok('b', { next_block_label: 'each' }),
    {
      block_type: 'for_loop',
      label: 'each',
      loop_variable_reference: '{{ [1, 2] }}',
      loop_blocks: [ok('inner')],
    },
    ok('last'),
  ],
  { version: 2, finally_block_label: 'last' },
);

async function visited(labels: readonly string[], journal = memoryJournal()) {
  const partial = { labels, outputs: {} };
  const { result } = await runDefinition(definition, { capabilities, journal, partial });
  return {
    result,
    paths: journal.events.flatMap((event) => (event.kind === 'begin' ? [event.path] : [])),
  };
}

test('the listed blocks run in the given order, whatever their links say, and the finally block behind them', async () => {
  const { result, paths } = await visited(['b', 'a']);
  expect(paths).toEqual(['b', 'a', 'last']);
  expect(result.status).toBe('completed');
  expect(Object.keys(result.output ?? {})).toEqual([
    'b_output',
    'a_output',
    'last_output',
    'extracted_information',
  ]);
});

test('a block of a loop runs alone when it is listed', async () => {
  expect((await visited(['inner'])).paths).toEqual(['inner', 'last']);
});

test('a block that is listed twice runs twice, the finally block once', async () => {
  expect((await visited(['a', 'last', 'a'])).paths).toEqual(['a', 'a(2)', 'last']);
});

test('a run of some blocks that is taken up again goes on behind its last finished block', async () => {
  const journal = memoryJournal();
  await visited(['a', 'b', 'a'], journal);
  const before = journal.events.filter((event) => event.kind === 'finish').length;
  await visited(['a', 'b', 'a'], journal);
  const after = journal.events.filter((event) => event.kind === 'finish').length;
  expect([before, after]).toEqual([4, 4]);
});

test('a label that is not there fails the run and names it', async () => {
  const { result } = await visited(['a', 'gone']);
  expect(result).toMatchObject({
    status: 'failed',
    failureReason: 'Block label gone not found in workflow definition',
  });
});

test('a failing block ends the list, and the finally block still runs', async () => {
  const blocks = [endingBlock('bad', 'failed'), ok('a'), ok('last')];
  const partial = { labels: ['bad', 'a'], outputs: {} };
  const { result, journal } = await runDefinition(
    storedDefinition(blocks, { finally_block_label: 'last' }),
    { capabilities, partial },
  );
  expect(result.status).toBe('failed');
  expect(journal.outcome('a')).toBeUndefined();
  expect(journal.outcome('last')?.status).toBe('completed');
});

test('outputs of another run are seen by templates, by label and by key, and are no output of this run', async () => {
  const outputs = { earlier: { extracted_information: { price: 7 }, status: 'completed' } };
  const blocks = [
    branching('by_label', '{{ earlier.output.price == 7 }}'),
    branching('by_key', '{{ earlier_output.extracted_information.price == 7 }}'),
  ];
  const { result } = await runDefinition(storedDefinition(blocks), {
    capabilities,
    partial: { labels: ['by_label', 'by_key'], outputs },
  });
  expect(result.status).toBe('completed');
  for (const key of ['by_label_output', 'by_key_output']) {
    expect(result.output?.[key]).toMatchObject({ branch_index: 0 });
  }
  expect(result.output).not.toHaveProperty('earlier_output');
});

test('a listed block replaces the output that was given for it', async () => {
  const { result } = await runDefinition(definition, {
    capabilities,
    partial: { labels: ['a'], outputs: { a: { old: true } } },
  });
  expect(result.output?.a_output).toBe('ok');
});
