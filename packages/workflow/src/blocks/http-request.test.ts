import { expect, test } from 'vitest';
import { HttpFailure, type HttpFailureKind, type HttpResponse } from '../capabilities/http.ts';
import type { JsonValue } from '../json.ts';
import { fakeFiles, fakeHttp, jsonAnswer } from '../testing/capabilities.ts';
import { memoryJournal } from '../testing/journal.ts';
import { runBlocks, runOneBlock } from '../testing/run.ts';
import { httpFields } from './http/fields.ts';
import { httpRequest } from './http-request.ts';

const block = { block_type: 'http_request', label: 'call', url: 'https://api.test/x' };

async function requestOf(
  fields: Record<string, unknown>,
  parameters: Record<string, JsonValue> = {},
) {
  const http = fakeHttp(() => jsonAnswer(200, {}));
  const files = fakeFiles();
  files.add('bill.pdf', 'pdf');
  const outcome = await runOneBlock(
    { ...block, ...fields },
    { capabilities: { http, files }, parameters },
  );
  expect(outcome.failureReason).toBeNull();
  return http.requests[0];
}

test('the output has the answer under both sets of names', async () => {
  const http = fakeHttp(() => jsonAnswer(201, { id: 7 }));
  const outcome = await runOneBlock(
    { ...block, method: 'post', body: { n: 1 }, headers: { 'Idempotency-Key': 'mine' } },
    { capabilities: { http } },
  );
  expect(outcome).toMatchObject({ status: 'completed', failureReason: null });
  expect(outcome.output).toEqual({
    status_code: 201,
    response_headers: { 'content-type': 'application/json' },
    response_body: { id: 7 },
    request_method: 'POST',
    request_url: 'https://api.test/x',
    request_headers: { 'Idempotency-Key': 'mine', 'Content-Type': 'application/json' },
    request_body: { n: 1 },
    headers: { 'content-type': 'application/json' },
    body: { id: 7 },
    url: 'https://api.test/x',
  });
});

test('templates keep JSON as JSON: typed values, keys, objects and plain text', async () => {
  const request = await requestOf(
    {
      method: 'POST',
      url: 'https://api.test/{{ name }}',
      headers: { 'x-n': '{{ n | json }}' },
      body: { n: '{{ n | json }}', '{{ name }}': 'Hi {{ name }}', list: ['{{ item }}'] },
    },
    { n: 3, name: 'Ann', item: { ok: true } },
  );
  expect(request).toMatchObject({
    url: 'https://api.test/Ann',
    headers: { 'x-n': '3' },
    body: { kind: 'text', text: '{"n":3,"Ann":"Hi Ann","list":["{\\"ok\\": true}"]}' },
  });
});

test.each([
  ['a GET has no body', { body: { a: 1 } }, { kind: 'none' }],
  ['no body is none', { method: 'POST' }, { kind: 'none' }],
  ['JSON is the default', { method: 'PUT', body: {} }, { kind: 'text', text: '{}' }],
  [
    'another content type makes a form',
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: { a: 1, b: 'x' },
    },
    { kind: 'form', fields: { a: '1', b: 'x' } },
  ],
  [
    'files make a multipart body',
    { method: 'POST', body: { a: 'x' }, files: { doc: 'downloads/bill.pdf' } },
    {
      kind: 'multipart',
      fields: { a: 'x' },
      files: [{ field: 'doc', filename: 'bill.pdf', bytes: new TextEncoder().encode('pdf') }],
    },
  ],
])('%s', async (_, fields, body) => {
  const request = await requestOf(fields);
  expect(request?.body).toEqual(body);
});

test('the content type is left to the multipart writer', async () => {
  const request = await requestOf({
    method: 'POST',
    headers: { 'Content-Type': 'text/plain', 'X-A': '1' },
    files: { doc: 'downloads/bill.pdf' },
  });
  expect(request?.headers).toEqual({ 'X-A': '1', 'Idempotency-Key': 'wr_1:call' });
});

test.each([
  ['POST', {}, 'wr_1:call'],
  ['DELETE', {}, 'wr_1:call'],
  ['POST', { 'idempotency-key': 'mine' }, undefined],
  ['GET', {}, undefined],
  ['HEAD', {}, undefined],
])('a %s with the headers %j gets the Idempotency-Key %s', async (method, headers, key) => {
  const request = await requestOf({ method, headers });
  expect(request?.headers['Idempotency-Key']).toBe(key);
});

