import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { type Site, startSite } from '../../site/site.ts';
import { type CollectedSpan, type Collector, startCollector } from '../../support/collector.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended } from '../../support/runs.ts';

/** Values that a workflow handles and that no trace may show. */
const secrets = {
  path: 'path-5ecret',
  query: 'query-5ecret',
  header: 'header-5ecret',
  parameter: 'parameter-5ecret',
  item: 'item-5ecret',
  login: 'login-5ecret',
};

let collector: Collector;
let site: Site;
let receiver: Receiver;
let lapwing: Lapwing;

beforeAll(async () => {
  [collector, site, receiver] = await Promise.all([startCollector(), startSite(), startReceiver()]);
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json');
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=test');
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '50');
  lapwing = await startLapwing();
});
afterAll(async () => {
  await lapwing.close();
  await Promise.all([collector.close(), site.close(), receiver.close()]);
});

const ofRun = (runId: string) => (span: CollectedSpan) =>
  span.attributes['lapwing.run.id'] === runId;

/** Every span of the trace of a run, once the run's own and `webhooks` attempts have come. */
async function traceOf(runId: string, webhooks = 0): Promise<readonly CollectedSpan[]> {
  const all = await collector.until((spans) => {
    const ours = spans.filter(ofRun(runId)).map(({ name }) => name);
    return ours.includes('run') && ours.filter((name) => name === 'webhook').length === webhooks;
  });
  const traceIds = new Set(all.filter(ofRun(runId)).map(({ traceId }) => traceId));
  expect(traceIds.size).toBe(1);
  return all.filter(({ traceId }) => traceIds.has(traceId));
}

/** A trace as a tree of names, in the order of starting: `run > for_loop > …`. */
function treeOf(spans: readonly CollectedSpan[], parentSpanId = ''): unknown[] {
  return spans
    .filter((span) => span.parentSpanId === parentSpanId)
    .sort((one, other) => Number(one.startNs - other.startNs))
    .map((span) => {
      const below = treeOf(spans, span.spanId);
      const label = span.attributes['lapwing.block.label'];
      const name = label === undefined ? span.name : `${span.name} ${label}`;
      return below.length === 0 ? name : { [name]: below };
    });
}

const call = (label: string, url: string, fields: object = {}) => ({
  ...{ block_type: 'http_request', label, method: 'GET', url },
  ...fields,
});

async function start(blocks: readonly object[], fields: object = {}, headers = {}) {
  const workflowId = await lapwing.createWorkflow({ blocks });
  const body = { workflow_id: workflowId, ...fields };
  const answer = await lapwing.request('POST', '/v1/run/workflows', body, headers);
  expect(answer.status).toBe(200);
  return ended(lapwing, answer.body.run_id);
}

describe('the trace of a run', () => {
  it('has a span for the run, one for each block under it, and one for each request under its block', async () => {
    receiver.answerWith({ status: 503, retryAfter: 0 });
    const run = await start(
      [
        call('first', `${site.url}/api/echo`, { method: 'POST', body: { a: 1 } }),
        {
          block_type: 'for_loop',
          label: 'each',
          loop_variable_reference: "{{ ['a', 'b'] }}",
          loop_blocks: [
            call('inner', `${site.url}/api/echo?item={{ current_value }}`),
            { block_type: 'code', label: 'think', language: 'javascript', code: 'return 1' },
          ],
        },
        call('last', `${site.url}/api/echo`),
      ],
      { webhook_url: `${receiver.url}/hook` },
    );
    expect(run.status).toBe('completed');
    const trace = await traceOf(run.run_id, 2);
    const inner = { 'http_request inner': ['GET'] };
    expect(treeOf(trace)).toEqual([
      {
        run: [
          { 'http_request first': ['POST'] },
          { 'for_loop each': [inner, 'code think', inner, 'code think'] },
          { 'http_request last': ['GET'] },
        ],
      },
      { webhook: ['POST'] },
      { webhook: ['POST'] },
    ]);
  });

  it('says of each what it is, and how it ended', async () => {
    const run = await start([
      {
        block_type: 'for_loop',
        label: 'each',
        loop_variable_reference: '{{ [1] }}',
        loop_blocks: [call('inner', `${site.url}/api/echo`)],
      },
    ]);
    const trace = await traceOf(run.run_id);
    const named = (name: string) => trace.find((span) => span.name === name);
    expect(named('run')).toMatchObject({
      kind: 'internal',
      failed: false,
      attributes: {
        'lapwing.run.id': run.run_id,
        'lapwing.workflow.id': run.run_request?.workflow_id,
        'lapwing.run.attempt': 1,
        'lapwing.run.status': 'completed',
      },
    });
    expect(named('http_request')?.attributes).toEqual({
      'lapwing.run.id': run.run_id,
      'lapwing.block.label': 'inner',
      'lapwing.block.type': 'http_request',
      'lapwing.block.path': 'each[0]/inner',
      'lapwing.block.iteration': 0,
      'lapwing.block.status': 'completed',
    });
    expect(named('GET')).toMatchObject({ kind: 'client', failed: false });
    expect(named('GET')?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'server.port': site.port,
    });
    for (const { startNs, endNs } of trace) expect(endNs).toBeGreaterThanOrEqual(startNs);
    expect(collector.resources[0]).toMatchObject({
      'service.name': 'lapwing',
      'deployment.environment.name': 'test',
    });
  });

  it('shows what failed: the request, the block, the run', async () => {
    const refused = await start([call('refused', 'http://127.0.0.1:9/')]);
    expect(refused.status).toBe('failed');
    const trace = await traceOf(refused.run_id);
    expect(trace.map(({ name, failed }) => [name, failed])).toEqual([
      ['GET', true],
      ['http_request', true],
      ['run', true],
    ]);
    expect(trace[0]?.attributes['error.type']).toBe('HttpFailure');
    expect(trace[2]?.attributes['lapwing.run.status']).toBe('failed');
  });

  it('ends blocks that a cancel cuts off', async () => {
    const workflowId = await lapwing.createWorkflow({
      blocks: [{ block_type: 'wait', label: 'hold', wait_sec: 600 }],
    });
    const { body } = await lapwing.request('POST', '/v1/run/workflows', {
      workflow_id: workflowId,
    });
    await vi.waitFor(async () => {
      const timeline = await lapwing.request('GET', `/v1/runs/${body.run_id}/timeline`);
      expect(timeline.body).toHaveLength(1);
    }, 10_000);
    await lapwing.request('POST', `/v1/runs/${body.run_id}/cancel`);
    const trace = await traceOf(body.run_id);
    expect(treeOf(trace)).toEqual([{ run: ['wait hold'] }]);
    expect(trace.find(({ name }) => name === 'run')?.failed).toBe(true);
  });

  it('is its own for each run of several at the same time', async () => {
    const runs = await Promise.all(
      Array.from({ length: 5 }, () => start([call('only', `${site.url}/api/slow?ms=50`)])),
    );
    const traces = await Promise.all(runs.map(({ run_id }) => traceOf(run_id)));
    for (const trace of traces)
      expect(treeOf(trace)).toEqual([{ run: [{ 'http_request only': ['GET'] }] }]);
    expect(new Set(traces.map((trace) => trace[0]?.traceId)).size).toBe(5);
  });
});

