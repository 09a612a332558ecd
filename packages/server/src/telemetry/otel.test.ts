import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { createLog, withLogFields } from '../lib/log.ts';
import { otelTracer } from './otel.ts';

afterEach(() => vi.unstubAllEnvs());

const origin = { seed: 'wr_1', traceParent: null };
const details = { kind: 'internal', attributes: {} } as const;

async function tracerTo(endpoint: string, timeoutMs = '') {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '10');
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', timeoutMs);
  const lines: string[] = [];
  const log = createLog({ level: 'warn', pretty: false, write: (line) => lines.push(line) });
  return { tracer: await otelTracer('http/json', { version: '1', log }), lines };
}

it('says in short that nobody is there, and not as if it were about the run at hand', async () => {
  const { tracer, lines } = await tracerTo('http://127.0.0.1:9', '500');
  withLogFields({ run_id: 'wr_1' }, () =>
    tracer.start('run', origin, details).end({ failed: false }),
  );
  const closing = performance.now();
  await vi.waitFor(() => expect(lines).not.toEqual([]), 10_000);
  await tracer.close();
  expect(performance.now() - closing).toBeLessThan(10_000);
  for (const line of lines) {
    const { level, time, ...said } = JSON.parse(line);
    expect([level, typeof time]).toEqual([40, 'number']);
    expect(said).toEqual({
      msg: 'Traces: OpenTelemetry warns',
      reason: expect.stringContaining('connect ECONNREFUSED 127.0.0.1:9'),
    });
  }
}, 15_000);

it('gives up on one that does not answer', async () => {
  const silence = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silence, 'listening');
  const { tracer } = await tracerTo(`http://127.0.0.1:${(silence.address() as AddressInfo).port}`);
  tracer.start('run', origin, details).end({ failed: false });
  const closing = performance.now();
  await tracer.close();
  expect(performance.now() - closing).toBeLessThan(4_000);
  silence.closeAllConnections();
  silence.close();
});
