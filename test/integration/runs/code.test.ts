import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { rowsOf, runBlocks, timeline } from '../../support/runs.ts';

let lapwing: Lapwing;

beforeAll(async () => {
  lapwing = await startLapwing();
});
afterAll(() => lapwing.close());

const code = (label: string, language: string, text: string, fields: object = {}) => ({
  block_type: 'code',
  label,
  language,
  code: text,
  ...fields,
});

const parameters = [
  { parameter_type: 'workflow', key: 'prices', workflow_parameter_type: 'json' },
  { parameter_type: 'workflow', key: 'who', workflow_parameter_type: 'string' },
];
const fields = { parameters: { prices: [1, 2.5], who: 'Ann' } };

it.each([
  ['python', 'print("adding for", who)\nreturn {"total": sum(prices), "who": who}'],
  [
    'javascript',
    'console.log("adding for", who); return { total: prices.reduce((a, b) => a + b), who };',
  ],
  [
    'typescript',
    'const list: number[] = prices;\nconsole.log("adding for", who);\n' +
      'return { total: list.reduce((a: number, b) => a + b), who } satisfies object;',
  ],
])(
  'runs %s with parameters as variables, and shows its log in the timeline',
  async (language, text) => {
    const run = await runBlocks(
      lapwing,
      [code('add', language, text, { parameter_keys: ['prices', 'who'] })],
      { definition: { parameters }, fields },
    );
    expect(run).toMatchObject({ status: 'completed', failure_reason: null, step_count: 1 });
    expect(run.output.add_output).toEqual({ total: 3.5, who: 'Ann' });
    const [row] = rowsOf(await timeline(lapwing, run.run_id));
    expect(row?.logs).toMatchObject([{ level: 'info', message: 'adding for Ann' }]);
    expect(row?.task_id).toMatch(/^tsk_\d+$/);
  },
);

it('is Python when no language is named, rendered as a template, with its local variables as output', async () => {
  const run = await runBlocks(lapwing, [
    { block_type: 'code', label: 'first', code: 'x = 2' },
    {
      block_type: 'code',
      label: 'second',
      // A template inside a comment stays as it is.
      code: '# {{ not_rendered( }}\ny = {{ first_output.x }} + 1\nz = [y, None, True]',
    },
  ]);
  expect(run.output).toMatchObject({
    first_output: { x: 2 },
    second_output: { y: 3, z: [3, null, true] },
  });
});

it('takes outputs of other blocks as variables', async () => {
  const run = await runBlocks(lapwing, [
    code('first', 'javascript', 'return { rows: [1, 2, 3] }'),
    code('second', 'python', 'return len(first_output["rows"])', {
      parameter_keys: ['first_output'],
    }),
  ]);
  expect(run.output.second_output).toBe(3);
});

it.each([
  ['python', 'raise ErrorCode("SOLD_OUT", "none left of " + "it")'],
  ['javascript', 'throw new ErrorCode("SOLD_OUT", "none left of it")'],
  ['typescript', 'throw new ErrorCode("SOLD_OUT" as string, "none left of it")'],
])('maps an error code that %s raises', async (language, text) => {
  const run = await runBlocks(lapwing, [
    code('check', language, text, { error_code_mapping: { SOLD_OUT: 'nothing in stock' } }),
  ]);
  const error = {
    error_code: 'SOLD_OUT',
    reasoning: 'none left of it',
    confidence_float: 1,
    error_type: 'USER_DEFINED_ERROR',
  };
  expect(run).toMatchObject({
    status: 'failed',
    failure_reason: 'code block failed. failure reason: none left of it',
    errors: [error],
    output: {
      check_output: { status: 'failed', failure_reason: 'none left of it', errors: [error] },
    },
  });
  const [row] = rowsOf(await timeline(lapwing, run.run_id));
  expect(row).toMatchObject({ status: 'failed', error_codes: ['SOLD_OUT'] });
});

it('accepts codes of the whole workflow, and refuses undeclared ones', async () => {
  const blocks = [code('check', 'javascript', 'throw new ErrorCode("E1", "why")')];
  const declared = await runBlocks(lapwing, blocks, {
    definition: { error_code_mapping: { E1: 'declared for all' } },
  });
  expect(declared.errors).toMatchObject([{ error_code: 'E1', reasoning: 'why' }]);
  const undeclared = await runBlocks(lapwing, blocks);
  expect(undeclared.failure_reason).toContain(
    'E1 is not declared in the effective error_code_mapping',
  );
  expect(undeclared).toMatchObject({ output: null, errors: [] });
});

it.each([
  ['python', 'int("x")', /ValueError: .*'x'/],
  ['javascript', 'null.x', /TypeError: Cannot read properties of null/],
  ['typescript', 'const x: number = "a".missing();', /TypeError: "?a"?.*not a function/],
])('says what %s raised, and leaves no output', async (language, text, reason) => {
  const run = await runBlocks(lapwing, [code('bad', language, text)]);
  expect(run.status).toBe('failed');
  expect(run.failure_reason).toMatch(/Failed to execute code block\. Reason: /);
  expect(run.failure_reason).toMatch(reason);
  expect(run.output).toBeNull();
});

it('keeps text that Postgres cannot hold, with a replacement for it', async () => {
  const run = await runBlocks(lapwing, [
    code('odd', 'javascript', String.raw`console.log('n\0\ud83d'); return ['a\0b', '\ud83d']`),
  ]);
  expect(run.status).toBe('completed');
  expect(run.output.odd_output).toEqual(['a\uFFFDb', '\uFFFD']);
  const [row] = rowsOf(await timeline(lapwing, run.run_id));
  expect(row?.logs).toMatchObject([{ message: 'n\uFFFD\uFFFD' }]);
});

it('keeps log lines of the levels and in their order', async () => {
  const run = await runBlocks(lapwing, [
    code(
      'talk',
      'javascript',
      'console.debug("d"); console.info("i"); console.warn("w"); console.error("e"); return 1',
    ),
  ]);
  const [row] = rowsOf(await timeline(lapwing, run.run_id));
  expect(row?.logs.map(({ level, message }) => [level, message])).toEqual([
    ['debug', 'd'],
    ['info', 'i'],
    ['warning', 'w'],
    ['error', 'e'],
  ]);
});
