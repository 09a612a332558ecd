import { afterAll, beforeAll, expect, it } from 'vitest';
import { credentials } from '../../site/portal.ts';
import { type Site, startSite } from '../../site/site.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { runBlocks } from '../../support/runs.ts';

let lapwing: Lapwing;
let site: Site;

beforeAll(async () => {
  [lapwing, site] = await Promise.all([startLapwing(), startSite()]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});

const request = (label: string, fields: object) => ({
  block_type: 'http_request',
  label,
  ...fields,
});

it('sends JSON with typed values, and its output has the fields of the reference', async () => {
  const call = request('call', {
    method: 'post',
    url: `${site.url}/api/echo?q={{ name }}`,
    body: { name: '{{ name }}', count: '{{ count | json }}', text: '{{ count }}' },
  });
  const parameters = [
    { parameter_type: 'workflow', key: 'name', workflow_parameter_type: 'string' },
    { parameter_type: 'workflow', key: 'count', workflow_parameter_type: 'integer' },
  ];
  const run = await runBlocks(lapwing, [call], {
    definition: { parameters },
    fields: { parameters: { name: 'Ženča', count: 3 } },
  });

  expect(run).toMatchObject({
    status: 'completed',
    failure_reason: null,
    errors: [],
    step_count: 0,
  });
  const { call_output: output, extracted_information } = run.output;
  expect(extracted_information).toEqual([]);
  expect(Object.keys(output).sort()).toEqual(
    [
      ...['status_code', 'response_headers', 'response_body', 'request_method', 'request_url'],
      ...['request_headers', 'request_body', 'headers', 'body', 'url'],
    ].sort(),
  );
  expect(output).toMatchObject({
    status_code: 200,
    request_method: 'POST',
    request_url: `${site.url}/api/echo?q=Ženča`,
    request_headers: { 'Content-Type': 'application/json' },
    request_body: { name: 'Ženča', count: 3, text: '3' },
  });
  expect(output.body).toEqual(output.response_body);
  expect(output.headers).toEqual(output.response_headers);
  expect(output.url).toBe(output.request_url);
  expect(output.body).toMatchObject({
    method: 'POST',
    query: { q: 'Ženča' },
    json: { name: 'Ženča', count: 3, text: '3' },
  });
});

it('sends a form when the content type is no JSON', async () => {
  const form = request('form', {
    method: 'POST',
    url: `${site.url}/api/echo`,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: { a: '1', b: 'two words' },
  });
  const run = await runBlocks(lapwing, [form]);
  expect(run.output.form_output.body.body).toBe('a=1&b=two+words');
});

it('keeps an answer as a file of the run, and sends that file on as multipart', async () => {
  const run = await runBlocks(lapwing, [
    request('keep', {
      url: `${site.url}/downloads/price-list.csv`,
      save_response_as_file: true,
      download_filename: 'prices.csv',
    }),
    request('send', {
      method: 'POST',
      url: `${site.url}/api/echo`,
      body: { note: 'hello' },
      files: { attachment: '{{ keep_output.file_path }}' },
    }),
  ]);

  expect(run.output.keep_output).toEqual({
    file_path: 'downloads/prices.csv',
    file_name: 'prices.csv',
    file_size: 35,
  });
  const sent = run.output.send_output.body;
  expect(sent.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
  expect(sent.body).toContain('name="note"\r\n\r\nhello');
  expect(sent.body).toContain('filename="prices.csv"');
  expect(sent.body).toContain('BX-10,1.25');
  expect(run.downloaded_files).toMatchObject([{ filename: 'prices.csv', file_size: 35 }]);
  const [file] = run.downloaded_files ?? [];
  expect(await (await fetch(file?.url ?? '')).text()).toContain('TP-02,3.40');
});

it('replaces secrets of an answer by tokens that work in later requests and appear nowhere', async () => {
  const run = await runBlocks(lapwing, [
    request('sign_in', {
      method: 'POST',
      url: `${site.url}/api/echo`,
      body: { session: { token: credentials.apiToken } },
      secret_response_paths: ['json.session.token', 'body'],
    }),
    request('orders', {
      url: `${site.url}/api/orders`,
      headers: { Authorization: 'Bearer {{ sign_in_output.body.json.session.token }}' },
    }),
  ]);

  expect(run.status).toBe('completed');
  expect(run.output.sign_in_output.body.json.session.token).toMatch(/^placeholder_\w{4}_token$/);
  expect(run.output.orders_output.body.orders).toHaveLength(23);
  const timeline = await lapwing.request('GET', `/v1/runs/${run.run_id}/timeline`);
  expect(JSON.stringify([run.output, timeline.body])).not.toContain(credentials.apiToken);
});

it('fails with the status and the body, which stay in the output', async () => {
  const run = await runBlocks(lapwing, [request('call', { url: `${site.url}/api/status/404` })]);
  expect(run).toMatchObject({
    status: 'failed',
    failure_reason: 'http_request block failed. failure reason: HTTP 404: {"status":404}',
    output: { call_output: { status_code: 404, response_body: { status: 404 } } },
  });
});

it('fails the run when the answer takes too long', async () => {
  const run = await runBlocks(lapwing, [
    request('call', { url: `${site.url}/endless`, timeout: 1 }),
  ]);
  expect(run).toMatchObject({
    status: 'failed',
    failure_reason: 'http_request block timed out. Reason: Request timed out after 1 seconds',
    output: { call_output: { error: 'Request timed out', error_type: 'timeout' } },
  });
});

it('follows redirects unless told not to', async () => {
  const followed = await runBlocks(lapwing, [
    request('go', { url: `${site.url}/redirect-to?url=/api/status/201` }),
  ]);
  expect(followed.output.go_output.status_code).toBe(201);
  const stayed = await runBlocks(lapwing, [
    request('go', {
      url: `${site.url}/redirect-to?url=/api/status/201`,
      follow_redirects: false,
    }),
  ]);
  expect(stayed.output.go_output.status_code).toBe(302);
});

it('refuses a private host that is not allowed, also behind a redirect', async () => {
  for (const url of ['http://10.0.0.1/', `${site.url}/redirect-to?url=http://169.254.169.254/`]) {
    const run = await runBlocks(lapwing, [request('call', { url, timeout: 5 })]);
    expect(run.status).toBe('failed');
    expect(run.failure_reason).toMatch(/HTTP request failed: .*(10\.0\.0\.1|169\.254\.169\.254)/);
    expect(run.output.call_output.error_type).toBe('unknown');
  }
});

it('names a bad address and a missing one', async () => {
  const bad = await runBlocks(lapwing, [request('call', { url: 'ftp://a.test/x' })]);
  expect(bad.failure_reason).toContain('Invalid URL format: ftp://a.test/x');
  expect(bad.output).toBeNull();
  const missing = await runBlocks(lapwing, [request('call', { url: '{{ nothing }}' })]);
  expect(missing.failure_reason).toContain('URL is required for HTTP request');
});

it('sends an Idempotency-Key that is the same for one block of one run', async () => {
  const run = await runBlocks(lapwing, [
    request('pay', {
      method: 'POST',
      url: `${site.url}/api/approvals`,
      headers: { 'x-api-token': credentials.apiToken },
      body: { order_id: site.portal.orders[0]?.id },
    }),
  ]);
  expect(run.output.pay_output).toMatchObject({ status_code: 201, body: { replayed: false } });
  expect(site.portal.audit.at(-1)).toMatchObject({
    action: 'approval_request',
    idempotency_key: `${run.run_id}:pay`,
  });
});