test('the Idempotency-Key tells iterations apart and is ASCII', async () => {
  const http = fakeHttp(() => jsonAnswer(200, {}));
  await runBlocks(
    [
      {
        block_type: 'for_loop',
        label: 'jeder',
        loop_over_parameter_key: 'items',
        loop_blocks: [{ ...block, label: 'größe', method: 'POST' }],
      },
    ],
    { capabilities: { http }, parameters: { items: [1, 2] } },
  );
  expect(http.requests.map(({ headers }) => headers['Idempotency-Key'])).toEqual([
    'wr_1:jeder[0]/gr%C3%B6%C3%9Fe',
    'wr_1:jeder[1]/gr%C3%B6%C3%9Fe',
  ]);
});

test('an address may be the key of a parameter', async () => {
  const request = await requestOf({ url: 'api' }, { api: 'https://other.test/' });
  expect(request?.url).toBe('https://other.test/');
});

test('limits and redirects are passed on', async () => {
  const request = await requestOf({ timeout: 5, follow_redirects: false });
  expect(request).toMatchObject({ timeoutSeconds: 5, followRedirects: false });
});

test.each([
  ['text/plain; charset=utf-8', 'héllo', 'héllo'],
  ['application/problem+json', '{"a":1}', { a: 1 }],
  ['application/json', 'not json', 'not json'],
])('an answer of type %s is read as %j', async (type, text, body) => {
  const http = fakeHttp(() => ({
    ...jsonAnswer(200, null),
    headers: { 'content-type': type },
    body: new TextEncoder().encode(text),
  }));
  const outcome = await runOneBlock(block, { capabilities: { http } });
  expect(outcome.output).toMatchObject({ response_body: body });
});

test('another status than 2xx fails with the body in the reason and keeps the output', async () => {
  const http = fakeHttp(() => jsonAnswer(404, { detail: 'no such order' }));
  const outcome = await runOneBlock(block, { capabilities: { http } });
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: 'HTTP 404: {"detail":"no such order"}',
    output: { status_code: 404 },
  });
});

test.each<[HttpFailureKind, string, string, JsonValue | undefined]>([
  [
    'timeout',
    'timed_out',
    'Request timed out after 30 seconds',
    { error: 'Request timed out', error_type: 'timeout' },
  ],
  [
    'blocked',
    'failed',
    'HTTP request failed: what happened',
    { error: 'what happened', error_type: 'unknown' },
  ],
  ['invalid_url', 'failed', 'Invalid URL format: what happened', undefined],
])('a request that fails as %s ends %s', async (kind, status, failureReason, output) => {
  const http = fakeHttp(() => {
    throw new HttpFailure(kind, 'what happened');
  });
  const outcome = await runOneBlock(block, { capabilities: { http } });
  expect(outcome).toMatchObject({ status, failureReason });
  expect(outcome.output).toEqual(output);
});

test.each([
  [null, 'URL is required for HTTP request'],
  ['  ', 'URL is required for HTTP request'],
  ['api.test/x', 'Invalid URL format: api.test/x is no http or https address'],
  ['ftp://x.test', 'Invalid URL format: ftp://x.test is no http or https address'],
])('the address %j fails without a request', async (url, failureReason) => {
  const http = fakeHttp(() => jsonAnswer(200, {}));
  const outcome = await runOneBlock({ ...block, url }, { capabilities: { http } });
  expect(outcome).toMatchObject({ status: 'failed', failureReason, output: undefined });
  expect(http.requests).toEqual([]);
});

const login = {
  ...block,
  label: 'login',
  secret_response_paths: ['auth.0.token'],
};

