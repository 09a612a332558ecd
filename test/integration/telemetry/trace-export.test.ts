import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startCollector, startSilence } from '../../support/collector.ts';
import { createWorkflow } from '../../support/durable.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended, startRun } from '../../support/runs.ts';
import { createServerPlace, type ServerPlace } from '../../support/server-process.ts';

const loop = {
  block_type: 'for_loop',
  label: 'each_order',
  loop_variable_reference: '{{ [1] }}',
  loop_blocks: [{ block_type: 'code', label: 'think', language: 'javascript', code: 'return 1' }],
};

afterEach(() => vi.unstubAllEnvs());

async function runOnce(lapwing: Lapwing): Promise<string> {
  const run = await lapwing.run(await lapwing.createWorkflow({ blocks: [loop] }));
  expect(run.status).toBe('completed');
  return run.run_id;
}

describe('with a collector', () => {
  it('sends protobuf unless told otherwise, and what is left when it closes', async () => {
    const collector = await startCollector();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    // Nothing is sent by time.
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '600000');
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-tenant=birds');
    const lapwing = await startLapwing();
    const runId = await runOnce(lapwing);
    expect(collector.exports).toEqual([]);
    await lapwing.close();
    expect(collector.exports).toHaveLength(1);
    const [sent] = collector.exports;
    expect(sent).toMatchObject({
      path: '/v1/traces',
      contentType: 'application/x-protobuf',
      headers: { 'x-tenant': 'birds' },
    });
    // Texts stand in protobuf as they are.
    for (const text of [runId, 'for_loop', 'each_order[0]/think', 'lapwing.run.status'])
      expect(sent?.body.includes(text), text).toBe(true);
    await collector.close();
  });
});

it('completes runs and closes in time though the collector never answers', async () => {
  const nobody = await startSilence();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', nobody.url);
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '50');
  const lapwing = await startLapwing();
  await runOnce(lapwing);
  await nobody.asked;
  await runOnce(lapwing);
  const closing = performance.now();
  await lapwing.close();
  expect(performance.now() - closing).toBeLessThan(8_000);
  await nobody.close();
});

describe('what is loaded', () => {
  // The metrics library loads the interfaces of OpenTelemetry, which do nothing by themselves.
  const anyButInterfaces = /^loaded .*\/@opentelemetry\/(?!api\/)/m;
  const report = new URL('../../support/report-modules.ts', import.meta.url);
  let place: ServerPlace;
  beforeAll(async () => {
    place = await createServerPlace();
  });
  afterAll(() => place.remove());

  it('is nothing of OpenTelemetry by a server without a collector', async () => {
    const server = await place.start({ NODE_OPTIONS: `--import ${report}` });
    const workflowId = await createWorkflow(server, { blocks: [loop] });
    const run = await ended(server, await startRun(server, workflowId));
    expect(run.status).toBe('completed');
    server.signal('SIGTERM');
    expect(await server.exited).toBe(0);
    await expect(server.line(/^loaded .*\/prom-client\//)).resolves.toBeDefined();
    await expect(server.line(anyButInterfaces)).rejects.toThrow('The server ended');
  });

  it('is OpenTelemetry where a collector is named', () => {
    const opener = new URL(
      '../../../packages/server/src/telemetry/open-tracer.ts',
      import.meta.url,
    );
    const load = (settings: string) =>
      spawnSync(
        process.execPath,
        [
          ...['--import', report.href, '--input-type=module', '--eval'],
          `import { openTracer } from '${opener}'; await openTracer(${settings}, { version: '1' });`,
        ],
        { cwd: fileURLToPath(new URL('../../../', import.meta.url)), encoding: 'utf8' },
      );
    expect(load('{}')).toMatchObject({
      status: 0,
      stdout: expect.not.stringMatching('opentelemetry'),
    });
    const named = load(`{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }`);
    expect(named).toMatchObject({ status: 0, stdout: expect.stringMatching(anyButInterfaces) });
  });
});
