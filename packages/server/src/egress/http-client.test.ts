import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpClient } from './http-client.ts';
import { EgressPolicy, type Resolver } from './policy.ts';
import {
  clientFor,
  closeAll,
  echoing,
  failure,
  get,
  never,
  serve,
  textOf,
} from './testing/loopback.ts';

afterEach(closeAll);

describe('a request', () => {
  let host: string;
  let client: HttpClient;
  beforeEach(async () => {
    host = await serve(echoing);
    client = clientFor([host]);
  });

  it('carries method, headers and text', async () => {
    const response = await client.request(
      get(`http://${host}/a?b=c`, {
        method: 'put',
        headers: { 'X-One': '1', Connection: 'keep-alive', 'Content-Length': '999' },
        body: { kind: 'text', text: '{"ä":1}' },
      }),
      never,
    );
    expect(response).toMatchObject({ status: 200, url: `http://${host}/a?b=c` });
    expect(JSON.parse(textOf(response))).toMatchObject({
      method: 'PUT',
      url: '/a?b=c',
      body: '{"ä":1}',
      headers: { 'x-one': '1', 'content-length': '8', 'content-type': 'text/plain; charset=utf-8' },
    });
  });

  it('carries a form', async () => {
    const body = { kind: 'form', fields: { a: '1 2', b: 'ü&' } } as const;
    const response = await client.request(get(`http://${host}`, { method: 'POST', body }), never);
    expect(JSON.parse(textOf(response))).toMatchObject({
      body: 'a=1+2&b=%C3%BC%26',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  });

  it('carries files with the boundary of its own', async () => {
    const file = {
      field: 'doc',
      filename: 'a "b"\r\n.csv',
      bytes: new TextEncoder().encode('x,y'),
    };
    const response = await client.request(
      get(`http://${host}`, {
        method: 'POST',
        headers: { 'Content-Type': 'multipart/form-data' },
        body: { kind: 'multipart', fields: { note: 'hi' }, files: [file] },
      }),
      never,
    );
    const sent = JSON.parse(textOf(response));
    const boundary = /boundary=(.+)$/.exec(sent.headers['content-type'])?.[1];
    expect(sent.body.split(`--${boundary}`)).toHaveLength(4);
    expect(sent.body).toContain('name="note"\r\n\r\nhi');
    expect(sent.body).toContain('filename="a %22b%22%0D%0A.csv"');
    expect(sent.body).toContain('x,y');
  });

  it('turns user and password of the address into a header', async () => {
    const response = await client.request(get(`http://me:p%40ss@${host}/`), never);
    expect(response.url).toBe(`http://${host}/`);
    expect(JSON.parse(textOf(response)).headers.authorization).toBe(`Basic ${btoa('me:p@ss')}`);
  });

  it.each([
    [{ 'X-A': 'b\r\nX-Evil: 1' }, 'X-A'],
    [{ 'X-A\r\nX-Evil': '1' }, 'X-Evil'],
    [{ 'X-A': 'snow ☃' }, 'X-A'],
  ])('refuses the headers %j', async (headers, named) => {
    const failed = await failure(client.request(get(`http://${host}`, { headers }), never));
    expect(failed.kind).toBe('unknown');
    expect(failed.message).toContain(named);
  });

  it.each(['GE T', 'CONNECT', ''])('refuses the method %j', async (method) => {
    const failed = await failure(client.request(get(`http://${host}`, { method }), never));
    expect(failed.message).toMatch(/method/);
  });
});

describe('an answer', () => {
  it('is any status, its repeated headers joined', async () => {
    const host = await serve((_request, response) => {
      response.writeHead(
        404,
        [
          ['X-A', '1'],
          ['X-A', '2'],
          ['Content-Type', 'text/x'],
        ].flat(),
      );
      response.end('no');
    });
    const response = await clientFor([host]).request(get(`http://${host}`), never);
    expect(response).toMatchObject({
      status: 404,
      headers: { 'x-a': '1, 2', 'content-type': 'text/x' },
    });
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('is unpacked from %s, whatever its status', async (name, pack) => {
    const host = await serve((_request, response) => {
      response.writeHead(500, { 'content-encoding': name }).end(pack('words'));
    });
    const response = await clientFor([host]).request(get(`http://${host}`), never);
    expect(textOf(response)).toBe('words');
  });

  it('to HEAD may promise a packed body and have none', async () => {
    const host = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': '20' }).end();
    });
    const response = await clientFor([host]).request(
      get(`http://${host}`, { method: 'HEAD' }),
      never,
    );
    expect(response).toMatchObject({ status: 200, body: new Uint8Array() });
  });

  it('may be exactly as large as allowed', async () => {
    const host = await serve((_request, response) => response.end('x'.repeat(1000)));
    const response = await clientFor([host]).request(
      get(`http://${host}`, { maxBytes: 1000 }),
      never,
    );
    expect(response.body).toHaveLength(1000);
  });

  it('without an end is cut off at the limit', async () => {
    const host = await serve((_request, response) => {
      const more = () => {
        while (response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    const failed = await failure(
      clientFor([host]).request(get(`http://${host}`, { maxBytes: 5000 }), never),
    );
    expect(failed).toMatchObject({ kind: 'too_large', message: expect.stringContaining('5000') });
  });

  it('that unpacks to far more than it weighs is cut off', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const host = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const failed = await failure(clientFor([host]).request(get(`http://${host}`), never));
    expect(failed.kind).toBe('too_large');
  });

  it('that stalls half way runs into the limit of the whole exchange', async () => {
    const host = await serve((_request, response) => {
      response.write('half');
    });
    const failed = await failure(
      clientFor([host]).request(get(`http://${host}`, { timeoutSeconds: 0.2 }), never),
    );
    expect(failed).toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('0.2 seconds'),
    });
  });

  it('is no longer waited for when the signal fires', async () => {
    const stop = new AbortController();
    const host = await serve(() => stop.abort(new Error('run canceled')));
    await expect(clientFor([host]).request(get(`http://${host}`), stop.signal)).rejects.toThrow(
      'run canceled',
    );
  });

  it('that is refused names the address, without what may be secret', async () => {
    const host = await serve(echoing);
    await closeAll();
    const failed = await failure(
      clientFor([host]).request(get(`http://${host}/a?token=s3cret`), never),
    );
    expect(failed.kind).toBe('unknown');
    expect(failed.message).toContain(`http://${host}/a failed`);
    expect(failed.message).not.toContain('s3cret');
  });
});

describe('a connection', () => {
  it('is not opened to a private address, and no request arrives', async () => {
    let requests = 0;
    const host = await serve((_request, response) => {
      requests += 1;
      response.end();
    });
    const failed = await failure(clientFor([]).request(get(`http://${host}/`), never));
    expect(failed.kind).toBe('blocked');
    expect(requests).toBe(0);
  });

  it('is refused when the name turns to a private address after it was checked', async () => {
    const host = await serve(echoing);
    const port = host.split(':')[1];
    const answers = ['93.184.215.14', '127.0.0.1'];
    const rebinding: Resolver = async () => [
      { address: answers.shift() ?? '127.0.0.1', family: 4 },
    ];
    const policy = new EgressPolicy({ allowHosts: [], resolver: rebinding });
    const url = await policy.checkUrl(`http://rebind.example:${port}/`);
    const client = new HttpClient({ policy });
    const failed = await failure(client.request(get(url.href), never));
    await client.close();
    expect(failed).toMatchObject({
      kind: 'blocked',
      message: expect.stringContaining('127.0.0.1'),
    });
  });

  it('goes to the very address that was checked', async () => {
    const host = await serve(echoing);
    const port = host.split(':')[1];
    let asked = 0;
    const resolver: Resolver = async () => {
      asked += 1;
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const response = await clientFor([`intra.example:${port}`], resolver).request(
      get(`http://intra.example:${port}/`),
      never,
    );
    expect(JSON.parse(textOf(response)).headers.host).toBe(`intra.example:${port}`);
    expect(asked).toBe(1);
  });

  it('to a name without address fails, naming it', async () => {
    const lost: Resolver = () => Promise.reject(new Error('getaddrinfo ENOTFOUND gone.example'));
    const failed = await failure(clientFor([], lost).request(get('http://gone.example/'), never));
    expect(failed).toMatchObject({
      kind: 'unknown',
      message: expect.stringContaining('gone.example'),
    });
  });
});