test('a secret of an answer is a token in outputs and real in later requests', async () => {
  const http = fakeHttp((_, count) =>
    count === 1 ? jsonAnswer(200, { auth: [{ token: 's3cr3t' }] }) : jsonAnswer(200, 'ok s3cr3t'),
  );
  const { result, journal } = await runBlocks(
    [
      login,
      {
        ...block,
        headers: { Authorization: 'Bearer {{ login_output.body.auth[0].token }}' },
      },
    ],
    { capabilities: { http } },
  );
  expect(result.failureReason).toBeNull();
  expect(http.requests[1]?.headers.Authorization).toBe('Bearer s3cr3t');
  expect(journal.outcome('login')?.output).toMatchObject({
    response_body: {
      auth: [{ token: expect.stringMatching(/^placeholder_[A-Za-z0-9]{4}_token$/) }],
    },
  });
  expect(journal.outcome('call')?.output).toMatchObject({
    request_headers: { Authorization: 'Bearer *****' },
    response_body: 'ok *****',
  });
  expect(JSON.stringify([result, journal.events])).not.toContain('s3cr3t');
});

test.each([
  [200, { auth: [] }, /^The answer has no text at the secret_response_paths entry auth\.0\.token$/],
  [500, { auth: [{ token: 's3cr3t' }] }, /^HTTP 500: \[redacted/],
])('an answer %d %j with secret paths shows no body', async (status, body, reason) => {
  const http = fakeHttp(() => jsonAnswer(status, body));
  const outcome = await runOneBlock(login, { capabilities: { http } });
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: expect.stringMatching(reason),
    output: {
      body: expect.stringContaining('redacted'),
      response_body: expect.stringContaining('redacted'),
    },
  });
});

test('a secret that was lost with its worker fails the request that needs it', async () => {
  const http = fakeHttp(() => jsonAnswer(200, { auth: [{ token: 's3cr3t' }] }));
  const blocks = [
    login,
    { ...block, headers: { Authorization: '{{ login_output.body.auth[0].token }}' } },
  ];
  const first = await runBlocks(blocks, { capabilities: { http } });
  const afterLogin = first.journal.events.findIndex(({ kind }) => kind === 'finish') + 1;
  const { result } = await runBlocks(blocks, {
    capabilities: { http },
    journal: memoryJournal(first.journal.events.slice(0, afterLogin)),
  });
  expect(result.failureReason).toMatch(/The secret behind placeholder_.*_token is gone/);
  expect(http.requests).toHaveLength(2);
});

const download = { ...block, save_response_as_file: true };

test.each([
  [{ download_filename: 'my.csv' }, {}, 'my.csv'],
  [{}, { 'content-disposition': 'attachment; filename="a b.csv"' }, 'a b.csv'],
  [{}, { 'content-disposition': "attachment; filename*=UTF-8''%C3%A9.csv" }, 'é.csv'],
  [{ url: 'https://api.test/files/c%20d.csv?x=1' }, {}, 'c d.csv'],
  [{ url: 'https://api.test/' }, {}, 'download'],
])('an answer is kept as a file: %j %j → %s', async (fields, headers, name) => {
  const http = fakeHttp(
    (request): HttpResponse => ({ ...jsonAnswer(200, 12), url: request.url, headers }),
  );
  const outcome = await runOneBlock({ ...download, ...fields }, { capabilities: { http } });
  expect(outcome.output).toEqual({
    file_path: `downloads/${name}`,
    file_name: name,
    file_size: 2,
  });
});

test.each([
  [() => jsonAnswer(403, {}), 'HTTP 403', { error: 'HTTP 403', error_type: 'http_error' }],
  [
    () => {
      throw new HttpFailure('too_large', 'big');
    },
    'File exceeds maximum size of 500MB',
    { error: 'File exceeds maximum size of 500MB', error_type: 'file_too_large' },
  ],
  [
    () => {
      throw new HttpFailure('unknown', 'reset');
    },
    'File download failed: reset',
    { error: 'reset', error_type: 'unknown' },
  ],
])('a download that fails says why (%#)', async (answer, failureReason, output) => {
  const http = fakeHttp(answer);
  const outcome = await runOneBlock(download, { capabilities: { http } });
  expect(outcome).toMatchObject({ status: 'failed', failureReason, output });
});

test('secret paths of a file are refused at save', () => {
  const fields = { save_response_as_file: true, secret_response_paths: ['a'] };
  expect(httpFields.safeParse(fields).success).toBe(false);
});

test.each([
  [{ method: 'GET' }, true],
  [{ method: 'options' }, true],
  [{ method: 'POST' }, false],
  [{ method: 'POST', save_response_as_file: true }, true],
])('%j is idempotent: %s', (fields, expected) => {
  expect(httpRequest.isIdempotent?.(httpFields.parse(fields))).toBe(expected);
});
