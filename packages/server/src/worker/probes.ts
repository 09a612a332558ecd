import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { LapwingError } from '../errors.ts';
import { checkHealth, type HealthCheck } from '../lib/health.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface ProbeParts {
  readonly metrics: Metrics;
  readonly healthChecks: readonly HealthCheck[];
}

/** What is asked of a worker over HTTP, under the paths that an API has for it. */
export interface Probes {
  /** Where it listens: `http://127.0.0.1:9000`. */
  readonly url: string;
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const json = (response: ServerResponse, status: number, body: unknown) =>
  void response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(body));

const text = (response: ServerResponse, type: string, body: string) =>
  void response.writeHead(200, { 'content-type': type }).end(body);

function answers({ metrics, healthChecks }: ProbeParts): Readonly<Record<string, Answer>> {
  return {
    '/api/v1/heartbeat': async (_request, response) =>
      text(response, 'text/plain; charset=utf-8', 'The worker is running.'),
    '/health': async (_request, response) => {
      const { status, checks, faults } = await checkHealth(healthChecks);
      if (status === 'failing') json(response, 503, { detail: faults });
      else json(response, 200, { status, checks });
    },
    '/metrics': async ({ headers }, response) =>
      text(response, metrics.contentType, await metrics.read(headers.authorization)),
  };
}

/** Listens for probes and for Prometheus. @throws when the address is taken. */
export async function startProbes(
  parts: ProbeParts,
  address: { readonly host: string; readonly port: number },
): Promise<Probes> {
  const table = answers(parts);
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const answer = request.method === 'GET' ? table[path] : undefined;
    if (answer === undefined) return json(response, 404, { detail: 'Not Found' });
    answer(request, response).catch((error: unknown) => {
      const status = error instanceof LapwingError ? error.facts.status : 500;
      json(response, status, { detail: error instanceof Error ? error.message : String(error) });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => resolve());
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
