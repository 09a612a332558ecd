import { expect, test } from 'vitest';
import type { JsonValue } from '../json.ts';
import type { BlockFields } from '../testing/definitions.ts';
import { type BlockEnd, endCapabilities, endingBlock } from '../testing/ends.ts';
import { runBlocks } from '../testing/run.ts';

const capabilities = endCapabilities();

async function loop(
  body: readonly BlockFields[],
  options: { items?: readonly JsonValue[]; fields?: Record<string, unknown> } = {},
) {
  const { items = [1, 2], fields = {} } = options;
  const { result, journal } = await runBlocks(
    [
      {
        block_type: 'for_loop',
        label: 'each',
        loop_over_parameter_key: 'items',
        loop_blocks: body,
        ...fields,
      },
    ],
    { capabilities, parameters: { items } },
  );
  const begun = journal.events.flatMap((event) => (event.kind === 'begin' ? [event.path] : []));
  return { result, journal, outcome: journal.outcome('each'), begun: begun.slice(1) };
}

const goesOn = { continue_on_failure: true };
const skips = { next_loop_on_failure: true };

interface FlagCase {
  readonly does: string;
  readonly end: BlockEnd;
  readonly child?: Record<string, boolean>;
  readonly loop?: Record<string, boolean>;
  /** Iteration and label of the blocks that run. */
  readonly runs: string;
  readonly status: string;
}

const flagCases: readonly FlagCase[] = [
  { does: 'stops at a failure', end: 'failed', runs: '0a', status: 'failed' },
  { does: 'takes a time-out as a failure', end: 'timed_out', runs: '0a', status: 'failed' },
  { does: 'ends as terminated by a child', end: 'terminated', runs: '0a', status: 'terminated' },
  {
    does: 'goes on after a child that may fail',
    end: 'failed',
    child: goesOn,
    runs: '0a 0b 1a 1b',
    status: 'completed',
  },
  {
    does: 'skips to the next item when the child says so',
    end: 'failed',
    child: skips,
    runs: '0a 1a',
    status: 'completed',
  },
  {
    does: 'skips to the next item when it says so itself',
    end: 'failed',
    loop: skips,
    runs: '0a 1a',
    status: 'completed',
  },
  {
    does: 'skips terminated children too',
    end: 'terminated',
    loop: skips,
    runs: '0a 1a',
    status: 'completed',
  },
  {
    does: 'lets going on beat skipping',
    end: 'failed',
    child: { ...goesOn, ...skips },
    runs: '0a 0b 1a 1b',
    status: 'completed',
  },
  {
    does: 'does not skip by its own continue_on_failure',
    end: 'failed',
    loop: goesOn,
    runs: '0a',
    status: 'failed',
  },
];

test.each(flagCases)('a loop $does', async ({ end, child, loop: own = {}, runs, status }) => {
  const body = [endingBlock('a', end, child), endingBlock('b', 'completed')];
  const run = await loop(body, { fields: own });
  expect(run.begun).toEqual(runs.split(' ').map((at) => `each[${at[0]}]/${at[1]}`));
  expect(run.outcome?.status).toBe(status);
});

test('a failed loop has the reason of its last child', async () => {
  const { result } = await loop([endingBlock('a', 'failed')]);
  expect(result.failureReason).toBe(
    'for_loop block failed. failure reason: Failed to execute code block. Reason: Error: as asked',
  );
});

test('the last child decides: an earlier failure that was skipped over does not surface', async () => {
  const body = [endingBlock('a', 'completed', { code: '{{ current_value }}', ...skips })];
  const { outcome } = await loop(body, { items: ['fail', 'fine'] });
  expect(outcome).toMatchObject({ status: 'completed', failureReason: null });
});

test('the output has a record for each child of each iteration', async () => {
  const body = [endingBlock('a', 'completed', { code: 'got {{ current_item }}' })];
  const { outcome } = await loop(body, { items: ['x', { id: 2 }] });
  const output_parameter = expect.objectContaining({
    key: 'a_output',
    output_parameter_id: 'op_a',
  });
  expect(outcome?.output).toEqual([
    [{ loop_value: 'x', output_parameter, output_value: 'got x' }],
    [{ loop_value: { id: 2 }, output_parameter, output_value: "got {'id': 2}" }],
  ]);
  expect(outcome?.details).toEqual({ loop_values: ['x', { id: 2 }] });
});

test('a child that fails leaves null, so that an older value is not taken for its own', async () => {
  const body = [endingBlock('a', 'completed', { code: '{{ current_value }}', ...goesOn })];
  const { result } = await loop(body, { items: ['fine', 'fail'] });
  expect(result.output?.a_output).toBeNull();
});

