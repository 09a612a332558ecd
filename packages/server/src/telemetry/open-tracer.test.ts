import { expect, it } from 'vitest';
import { createLog } from '../lib/log.ts';
import { openTracer } from './open-tracer.ts';
import { noTracer } from './tracer.ts';

function opened(environment: Record<string, string>) {
  const lines: string[] = [];
  const log = createLog({ level: 'warn', pretty: false, write: (line) => lines.push(line) });
  return { tracer: openTracer(environment, { version: '1', log }), lines };
}

const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };

it.each([
  {},
  { OTEL_SERVICE_NAME: 'mine' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
  { ...collector, OTEL_SDK_DISABLED: 'TRUE' },
  { ...collector, OTEL_TRACES_EXPORTER: 'none' },
  { ...collector, OTEL_TRACES_EXPORTER: 'console' },
])('makes no spans with %j', async (environment) => {
  const { tracer, lines } = opened(environment);
  expect(await tracer).toBe(noTracer);
  expect(lines).toEqual([]);
});

it.each([
  collector,
  { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9/v1/traces' },
  { OTEL_TRACES_EXPORTER: 'otlp' },
  { OTEL_TRACES_EXPORTER: 'console, otlp' },
  { ...collector, OTEL_TRACES_EXPORTER: '', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
])('makes spans with %j', async (environment) => {
  const { tracer } = opened(environment);
  expect(await tracer).not.toBe(noTracer);
  await (await tracer).close();
});

it('says that it does not speak a protocol, and makes no spans', async () => {
  const { tracer, lines } = opened({ ...collector, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
  expect(await tracer).toBe(noTracer);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ protocol: 'grpc' });
  const own = { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' };
  const other = opened({ ...collector, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', ...own });
  expect(await other.tracer).not.toBe(noTracer);
});
