import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request in place of the server; `next` lets it through after all. */
export type Fault = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => unknown;

export interface FaultyS3 {
  readonly url: string;
  /** `GET /files/a bytes=0-3` for each request so far. */
  readonly asked: string[];
  /** Content of objects by path. */
  readonly objects: Map<string, Buffer>;
  /** One for each of the next requests; after that all goes well. */
  readonly faults: Fault[];
  close(): void;
}

/** A server that speaks as much S3 as a storage needs, believes every signature, and fails on demand. */
export async function startFaultyS3(): Promise<FaultyS3> {
  const objects = new Map<string, Buffer>();
  const asked: string[] = [];
  const faults: Fault[] = [];
  const server = createServer((request, response) => {
    asked.push([request.method, request.url, request.headers.range].filter(Boolean).join(' '));
    const next = () => void answer(objects, request, response);
    const fault = faults.shift();
    if (fault === undefined) next();
    else fault(request, response, next);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, asked, objects, faults, close };
}

async function answer(
  objects: Map<string, Buffer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '';
  if (request.method === 'PUT') {
    const chunks = await request.toArray().catch(() => null);
    if (chunks === null) return;
    objects.set(path, Buffer.concat(chunks));
  }
  if (request.method === 'DELETE') objects.delete(path);
  if (request.method !== 'GET') return void response.end();
  const object = objects.get(path);
  if (object === undefined) return void refuse(404, 'NoSuchKey')(request, response);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const part = object.subarray(start, Number(range?.[2] || object.length) + 1);
  response.writeHead(range === null ? 200 : 206, {
    'content-length': part.length,
    ...(range && {
      'content-range': `bytes ${start}-${start + part.length - 1}/${object.length}`,
    }),
  });
  response.end(part);
}

/** Answers with an error as S3 writes it; what is sent meanwhile is not read. */
export const refuse =
  (status: number, code: string, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, headers);
    response.end(`<Error><Code>${code}</Code><Message>It is so</Message></Error>`);
  };

/** Sends the whole head, but only so much of the body, and then cuts the connection or falls silent. */
export const breakOff =
  (object: Buffer, bytes: number, how: 'cut' | 'silence') =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { 'content-length': object.length });
    response.write(object.subarray(0, bytes), () => {
      if (how === 'cut') setTimeout(() => response.destroy(), 20);
    });
  };
