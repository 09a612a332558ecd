import { RunResponse, TimelineItem } from '@lapwing/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from '../../site/site.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { blockStarted, ended, runBlocks, startRun, timeline } from '../../support/runs.ts';

let lapwing: Lapwing;
let site: Site;

beforeAll(async () => {
  // One slot: a second run has to wait for it.
  [lapwing, site] = await Promise.all([startLapwing({ LAPWING_SLOTS: '1' }), startSite()]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});

const endless = { block_type: 'wait', label: 'hold', wait_sec: 600 };
const quick = (label: string, code: string) => ({
  block_type: 'code',
  label,
  language: 'javascript',
  code,
});
const get = async (runId: string, query = '') =>
  (await lapwing.request('GET', `/v1/runs/${runId}${query}`)).body;
const cancel = (runId: string) => lapwing.request('POST', `/v1/runs/${runId}/cancel`);

it('shows its times as they come: created, queued, started, finished', async () => {
  const blocker = await startRun(lapwing, await lapwing.createWorkflow({ blocks: [endless] }));
  await blockStarted(lapwing, blocker, 'hold');
  const workflowId = await lapwing.createWorkflow({ blocks: [endless] });
  const created = await lapwing.request('POST', '/v1/run/workflows', { workflow_id: workflowId });
  expect(created.body).toMatchObject({
    status: 'created',
    queued_at: null,
    started_at: null,
    finished_at: null,
    output: null,
    errors: null,
    step_count: null,
  });
  const runId = created.body.run_id;

  const queued = await get(runId);
  expect(queued).toMatchObject({ status: 'queued', started_at: null, finished_at: null });
  expect(queued.queued_at).not.toBeNull();
  await cancel(blocker);
  await blockStarted(lapwing, runId, 'hold');
  const running = await get(runId);
  expect(running).toMatchObject({ status: 'running', finished_at: null, failure_reason: null });
  await cancel(runId);
  const final = await ended(lapwing, runId);

  expect(final.status).toBe('canceled');
  expect(final.queued_at).toBe(queued.queued_at);
  expect(final.started_at).toBe(running.started_at);
  const times = [final.created_at, final.queued_at, final.started_at, final.finished_at];
  expect(times).toEqual([...times].sort());
  for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?$/);
});

it('answers in the shapes of the protocol at every stage', async () => {
  const run = await runBlocks(lapwing, [quick('a', 'console.log("x"); return {}')]);
  expect(RunResponse.safeParse(run).error).toBeUndefined();
  const items = await timeline(lapwing, run.run_id);
  expect(TimelineItem.array().safeParse(items).error).toBeUndefined();
});

it('holds the answer until the run has ended, or the seconds are over', async () => {
  const workflowId = await lapwing.createWorkflow({ blocks: [endless] });
  const runId = await startRun(lapwing, workflowId);
  await blockStarted(lapwing, runId, 'hold');
  const unfinished = await get(runId, '?wait=1');
  expect(unfinished.status).toBe('running');
  const waiting = get(runId, '?wait=60');
  await cancel(runId);
  expect(await waiting).toMatchObject({ status: 'canceled', step_count: 0 });
});

it('puts the outputs together, with all that was extracted in one list', async () => {
  const run = await runBlocks(lapwing, [
    quick('one', 'return { extracted_information: [{ price: 1 }, { price: 2 }] }'),
    quick('two', 'return { inner: { extracted_information: { price: 3 } } }'),
    quick('three', 'return { extracted_information: null }'),
    quick('four', 'return "plain"'),
  ]);
  expect(run.output).toEqual({
    one_output: { extracted_information: [{ price: 1 }, { price: 2 }] },
    two_output: { inner: { extracted_information: { price: 3 } } },
    three_output: { extracted_information: null },
    four_output: 'plain',
    extracted_information: [{ price: 1 }, { price: 2 }, { price: 3 }],
  });
  expect(run.step_count).toBe(4);
});