describe('a run that was asked for within a trace', () => {
  const traceId = randomBytes(16).toString('hex');
  const parent = randomBytes(8).toString('hex');
  const blocks = [{ block_type: 'code', label: 'quick', language: 'javascript', code: 'return 1' }];

  it('is part of it, with its webhook', async () => {
    const traceparent = `00-${traceId}-${parent}-01`;
    const run = await start(blocks, { webhook_url: `${receiver.url}/hook` }, { traceparent });
    const trace = await traceOf(run.run_id, 1);
    expect(new Set(trace.map((span) => span.traceId))).toEqual(new Set([traceId]));
    expect(treeOf(trace, parent)).toEqual([{ run: ['code quick'] }, { webhook: ['POST'] }]);
  });

  it('is not traced when whoever asked does not trace', async () => {
    const traceparent = `00-${traceId}-${parent}-00`;
    const untraced = await start(blocks, {}, { traceparent });
    const traced = await start(blocks);
    await traceOf(traced.run_id);
    expect(collector.spans.filter(ofRun(untraced.run_id))).toEqual([]);
  });

  it.each([
    'nonsense',
    `00-${'0'.repeat(32)}-${parent}-01`,
    `00-${traceId.toUpperCase()}-${parent}-01`,
  ])('has a trace of its own when the header is no trace: %s', async (traceparent) => {
    const run = await start(blocks, {}, { traceparent });
    const trace = await traceOf(run.run_id);
    expect(treeOf(trace)).toEqual([{ run: ['code quick'] }]);
    expect(trace[0]?.traceId).not.toBe(traceId);
  });
});

it('shows no path, no query, no header and no secret of what a run does', async () => {
  const { port } = new URL(site.url);
  const workflowId = await lapwing.createWorkflow({
    parameters: [{ parameter_type: 'workflow', key: 'secret', workflow_parameter_type: 'string' }],
    blocks: [
      call(
        'asks',
        `http://${secrets.login}:pw@127.0.0.1:${port}/${secrets.path}?q=${secrets.query}`,
        {
          headers: { authorization: `Bearer ${secrets.header}`, 'x-secret': '{{ secret }}' },
          continue_on_failure: true,
        },
      ),
      {
        block_type: 'for_loop',
        label: 'each',
        loop_variable_reference: `{{ ['${secrets.item}'] }}`,
        loop_blocks: [call('inner', `${site.url}/api/echo?item={{ current_value }}`)],
      },
    ],
  });
  const webhook_url = `${receiver.url}/${secrets.path}?token=${secrets.query}`;
  const parameters = { secret: secrets.parameter };
  const run = await lapwing.run(workflowId, { parameters, webhook_url });
  const trace = await traceOf(run.run_id, 1);
  expect(trace.filter(({ kind }) => kind === 'client')).toHaveLength(3);
  const told = JSON.stringify([trace, collector.resources], (_key, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  expect(told).not.toContain('5ecret');
  expect(told).not.toContain(lapwing.apiKey);
  expect(collector.exports.every(({ path }) => path === '/v1/traces')).toBe(true);
});
