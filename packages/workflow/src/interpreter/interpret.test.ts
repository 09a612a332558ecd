import { expect, test } from 'vitest';
import { storedDefinition } from '../testing/definitions.ts';
import { type BlockEnd, endCapabilities, endingBlock } from '../testing/ends.ts';
import { runBlocks, runDefinition } from '../testing/run.ts';

const capabilities = endCapabilities();
const failText = 'Failed to execute code block. Reason: Error: as asked';
const reasons: Record<Exclude<BlockEnd, 'completed'>, string> = {
  failed: `code block failed. failure reason: ${failText}`,
  terminated: 'for_loop block terminated. Reason: No iterable value found for the loop block',
  timed_out: 'http_request block timed out. Reason: Request timed out after 30 seconds',
};

test.each([
  ['failed', 'failed'],
  ['terminated', 'terminated'],
  ['timed_out', 'failed'],
] as const)('a %s block ends the run as %s with its reason', async (end, status) => {
  const blocks = [endingBlock('bad', end), endingBlock('later', 'completed')];
  const { result, journal } = await runBlocks(blocks, { capabilities });
  expect(result).toMatchObject({ status, failureReason: reasons[end] });
  expect(journal.outcome('later')).toBeUndefined();
});

test.each(['failed', 'terminated', 'timed_out'] as const)(
  'a %s block that may fail lets the run go on and complete',
  async (end) => {
    const blocks = [
      endingBlock('bad', end, { continue_on_failure: true }),
      endingBlock('later', 'completed'),
    ];
    const { result, journal } = await runBlocks(blocks, { capabilities });
    expect(result).toMatchObject({ status: 'completed', failureReason: null });
    expect(journal.outcome('bad')?.status).toBe(end);
    expect(result.output).toHaveProperty('later_output', 'ok');
  },
);

test.each([
  [[], null],
  [[endingBlock('last', 'completed')], 'last'],
])('a workflow without a block to run fails (%#)', async (blocks, finally_block_label) => {
  const definition = storedDefinition(blocks, { finally_block_label });
  const { result, journal } = await runDefinition(definition, { capabilities });
  expect(result).toEqual({
    status: 'failed',
    failureReason: 'Workflow has no executable blocks.',
    output: null,
    errors: [],
    stepCount: 0,
  });
  expect(journal.events).toEqual([]);
});

test('a block type that nobody knows fails and names it', async () => {
  const { result } = await runBlocks([{ block_type: 'dance', label: 'x' }]);
  expect(result.status).toBe('failed');
  expect(result.failureReason).toMatch(/^dance block failed\. failure reason: .*type dance/);
});

test('a template that fails ends an ordinary block with nothing recorded', async () => {
  const { result } = await runBlocks([
    { block_type: 'http_request', label: 'call', url: '{{ missing.field }}' },
  ]);
  expect(result.failureReason).toMatch(
    /^http_request block failed\. failure reason: Failed to format jinja template: /,
  );
  expect(result.output).toBeNull();
});

const link = (label: string, next: string | null) =>
  endingBlock(label, 'completed', { next_block_label: next });

test('version 1 runs in list order, version 2 along its links', async () => {
  const blocks = [link('c', null), link('a', 'b'), link('b', 'c')];
  const order = async (version: number) => {
    const definition = storedDefinition(blocks, { version });
    const { journal } = await runDefinition(definition, { capabilities });
    return journal.events.flatMap((event) => (event.kind === 'begin' ? [event.path] : []));
  };
  expect(await order(1)).toEqual(['c', 'a', 'b']);
  expect(await order(2)).toEqual(['a', 'b', 'c']);
});

test.each([
  [[link('a', 'gone')], 'Next block label gone not found in workflow definition'],
  [
    [link('a', 'b'), link('b', 'c'), link('c', 'b')],
    /^Cycle detected while traversing workflow definition at block [bc]$/,
  ],
  [[link('a', null), link('b', null)], /disconnected/],
])('a graph without an order fails the run (%#)', async (blocks, reason) => {
  const definition = storedDefinition(blocks, { version: 2 });
  const { result } = await runDefinition(definition, { capabilities });
  expect(result).toMatchObject({
    status: 'failed',
    failureReason: expect.stringMatching(reason),
  });
});

function chooser(label: string, expression: string, target: string | null, merge: string | null) {
  return {
    block_type: 'conditional',
    label,
    next_block_label: merge,
    branch_conditions: [
      {
        id: `${label}-branch`,
        criteria: { criteria_type: 'jinja2_template', expression, description: null },
        next_block_label: target,
        description: null,
        is_default: false,
      },
      { id: `${label}-else`, criteria: null, next_block_label: null, is_default: true },
    ],
  };
}