it('sees earlier outputs, parameters and the run itself in templates', async () => {
  const url =
    `${site.url}/api/echo?a={{ one.n }}&b={{ one_output.n }}&c={{ who }}` +
    '&d={{ workflow_run_id }}&e={{ workflow_title }}&f={{ workflow_run_outputs.one.n }}';
  const run = await runBlocks(
    lapwing,
    [quick('one', 'return { n: 7 }'), { block_type: 'http_request', label: 'two', url }],
    {
      definition: {
        parameters: [{ parameter_type: 'workflow', key: 'who', workflow_parameter_type: 'string' }],
      },
      fields: { parameters: { who: 'Bo' } },
    },
  );
  expect(run.output.two_output.body.query).toEqual({
    a: '7',
    b: '7',
    c: 'Bo',
    d: run.run_id,
    e: 'Test',
    f: '7',
  });
});

it('keeps files with their checksums, and lists them as artifacts', async () => {
  const keep = (label: string) => ({
    block_type: 'http_request',
    label,
    url: `${site.url}/downloads/price-list.csv`,
    save_response_as_file: true,
  });
  const run = await runBlocks(lapwing, [keep('first'), keep('second')]);
  expect(run.downloaded_files).toMatchObject([
    { filename: 'price-list.csv', file_size: 35 },
    { filename: 'price-list_1.csv', checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
  const artifacts = await lapwing.request('GET', `/v1/runs/${run.run_id}/artifacts`);
  expect(artifacts.body).toHaveLength(2);
  const rows = await timeline(lapwing, run.run_id);
  expect(rows.map(({ block }) => block.downloaded_file_count)).toEqual([1, 1]);
  expect(run.recording_url).toBeNull();
  expect(run.screenshot_urls).toBeNull();
});

it('answers 404 for a run that is not there, whatever is asked of it', async () => {
  const asked = [
    ['GET', ''],
    ['GET', '?wait=5'],
    ['GET', '/timeline'],
    ['GET', '/events'],
    ['GET', '/webhook_deliveries'],
    ['POST', '/cancel'],
    ['POST', '/retry_webhook'],
  ] as const;
  for (const [method, path] of asked) {
    const answer = await lapwing.request(method, `/v1/runs/wr_1${path}`);
    expect([path, answer.status]).toEqual([path, 404]);
  }
});

it('gives an Idempotency-Key one run, however many ask at once', async () => {
  const workflowId = await lapwing.createWorkflow({ blocks: [quick('a', 'return 1')] });
  const create = (body: object) =>
    lapwing.request(
      'POST',
      '/v1/run/workflows',
      { workflow_id: workflowId, ...body },
      { 'Idempotency-Key': 'same' },
    );
  const answers = await Promise.all(Array.from({ length: 8 }, () => create({})));
  expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(1);
  const other = await create({ title: 'Another' });
  expect(other.status).toBe(409);
});

it('signs the files of runs that its blocks have started anew at each reading, and those of no other run', async () => {
  const split = {
    block_type: 'split_pdf',
    label: 'split',
    file_url: `${site.url}/downloads/terms.pdf`,
    prompt: '1',
  };
  const trigger = (workflowId: string) => ({
    block_type: 'workflow_trigger',
    label: 'go',
    workflow_permanent_id: workflowId,
  });
  const kept = await lapwing.createWorkflow({ blocks: [split] });
  const between = await lapwing.createWorkflow({ blocks: [trigger(kept)] });
  const stranger = (await lapwing.run(kept)).downloaded_files[0].url;
  const { run_id: runId } = await runBlocks(lapwing, [
    trigger(between),
    quick('quote', `return ${JSON.stringify(stranger)}`),
  ]);
  const addresses = async () => {
    const { go_output: go, quote_output: quoted } = (await get(runId)).output;
    const [file] = go.outputs.go_output.outputs.split_output.downloaded_files;
    return { own: file.url as string, quoted: quoted as string };
  };
  const first = await addresses();
  await expect.poll(async () => (await addresses()).own, { timeout: 20_000 }).not.toBe(first.own);
  const { own, quoted } = await addresses();
  expect(own.split('?')[0]).toBe(first.own.split('?')[0]);
  expect((await fetch(own)).status).toBe(200);
  expect(quoted).toBe(stranger);
});
