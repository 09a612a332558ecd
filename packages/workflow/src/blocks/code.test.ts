import { expect, test } from 'vitest';
import type { CodeResult } from '../capabilities/code.ts';
import { fakeCode, fakeCredentials, fakeFiles } from '../testing/capabilities.ts';
import { storedDefinition } from '../testing/definitions.ts';
import { runBlocks, runDefinition, runOneBlock } from '../testing/run.ts';
import { codeFields } from './code/fields.ts';

const block = { block_type: 'code', label: 'work', code: 'return 1' };

function answering(result: CodeResult) {
  return { capabilities: { code: fakeCode(() => result) } };
}

test('the returned value is the output, and the block counts as a step', async () => {
  const { result } = await runBlocks([block], answering({ kind: 'returned', value: { n: 3 } }));
  expect(result.output).toEqual({ work_output: { n: 3 }, extracted_information: [] });
  expect(result.stepCount).toBe(1);
});

test('parameters that it names are its variables, outputs of blocks included', async () => {
  const code = fakeCode(() => ({ kind: 'returned', value: [1] }));
  await runBlocks(
    [
      { ...block, label: 'first' },
      { ...block, parameter_keys: ['city', 'first_output', 'unknown'] },
    ],
    { capabilities: { code }, parameters: { city: 'Bonn', secret: 'x' } },
  );
  expect(code.requests[1]).toMatchObject({
    language: 'python',
    code: 'return 1',
    timeoutSeconds: 300,
  });
  expect(code.requests[1]?.variables).toEqual({ city: 'Bonn', first_output: [1], unknown: null });
  expect(code.requests[1]?.credentials).toEqual({});
});

test('Python is a template but for its comments, other languages are none', async () => {
  const code = fakeCode(() => ({ kind: 'returned', value: null }));
  const source = 'a = "{{ city }}" # {{ city }}';
  await runBlocks(
    [
      { ...block, code: source },
      { ...block, label: 'script', language: 'javascript', code: source },
    ],
    { capabilities: { code }, parameters: { city: 'Bonn' } },
  );
  expect(code.requests.map((request) => request.code)).toEqual(['a = "Bonn" # {{ city }}', source]);
});

test('files that were downloaded meanwhile are added to an object', async () => {
  const files = fakeFiles();
  const code = fakeCode((_, count) => {
    files.add(`${count}.csv`);
    return { kind: 'returned', value: count === 1 ? { rows: 1 } : 'done' };
  });
  const { result } = await runBlocks([block, { ...block, label: 'text' }], {
    capabilities: { code, files },
  });
  expect(result.output).toMatchObject({
    work_output: {
      rows: 1,
      downloaded_files: [{ filename: '1.csv' }],
      downloaded_file_artifact_ids: ['a_1'],
    },
    text_output: 'done',
  });
});

const declared = {
  status: 'failed',
  failure_reason: 'sold out',
  errors: [
    {
      error_code: 'GONE',
      reasoning: 'sold out',
      confidence_float: 1,
      error_type: 'USER_DEFINED_ERROR',
    },
  ],
};

test.each([
  [{ GONE: 'no stock' }, null],
  [null, { GONE: 'no stock' }],
  [{ OTHER: 'x' }, { '{{ "GO" }}NE': 'no stock' }],
])('an error code of the workflow %j or of the block %j is declared', async (workflow, own) => {
  const definition = storedDefinition([{ ...block, error_code_mapping: own }], {
    error_code_mapping: workflow,
  });
  const { result } = await runDefinition(
    definition,
    answering({ kind: 'error_code', code: 'GONE', reasoning: 'sold out' }),
  );
  expect(result).toMatchObject({
    status: 'failed',
    failureReason: 'code block failed. failure reason: sold out',
    output: { work_output: declared },
    errors: declared.errors,
  });
});

test.each<[CodeResult, string]>([
  [
    { kind: 'error_code', code: 'GONE', reasoning: 'sold out' },
    'Failed to execute code block. Reason: ErrorCode: GONE is not declared in the effective error_code_mapping',
  ],
  [
    { kind: 'raised', type: 'KeyError', message: "'x'" },
    "Failed to execute code block. Reason: KeyError: 'x'",
  ],
  [
    { kind: 'limit', limit: 'time', message: 'ended after 300 seconds' },
    'Failed to execute code block. Reason: TimeoutError: ended after 300 seconds',
  ],
  [
    { kind: 'limit', limit: 'memory', message: 'used 512 MB' },
    'Failed to execute code block. Reason: MemoryError: used 512 MB',
  ],
  [{ kind: 'refused', message: 'import os' }, 'Insecure code detected. import os'],
])('%j fails and records nothing', async (result, failureReason) => {
  const outcome = await runOneBlock(block, answering(result));
  expect(outcome).toMatchObject({ status: 'failed', failureReason, output: undefined, errors: [] });
});

const vault = {
  cred_1: { username: 'ann', password: 's3cret-word', card_brand: 'visa', card_cvv: '12' },
  api_secret: { secret_value: 'other-s3cret' },
};

function credentialBlock(value: string | null) {
  const parameters = [
    { parameter_type: 'workflow', key: 'login', workflow_parameter_type: 'credential_id' },
    {
      parameter_type: 'context',
      key: 'same',
      source: {
        parameter_type: 'workflow',
        key: 'login',
        workflow_parameter_type: 'credential_id',
      },
    },
    { parameter_type: 'aws_secret', key: 'api_secret', aws_key: 'x' },
  ];
  return { block: { ...block, parameters }, parameters: { login: value, same: value } };
}

