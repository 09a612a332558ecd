import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../support/collector.ts';
import { onPostgres } from '../../support/database.ts';
import { createWorkflow } from '../../support/durable.ts';
import { type Gate, startGate } from '../../support/gate.ts';
import { ended, startRun } from '../../support/runs.ts';
import { createServerPlace, type ServerPlace } from '../../support/server-process.ts';

let place: ServerPlace;
let collector: Collector;
let gate: Gate;

beforeAll(async () => {
  [place, collector, gate] = await Promise.all([
    createServerPlace(),
    startCollector(),
    startGate(),
  ]);
});
afterAll(async () => {
  await place.remove();
  await Promise.all([collector.close(), gate.close()]);
});

it('is the same trace when its worker was killed and another goes on with it', async () => {
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    LAPWING_LEASE_SECONDS: '2',
  };
  const named = (name: string) => collector.spans.filter((span) => span.name === name);

  const first = await place.start(settings);
  const workflowId = await createWorkflow(first, {
    blocks: [
      { block_type: 'code', label: 'quick', language: 'javascript', code: 'return 1' },
      { block_type: 'http_request', label: 'held', method: 'GET', url: gate.url('held') },
    ],
  });
  const runId = await startRun(first, workflowId);
  await gate.reached(1);
  await collector.until(() => named('code').length === 1);
  first.signal('SIGKILL');
  await first.exited;

  const second = await place.start(settings);
  await gate.reached(2);
  // The embedded database is the process's alone: it knows of no other worker.
  if (onPostgres)
    expect(JSON.parse(await second.line(/is silent/))).toMatchObject({ run_id: runId });
  gate.open();
  expect((await ended(second, runId)).status).toBe('completed');
  await collector.until(() => named('run').length === 1);

  expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
  // The first life had no time to tell of its end.
  expect(named('run')[0]?.attributes).toMatchObject({
    'lapwing.run.attempt': 2,
    'lapwing.run.status': 'completed',
  });
  // What was finished in the first life is not shown again, nor run again.
  expect(named('code')).toHaveLength(1);
  expect(named('http_request')).toHaveLength(1);
  const processes = new Set(collector.resources.map((one) => one['service.instance.id']));
  expect(processes.size).toBe(2);
});
