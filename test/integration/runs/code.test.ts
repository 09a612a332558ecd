import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { credentials } from '../../site/portal.ts';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Site, startSite } from '../../site/site.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { rowsOf, runBlocks, timeline } from '../../support/runs.ts';

let lapwing: Lapwing;
let site: Site;
let receiver: Receiver;

beforeAll(async () => {
  [lapwing, site, receiver] = await Promise.all([startLapwing(), startSite(), startReceiver()]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close(), receiver.close()]);
});

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

it('does not run Python that misuses ErrorCode, and says so in the output', async () => {
  const run = await runBlocks(lapwing, [
    code('check', 'python', 'why = ErrorCode("SOLD_OUT", "none left")\nraise why', {
      error_code_mapping: { SOLD_OUT: 'nothing in stock' },
    }),
  ]);
  const reason =
    'Failed to execute code block. Reason: SyntaxError: ErrorCode is only allowed as raise ErrorCode("CODE", "why") with a literal code (line 1)';
  expect(run).toMatchObject({
    status: 'failed',
    failure_reason: `code block failed. failure reason: ${reason}`,
    errors: [],
    output: { check_output: { status: 'failed', failure_reason: reason, errors: [] } },
  });
});

const login = (parameter: object) => ({
  parameters: [{ key: 'login', ...parameter }],
  blocks: [code('use', 'javascript', 'return login', { parameter_keys: ['login'] })],
});

it.each([
  [
    { parameter_type: 'workflow', workflow_parameter_type: 'credential_id' },
    'the credential cred_1 of parameter login cannot be opened: this server has no credential vault yet',
  ],
  [
    { parameter_type: 'credential', credential_id: 'cred_2' },
    'the credential cred_2 of parameter login cannot be opened: this server has no credential vault yet',
  ],
  [
    { parameter_type: 'onepassword', vault_id: 'v', item_id: 'i' },
    'the parameter login (onepassword) is kept in 1Password, and this server has no connection to it yet',
  ],
])('names the vault that a credential of %j would need', async (parameter, what) => {
  const run = await lapwing.run(await lapwing.createWorkflow(login(parameter)), {
    parameters: { login: 'cred_1' },
  });
  expect(run).toMatchObject({
    status: 'failed',
    failure_reason: `code block failed. failure reason: Failed to execute code block. Reason: ${what}. Give the values to the run as parameters until then.`,
    output: null,
  });
});

it('gives null for a credential that the run came without', async () => {
  const parameter = { parameter_type: 'workflow', workflow_parameter_type: 'credential_id' };
  const run = await lapwing.run(await lapwing.createWorkflow(login(parameter)));
  expect(run).toMatchObject({ status: 'completed', output: { use_output: null } });
});

it('fetches the files of parameters, and gives code and later blocks their paths', async () => {
  const run = await runBlocks(
    lapwing,
    [
      code('first', 'python', 'return prices', { parameter_keys: ['prices'] }),
      code('again', 'javascript', 'return prices', { parameter_keys: ['prices'] }),
      { block_type: 'file_url_parser', label: 'read', file_url: '{{ first_output }}' },
    ],
    {
      definition: {
        parameters: [
          { parameter_type: 'workflow', key: 'prices', workflow_parameter_type: 'file_url' },
        ],
      },
      fields: { parameters: { prices: `${site.url}/downloads/price-list.csv` } },
    },
  );
  expect(run).toMatchObject({
    status: 'completed',
    output: {
      first_output: 'inputs/price-list.csv',
      again_output: 'inputs/price-list.csv',
      read_output: [{ SKU: 'BX-10' }, { SKU: 'TP-02' }],
    },
    // They are none that the run has made.
    downloaded_files: null,
  });
});

it('says which file of a parameter could not be fetched', async () => {
  const url = `${site.url}/downloads/none.csv`;
  const run = await runBlocks(
    lapwing,
    [code('use', 'javascript', 'return file', { parameter_keys: ['file'] })],
    {
      definition: {
        parameters: [
          { parameter_type: 'workflow', key: 'file', workflow_parameter_type: 'file_url' },
        ],
      },
      fields: { parameters: { file: url } },
    },
  );
  expect(run.failure_reason).toBe(
    `code block failed. failure reason: Failed to execute code block. Reason: ${url} answered HTTP 404`,
  );
});

it('masks secrets of the run in what code prints, returns and raises', async () => {
  const secret = credentials.apiToken;
  const signIn = {
    block_type: 'http_request',
    label: 'sign_in',
    method: 'POST',
    url: `${site.url}/api/echo`,
    body: { token: secret },
    secret_response_paths: ['json.token', 'body'],
  };
  const said = await runBlocks(lapwing, [
    signIn,
    code(
      'say',
      'javascript',
      `console.log('it is ${secret}'); return { '${secret}': '${secret}' }`,
    ),
  ]);
  expect(said.output.say_output).toEqual({ '*****': '*****' });
  const raised = await runBlocks(lapwing, [
    signIn,
    code('say', 'javascript', `throw new Error('x'.repeat(1990) + '${secret}')`),
  ]);
  expect(raised.failure_reason).toMatch(/x{1990}\*+$/);
  const rows = rowsOf(await timeline(lapwing, said.run_id));
  const logs = rows.find(({ label }) => label === 'say')?.logs;
  expect(logs).toMatchObject([{ message: 'it is *****' }]);
});

it("asks the run's own address for one-time codes, signed as webhooks are", async () => {
  receiver.answerWith({ body: JSON.stringify({ verification_code: '123456' }) });
  const run = await runBlocks(lapwing, [code('confirm', 'python', 'return await otp()')], {
    fields: { totp_url: `${receiver.url}/codes` },
  });
  expect(run).toMatchObject({ status: 'completed', output: { confirm_output: '123456' } });
  const [request] = receiver.deliveries;
  const signature = createHmac('sha256', lapwing.apiKey)
    .update(request?.rawBody ?? '')
    .digest('hex');
  expect(request).toMatchObject({ method: 'POST', path: '/codes' });
  expect(request?.headers['x-skyvern-signature']).toBe(signature);
  expect(JSON.parse(request?.rawBody ?? '')).toEqual({
    workflow_run_id: run.run_id,
    workflow_permanent_id: run.run_request?.workflow_id,
  });
});

it('terminates when no code comes in time, and fails when there is nowhere to ask', async () => {
  receiver.answerWith({ body: '{}' }, { body: '{}' });
  const late = await runBlocks(lapwing, [code('confirm', 'python', 'await otp(timeout=10)')], {
    fields: { totp_url: `${receiver.url}/codes` },
  });
  expect(late).toMatchObject({
    status: 'terminated',
    failure_reason:
      'code block terminated. Reason: CodeBlock terminated. No one-time code came within 0.01 seconds (OTP_TIMEOUT).',
  });
  const nowhere = await runBlocks(lapwing, [code('confirm', 'javascript', 'await otp()')]);
  expect(nowhere.status).toBe('failed');
  expect(nowhere.failure_reason).toContain('start the run with totp_url');
});

it('runs no code where the operator has switched it off', async () => {
  const other = await startLapwing({ LAPWING_CODE_BLOCKS: 'off' });
  try {
    const run = await runBlocks(other, [code('work', 'javascript', 'return 1')]);
    expect(run).toMatchObject({
      status: 'failed',
      failure_reason: expect.stringContaining('Code blocks are disabled on this server'),
    });
  } finally {
    await other.close();
  }
});