test('credentials are opened, and their values appear nowhere', async () => {
  const { block: own, parameters } = credentialBlock('cred_1');
  const code = fakeCode(({ mask }) => ({
    kind: 'returned',
    value: { said: mask('ann other-s3cret'), password: 'is s3cret-word', brand: 'visa', n: '12' },
  }));
  const capabilities = { code, credentials: fakeCredentials(vault) };
  const outcome = await runOneBlock(own, { capabilities, parameters });
  expect(code.requests[0]).toMatchObject({
    variables: {},
    credentials: { login: vault.cred_1, same: vault.cred_1, api_secret: vault.api_secret },
  });
  const masked = { said: '***** *****', password: 'is *****', brand: 'visa', n: '12' };
  expect(outcome.output).toEqual(masked);
});

test('a credential that was not given is null, and one that cannot be opened fails the block', async () => {
  const code = fakeCode(() => ({ kind: 'returned', value: 1 }));
  const capabilities = { code, credentials: fakeCredentials(vault) };
  const none = credentialBlock(null);
  await runOneBlock(none.block, { capabilities, parameters: none.parameters });
  expect(code.requests[0]?.variables).toEqual({ login: null, same: null });
  const unknown = credentialBlock('cred_2');
  const outcome = await runOneBlock(unknown.block, {
    capabilities,
    parameters: unknown.parameters,
  });
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: 'Failed to execute code block. Reason: There is no credential cred_2.',
    output: undefined,
  });
  expect(code.requests).toHaveLength(1);
});

test('files of parameters are fetched, and the code gets their paths', async () => {
  const code = fakeCode(() => ({ kind: 'returned', value: 1 }));
  const file = (key: string) => ({
    parameter_type: 'workflow',
    key,
    workflow_parameter_type: 'file_url',
  });
  await runOneBlock(
    { ...block, parameters: [file('bill'), file('stored')] },
    {
      capabilities: { code },
      parameters: {
        bill: 'https://files.test/bill.pdf',
        stored: { s3uri: 's3://bucket/list.csv' },
      },
    },
  );
  expect(code.requests[0]?.variables).toEqual({
    bill: 'inputs/bill.pdf',
    stored: 'inputs/list.csv',
  });
});

test('a misused ErrorCode leaves an output without errors', async () => {
  const outcome = await runOneBlock(block, answering({ kind: 'misused', message: 'no (line 1)' }));
  const reason = 'Failed to execute code block. Reason: SyntaxError: no (line 1)';
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: reason,
    output: { status: 'failed', failure_reason: reason, errors: [] },
    errors: [],
  });
});

test('a helper that gives up terminates the block', async () => {
  const { result, journal } = await runBlocks(
    [block],
    answering({ kind: 'terminated', message: 'No code came.' }),
  );
  expect(journal.outcome('work')).toMatchObject({
    status: 'terminated',
    failureReason: 'CodeBlock terminated. No code came.',
    output: undefined,
  });
  expect(result.status).toBe('terminated');
});

test('a failure after a download still names the file', async () => {
  const files = fakeFiles();
  const code = fakeCode(() => {
    files.add('got.csv');
    return { kind: 'raised', type: 'Error', message: 'late' };
  });
  const outcome = await runOneBlock(block, { capabilities: { code, files } });
  expect(outcome.output).toMatchObject({ downloaded_files: [{ filename: 'got.csv' }] });
});

test('a long reason is cut', async () => {
  const outcome = await runOneBlock(
    block,
    answering({ kind: 'raised', type: 'E', message: 'x'.repeat(5000) }),
  );
  expect(outcome.failureReason?.length).toBe(
    'Failed to execute code block. Reason: '.length + 2000,
  );
});

test('a template that fails and a sandbox that breaks have their own texts', async () => {
  const broken = fakeCode(() => {
    throw new Error('no sandbox');
  });
  const template = await runOneBlock({ ...block, code: '{{ missing.field }}' });
  const sandbox = await runOneBlock(block, { capabilities: { code: broken } });
  expect(template.failureReason).toMatch(/^Failed to format CodeBlock parameters\. /);
  expect(sandbox).toMatchObject({ failureReason: 'CodeBlock execution failed.', output: null });
});

const manyCodes = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`C${i}`, 'why']));

test.each([
  { error_code_mapping: manyCodes },
  { error_code_mapping: { ['x'.repeat(129)]: 'why' } },
  { error_code_mapping: { X: 'a\u0007b' } },
  { error_code_mapping: { X: '  ' } },
  {
    error_code_mapping: Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`C${i}`, 'é'.repeat(1000)]),
    ),
  },
  { steps: [{ action_type: 'dance' }] },
  { parameters: ['x'] },
  { error_code: 'X' },
])('a definition with %j is refused', (fields) => {
  expect(codeFields.safeParse({ code: 'x', ...fields }).success).toBe(false);
});

test('a definition within the limits is accepted and filled', () => {
  const fields = { code: 'x', steps: [{ title: 'Open' }], error_code_mapping: { ' A ': ' why ' } };
  expect(codeFields.parse(fields)).toMatchObject({
    language: 'python',
    steps: [{ title: 'Open', action_type: 'null_action' }],
    error_code_mapping: { A: 'why' },
  });
});
