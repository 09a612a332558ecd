import { Readable } from 'node:stream';
import { afterEach, expect, it } from 'vitest';
import { clientFor, closeAll, failure, never, serve, textOf } from './testing/loopback.ts';

afterEach(closeAll);

const part = Buffer.alloc(64 * 1024, 'x');
const parts = (count: number) => Readable.from(Array.from({ length: count }, () => part));

function put(url: string, stream: Readable, bytes: number, signal = never) {
  return clientFor(['127.0.0.1']).request(
    {
      method: 'PUT',
      url,
      headers: { 'content-type': 'text/plain' },
      body: { kind: 'stream', stream, bytes },
      timeoutSeconds: 5,
      followRedirects: false,
      maxBytes: 1000,
    },
    signal,
  );
}

it('sends a stream with its length, part by part', async () => {
  const host = await serve((request, response) => {
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    const { 'content-length': length, 'transfer-encoding': encoding = 'none' } = request.headers;
    request.on('end', () => response.end(`${size} of ${length}, ${encoding}`));
  });
  const bytes = 100 * part.length;
  const response = await put(`http://${host}/`, parts(100), bytes);
  expect(textOf(response)).toBe(`${bytes} of ${bytes}, none`);
});

it.each([99, 101])('fails when the stream has %i parts of 100', async (count) => {
  const host = await serve((request, response) => {
    request.resume();
    request.on('end', () => response.end());
  });
  const failed = await failure(put(`http://${host}/`, parts(count), 100 * part.length));
  expect(failed.kind).toBe('unknown');
});

it('answers a redirect as it is', async () => {
  const host = await serve((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(307, { location: '/elsewhere' }).end());
  });
  expect(await put(`http://${host}/`, parts(1), part.length)).toMatchObject({ status: 307 });
});

it('reads the refusal of a server that does not wait for the end', async () => {
  const host = await serve((_, response) => {
    response.writeHead(403).end('no');
  });
  const response = await put(`http://${host}/`, parts(200), 200 * part.length);
  expect([response.status, textOf(response)]).toEqual([403, 'no']);
});

it('ends with the signal in the middle of the stream', async () => {
  const stop = new AbortController();
  const host = await serve((request) => {
    request.once('data', () => stop.abort(new Error('canceled')));
  });
  async function* endless() {
    for (;;) yield part;
  }
  const sending = put(`http://${host}/`, Readable.from(endless()), 1e12, stop.signal);
  await expect(sending).rejects.toThrow('canceled');
});