test('nested loops see their own values, and the inner loop sees those of the outer', async () => {
  const inner = {
    block_type: 'for_loop',
    label: 'inner',
    loop_variable_reference: 'current_value.rows',
    loop_blocks: [
      endingBlock('a', 'completed', { code: '{{ current_index }}:{{ current_value }}' }),
    ],
  };
  const after = endingBlock('b', 'completed', {
    code: '{{ current_value.name }}{{ current_index }}',
  });
  const { journal } = await loop([inner, after], {
    items: [
      { name: 'x', rows: [1, 2] },
      { name: 'y', rows: [3] },
    ],
  });
  expect(journal.outcome('each[0]/inner[1]/a')?.output).toBe('1:2');
  expect(journal.outcome('each[1]/inner[0]/a')?.output).toBe('0:3');
  expect(journal.outcome('each[1]/b')?.output).toBe('y1');
  expect(journal.outcome('each')?.output).toMatchObject([
    [{ output_value: [[{ output_value: '0:1' }], [{ output_value: '1:2' }]] }, {}],
    [{ output_value: [[{ output_value: '0:3' }]] }, {}],
  ]);
});

test('after a conditional only its branch goes on: without a target the iteration ends', async () => {
  const choose = {
    block_type: 'conditional',
    label: 'choose',
    next_block_label: 'b',
    branch_conditions: [
      {
        id: 'b0',
        criteria: { expression: '{{ current_value > 1 }}' },
        next_block_label: 'a',
        is_default: false,
      },
      { id: 'b1', criteria: null, next_block_label: null, is_default: true },
    ],
  };
  const { begun, journal } = await loop([
    choose,
    endingBlock('a', 'completed'),
    endingBlock('b', 'completed'),
  ]);
  expect(begun).toEqual(['each[0]/choose', 'each[1]/choose', 'each[1]/a', 'each[1]/b']);
  const parents = journal.events.flatMap((event) =>
    event.kind === 'begin' ? [event.parentPath] : [],
  );
  expect(parents).toEqual([null, 'each', 'each', 'each[1]/choose', 'each']);
});

test('a body without an order and a body without blocks fail before the first iteration', async () => {
  const knot = [
    endingBlock('a', 'completed', { next_block_label: 'b' }),
    endingBlock('b', 'completed', { next_block_label: 'a' }),
  ];
  expect((await loop(knot)).outcome).toMatchObject({
    status: 'failed',
    failureReason: 'Loop graph validation failed.',
  });
  expect((await loop([])).outcome).toMatchObject({
    status: 'terminated',
    failureReason: 'No defined blocks to loop',
    output: [],
  });
});

test('the 1001st iteration is refused, and no flag forgives it', async () => {
  const items = Array.from({ length: 1001 }, (_, index) => index);
  const { outcome } = await loop([endingBlock('a', 'completed')], { items, fields: skips });
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: 'Reached max_loop_iterations limit of 1000',
  });
  expect(outcome?.output).toHaveLength(1000);
});

test('1000 iterations are fine', async () => {
  const items = Array.from({ length: 1000 }, (_, index) => index);
  const { outcome } = await loop([endingBlock('a', 'completed')], { items });
  expect(outcome?.status).toBe('completed');
});

test('the 50th block of an iteration stops the loop, or ends the iteration when it may skip', async () => {
  const body = Array.from({ length: 50 }, (_, index) => endingBlock(`b${index}`, 'completed'));
  const stopped = await loop(body);
  const skipped = await loop(body, { fields: skips });
  const failureReason = 'Reached max_steps_per_iteration limit of 50';
  expect(stopped.outcome).toMatchObject({ status: 'failed', failureReason });
  expect(stopped.begun).toHaveLength(50);
  expect(skipped.outcome).toMatchObject({ status: 'failed', failureReason });
  expect(skipped.begun).toHaveLength(100);
});

test('what the loop has so far is saved at iterations 0, 10, 20', async () => {
  const items = Array.from({ length: 25 }, (_, index) => index);
  const { journal } = await loop([endingBlock('a', 'completed')], { items });
  const saved = journal.events.flatMap((event) =>
    event.kind === 'progress' && Array.isArray(event.output) ? [event.output.length] : [],
  );
  expect(saved).toEqual([1, 11, 21]);
});

test('files of a child are those of its iteration', async () => {
  const { journal } = await runBlocks(
    [
      {
        block_type: 'for_loop',
        label: 'each',
        loop_variable_reference: '["x", "y"]',
        loop_blocks: [
          {
            block_type: 'http_request',
            label: 'get',
            url: 'https://x.test/',
            save_response_as_file: true,
            download_filename: '{{ current_value }}.csv',
          },
          { block_type: 'goto_url', label: 'open', url: 'https://x.test/' },
        ],
      },
    ],
    {},
  );
  expect(journal.outcome('each[1]/open')?.output).toMatchObject({
    downloaded_files: [{ filename: 'y.csv' }],
  });
});
