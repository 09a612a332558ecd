import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpFailure, type HttpRequest, type HttpResponse } from '@lapwing/workflow';
import { expect } from 'vitest';
import { HttpClient } from '../http-client.ts';
import { EgressPolicy, type Resolver } from '../policy.ts';

const servers: Server[] = [];
const clients: HttpClient[] = [];

/** Starts a server; resolves to its `host:port`. */
export async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function clientFor(allowHosts: string[], resolver?: Resolver): HttpClient {
  const client = new HttpClient({
    policy: new EgressPolicy({ allowHosts, ...(resolver === undefined ? {} : { resolver }) }),
  });
  clients.push(client);
  return client;
}

export function get(url: string, rest: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    url,
    headers: {},
    body: { kind: 'none' },
    timeoutSeconds: 5,
    followRedirects: true,
    maxBytes: 1_000_000,
    ...rest,
  };
}

export const never = new AbortController().signal;
export const textOf = (response: HttpResponse) => new TextDecoder().decode(response.body);

/** Answers with what came in, as JSON. */
export function echo(request: IncomingMessage, answer: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers } = request;
    answer(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
  });
}

export const echoing: RequestListener = (request, response) => {
  echo(request, (body) => response.end(body));
};

/** Ends every server and client of a test. */
export async function closeAll(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
}

/** The HttpFailure that a request must end in. */
export async function failure(work: Promise<unknown>): Promise<HttpFailure> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(HttpFailure);
  return outcome as HttpFailure;
}