test('branches meet again, and blocks are shown under the conditional that chose them', async () => {
  const blocks = [
    chooser('outer', '{{ yes }}', 'inner', 'end'),
    chooser('inner', '{{ yes }}', 'deep', 'after'),
    link('deep', null),
    link('after', null),
    link('end', null),
  ];
  const walk = async (yes: boolean) => {
    const definition = storedDefinition(blocks, { version: 2 });
    const { journal } = await runDefinition(definition, { capabilities, parameters: { yes } });
    return journal.events.flatMap((event) =>
      event.kind === 'begin' ? [[event.path, event.parentPath]] : [],
    );
  };
  expect(await walk(true)).toEqual([
    ['outer', null],
    ['inner', 'outer'],
    ['deep', 'inner'],
    ['after', 'outer'],
    ['end', null],
  ]);
  expect(await walk(false)).toEqual([
    ['outer', null],
    ['end', null],
  ]);
});

test('branches that meet at the same block are both left there', async () => {
  const definition = storedDefinition(
    [
      chooser('outer', '{{ true }}', 'inner', 'end'),
      chooser('inner', '{{ true }}', 'deep', 'end'),
      link('deep', null),
      link('end', null),
    ],
    { version: 2 },
  );
  const { journal } = await runDefinition(definition, { capabilities });
  const last = journal.events.findLast(({ kind }) => kind === 'begin');
  expect(last).toEqual({ kind: 'begin', path: 'end', parentPath: null });
});

test('a conditional that may fail goes on at its own next block', async () => {
  const broken = {
    ...chooser('choose', '{{ missing.field }}', 'yes', 'end'),
    continue_on_failure: true,
  };
  const definition = storedDefinition([broken, link('yes', null), link('end', null)], {
    version: 2,
  });
  const { result } = await runDefinition(definition, { capabilities });
  expect(result.status).toBe('completed');
  expect(Object.keys(result.output ?? {})).toEqual([
    'choose_output',
    'end_output',
    'extracted_information',
  ]);
});

test.each<{
  body: BlockEnd;
  last: BlockEnd;
  mayFail?: boolean;
  run: string;
  reason: string | null;
}>([
  { body: 'completed', last: 'completed', run: 'completed', reason: null },
  { body: 'completed', last: 'failed', run: 'failed', reason: reasons.failed },
  { body: 'completed', last: 'terminated', run: 'terminated', reason: reasons.terminated },
  { body: 'completed', last: 'timed_out', run: 'failed', reason: reasons.timed_out },
  { body: 'completed', last: 'failed', mayFail: true, run: 'completed', reason: null },
  { body: 'failed', last: 'completed', run: 'failed', reason: reasons.failed },
  { body: 'failed', last: 'terminated', run: 'failed', reason: reasons.failed },
  { body: 'terminated', last: 'failed', run: 'terminated', reason: reasons.terminated },
])(
  'a $body body and a $last finally block make a run $run (may fail: $mayFail)',
  async ({ body, last, mayFail = false, run, reason }) => {
    const definition = storedDefinition(
      [endingBlock('body', body), endingBlock('last', last, { continue_on_failure: mayFail })],
      { finally_block_label: 'last' },
    );
    const { result, journal } = await runDefinition(definition, { capabilities });
    expect(result).toMatchObject({ status: run, failureReason: reason });
    expect(journal.outcome('last')?.status).toBe(last);
  },
);

test('the output has every recorded value and a flat list of what was extracted', async () => {
  const code = {
    run: async () => ({
      kind: 'returned' as const,
      value: {
        extracted_information: { a: 1 },
        deep: [{ extracted_information: [2, { b: 3 }] }, { extracted_information: null }],
      },
    }),
  };
  const { result } = await runBlocks([{ block_type: 'code', label: 'look', code: '' }], {
    capabilities: { code },
  });
  expect(result.output?.extracted_information).toEqual([{ a: 1 }, 2, { b: 3 }]);
  expect(Object.keys(result.output ?? {})).toEqual(['look_output', 'extracted_information']);
});

test('a screenshot is taken after browser blocks and after failures only', async () => {
  const shots: string[] = [];
  let label = '';
  const taking = {
    async screenshot() {
      shots.push(label);
      return null;
    },
    goto: async (url: string) => ({ url, status: 200 }),
    currentUrl: () => null,
    printPage: async () => new Uint8Array(),
  };
  const clock = {
    now: () => new Date(0),
    async sleep() {
      label = 'wait';
    },
  };
  const code = {
    async run({ code }: { code: string }) {
      label = code;
      return code === 'fail'
        ? { kind: 'refused' as const, message: 'no' }
        : { kind: 'returned' as const, value: null };
    },
  };
  await runBlocks(
    [
      { block_type: 'wait', label: 'pause', wait_sec: 1 },
      { block_type: 'code', label: 'good', code: 'good' },
      { block_type: 'code', label: 'bad', code: 'fail' },
    ],
    { capabilities: { browser: taking, clock, code } },
  );
  expect(shots).toEqual(['good', 'fail']);
});

test('an exception that nobody expected is a failure with an empty output', async () => {
  const browser = {
    goto: async () => {
      throw new Error('socket closed');
    },
    currentUrl: () => null,
    screenshot: async () => null,
    printPage: async () => new Uint8Array(),
  };
  const { result } = await runBlocks(
    [{ block_type: 'goto_url', label: 'open', url: 'https://x.test' }],
    { capabilities: { browser } },
  );
  expect(result).toMatchObject({
    failureReason: 'goto_url block failed. failure reason: Unexpected error: socket closed',
    output: { open_output: null },
  });
});
