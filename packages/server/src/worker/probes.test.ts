import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import type { HealthCheck } from '../lib/health.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { type Probes, startProbes } from './probes.ts';

const address = { host: '127.0.0.1', port: 0 };
const none = () => new Map<string, number>();
const sources = {
  database: () => Promise.reject(new Error('away')),
  ...{ runsEnded: none, webhookAttempts: none, scheduleFires: none },
};

let probes: Probes | null = null;
afterEach(async () => {
  await probes?.close();
  probes = null;
});

async function start(checks: readonly HealthCheck[] = [], token: string | null = null) {
  const started = await startProbes(
    { metrics: new Metrics(sources, token), healthChecks: checks },
    address,
  );
  probes = started;
  return (path: string, init: RequestInit = {}) => fetch(started.url + path, init);
}

const well: HealthCheck = { name: 'database', check: async () => 'postgres' };
const ill = (name: string, isMinor = false): HealthCheck => ({
  ...{ name, isMinor },
  check: () => Promise.reject(new Error(`${name} is away`)),
});

it('tells whether the worker can work', async () => {
  const ask = await start([well, ill('schedules', true)]);
  const answer = await ask('/health?verbose=1');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    status: 'degraded',
    checks: {
      database: { ok: true, detail: 'postgres' },
      schedules: { ok: false, detail: 'schedules is away' },
    },
  });
});

it('answers 503 with every fault when it cannot', async () => {
  const ask = await start([ill('database'), ill('browsers')]);
  const answer = await ask('/health');
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({
    detail: 'database: database is away; browsers: browsers is away',
  });
});

it('tells metrics to whoever has the token', async () => {
  const ask = await start([], 'scrape-me-123');
  expect((await ask('/metrics')).status).toBe(403);
  const answer = await ask('/metrics', { headers: { authorization: 'Bearer scrape-me-123' } });
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await answer.text()).toContain('lapwing_database_up 0');
});

it('lives', async () => {
  const ask = await start([ill('database')]);
  const answer = await ask('/api/v1/heartbeat');
  expect([answer.status, await answer.text()]).toEqual([200, 'The worker is running.']);
});

it.each([
  ['GET', '/'],
  ['GET', '/health/'],
  ['GET', '/v1/version'],
  ['POST', '/health'],
  ['DELETE', '/metrics'],
])('knows no %s %s', async (method, path) => {
  const ask = await start();
  const answer = await ask(path, { method });
  expect([answer.status, await answer.json()]).toEqual([404, { detail: 'Not Found' }]);
});

it.each([
  'GET constructor HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET http://toString HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  'nonsense\r\n\r\n',
])('survives %j', async (request) => {
  const ask = await start([well]);
  const socket = connect(Number(new URL(probes?.url ?? '').port), '127.0.0.1');
  await once(socket, 'connect');
  socket.end(request);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 40[04]/);
  expect((await ask('/health')).status).toBe(200);
});

it('says that its address is taken', async () => {
  await start();
  const port = Number(new URL(probes?.url ?? '').port);
  const second = startProbes(
    { metrics: new Metrics(sources, null), healthChecks: [] },
    {
      ...address,
      port,
    },
  );
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
