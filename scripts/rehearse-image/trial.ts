import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

export const apiKey = 'rehearsal-key-0123456789';

interface Run {
  readonly run_id: string;
  readonly status: string;
  readonly failure_reason: string | null;
  readonly output: Readonly<Record<string, unknown>>;
  readonly downloaded_files: readonly { readonly url: string; readonly filename: string }[] | null;
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function request<T>(url: string, body?: unknown): Promise<T> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(120_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered HTTP ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}

/** Runs a workflow of these blocks to its end. @throws when it does not complete. */
async function complete(server: string, blocks: readonly object[]): Promise<Run> {
  const definition = { title: 'Rehearsal', workflow_definition: { parameters: [], blocks } };
  const workflow = await request<{ workflow_permanent_id: string }>(`${server}/v1/workflows`, {
    json_definition: definition,
  });
  const { run_id } = await request<Run>(`${server}/v1/run/workflows`, {
    workflow_id: workflow.workflow_permanent_id,
  });
  const run = await request<Run>(`${server}/v1/runs/${run_id}?wait=60`);
  if (run.status !== 'completed')
    throw new Error(`The run ended as ${run.status}: ${run.failure_reason}`);
  return run;
}

const code = (label: string, language: string, text: string) => ({
  block_type: 'code',
  label,
  language,
  code: text,
});

function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (found !== wanted) throw new Error(`${what} is ${found}, not ${wanted}`);
}

/** A run that needs no browser: HTTP, JavaScript, Python and a file. Answers what it did, in words. */
export async function tryWithoutBrowser(server: string): Promise<string> {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  const run = await complete(server, [
    { block_type: 'http_request', label: 'ask', method: 'GET', url: `${server}/v1/version` },
    code('script', 'javascript', 'return { answer: 6 * 7 };'),
    code('python', 'python', 'return {"answer": 6 * 7}'),
    {
      block_type: 'http_request',
      label: 'fetch',
      method: 'GET',
      url: `${server}/openapi.json`,
      save_response_as_file: true,
      download_filename: 'openapi.json',
    },
  ]);
  const { ask_output, script_output, python_output } = run.output;
  expectEqual((ask_output as { response_body: unknown }).response_body, { version }, 'The answer');
  expectEqual(script_output, { answer: 42 }, 'The output of JavaScript');
  expectEqual(python_output, { answer: 42 }, 'The output of Python');
  const url = run.downloaded_files?.[0]?.url ?? '';
  const document = await request<{ openapi: string }>(url);
  expectEqual(document.openapi.slice(0, 2), '3.', 'The file that was kept');
  return `${run.run_id}: HTTP, JavaScript, Python, a file kept and served again`;
}

/** A run that opens a page. */
export async function tryBrowser(server: string): Promise<string> {
  const run = await complete(server, [
    { block_type: 'goto_url', label: 'open', url: `${server}/docs` },
    code('title', 'javascript', 'return { title: await page.title() };'),
  ]);
  expectEqual(run.output.title_output, { title: 'Lapwing API' }, 'The title of the page');
  return `${run.run_id}: a page opened and read`;
}
