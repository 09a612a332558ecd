import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from '../../site/site.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { rowsOf, runBlocks, timeline } from '../../support/runs.ts';

let lapwing: Lapwing;
let site: Site;

beforeAll(async () => {
  [lapwing, site] = await Promise.all([startLapwing(), startSite()]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});

const answer = (label: string, status: number, fields: object = {}) => ({
  block_type: 'http_request',
  label,
  url: `${site.url}/api/status/${status}`,
  ...fields,
});
const none = (label: string, fields: object = {}) => ({
  block_type: 'for_loop',
  label,
  loop_variable_reference: '{{ [] }}',
  loop_blocks: [answer(`${label}_leaf`, 200)],
  ...fields,
});
const slow = (label: string, fields: object = {}) => ({
  block_type: 'http_request',
  label,
  url: `${site.url}/endless`,
  timeout: 1,
  ...fields,
});
const withFinally = { definition: { finally_block_label: 'clean_up' } };

it('stops at the first failure, and blocks behind it have no entry', async () => {
  const run = await runBlocks(lapwing, [answer('a', 200), answer('b', 500), answer('c', 200)]);
  expect(run).toMatchObject({
    status: 'failed',
    failure_reason: 'http_request block failed. failure reason: HTTP 500: {"status":500}',
  });
  expect(Object.keys(run.output)).toEqual(['a_output', 'b_output', 'extracted_information']);
});

it('completes when every failure may be passed over, whatever kind it is', async () => {
  const goOn = { continue_on_failure: true };
  const run = await runBlocks(lapwing, [
    answer('failed', 500, goOn),
    none('terminated', goOn),
    slow('timed_out', goOn),
    answer('last', 200),
  ]);
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  expect(run.output.last_output.status_code).toBe(200);
  const rows = rowsOf(await timeline(lapwing, run.run_id));
  expect(
    rows.map(({ label, status, continue_on_failure }) => [label, status, continue_on_failure]),
  ).toEqual([
    ['last', 'completed', false],
    ['timed_out', 'timed_out', true],
    ['terminated', 'terminated', true],
    ['failed', 'failed', true],
  ]);
});

it.each([
  ['completed', () => answer('body', 200), null],
  ['failed', () => answer('body', 500), /^http_request block failed/],
  ['terminated', () => none('body'), /^for_loop block terminated/],
  ['failed', () => slow('body'), /^http_request block timed out/],
])(
  'runs the finally block after a body that %s, and keeps its end',
  async (status, body, reason) => {
    const run = await runBlocks(
      lapwing,
      [body(), answer('skipped', 200), answer('clean_up', 200)],
      withFinally,
    );
    expect(run.status).toBe(status);
    expect(run.output.clean_up_output.status_code).toBe(200);
    if (reason === null) expect(run.failure_reason).toBeNull();
    else expect(run.failure_reason).toMatch(reason);
  },
);

it('runs the finally block once, behind the body', async () => {
  const before = site.count('/api/status/202');
  const run = await runBlocks(
    lapwing,
    [answer('clean_up', 202), answer('a', 200), answer('b', 200)],
    withFinally,
  );
  expect(site.count('/api/status/202')).toBe(before + 1);
  expect(Object.keys(run.output)).toEqual([
    ...['a_output', 'b_output', 'clean_up_output', 'extracted_information'],
  ]);
});

it.each([
  ['fails the run when the body went well', 200, {}, 'failed'],
  ['is passed over when it may fail', 200, { continue_on_failure: true }, 'completed'],
  ['does not hide how the body ended', 503, {}, 'failed'],
])('a failing finally block %s', async (_, bodyStatus, fields, status) => {
  const run = await runBlocks(
    lapwing,
    [answer('body', bodyStatus), answer('clean_up', 500, fields)],
    withFinally,
  );
  expect(run.status).toBe(status);
  if (bodyStatus === 503) expect(run.failure_reason).toContain('HTTP 503');
  else if (status === 'failed') expect(run.failure_reason).toContain('HTTP 500');
});

it('fails a workflow that consists of its finally block', async () => {
  const run = await runBlocks(lapwing, [answer('clean_up', 200)], withFinally);
  expect(run).toMatchObject({
    status: 'failed',
    failure_reason: 'Workflow has no executable blocks.',
  });
});

it('names the field that a template cannot be rendered for', async () => {
  const run = await runBlocks(lapwing, [
    answer('a', 200, { url: `${site.url}/{{ missing.field }}` }),
  ]);
  expect(run.status).toBe('failed');
  expect(run.failure_reason).toMatch(
    /^http_request block failed\. failure reason: Failed to format jinja template: /,
  );
  expect(run.output).toBeNull();
});
