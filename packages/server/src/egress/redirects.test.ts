import { afterEach, describe, expect, it } from 'vitest';
import {
  clientFor,
  closeAll,
  echo,
  echoing,
  failure,
  get,
  never,
  serve,
  textOf,
} from './testing/loopback.ts';

afterEach(closeAll);

describe('a redirect', () => {
  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [307, 'POST', 'POST'],
    [308, 'PUT', 'PUT'],
    [302, 'PUT', 'PUT'],
  ])('%i turns %s into %s', async (status, method, next) => {
    const seen: { method: string; body: string; type: string | undefined }[] = [];
    const host = await serve((request, response) => {
      echo(request, (body) => {
        seen.push({ ...JSON.parse(body), type: request.headers['content-type'] });
        if (request.url === '/') response.writeHead(status, { location: '/next' }).end('moved');
        else response.end();
      });
    });
    const body =
      method === 'HEAD' ? ({ kind: 'none' } as const) : ({ kind: 'text', text: 'data' } as const);
    const response = await clientFor([host]).request(
      get(`http://${host}/`, { method, body }),
      never,
    );
    expect(response.url).toBe(`http://${host}/next`);
    const keepsBody = next !== 'GET' && next !== 'HEAD';
    expect(seen[1]).toMatchObject({ method: next, body: keepsBody ? 'data' : '' });
    expect(seen[1]?.type !== undefined).toBe(keepsBody);
  });

  it('keeps credentials on its origin and drops them elsewhere', async () => {
    const other = await serve(echoing);
    const host = await serve((request, response) => {
      if (request.url === '/away') response.writeHead(302, { location: `http://${other}/` }).end();
      else if (request.url === '/here') response.writeHead(302, { location: '/echo' }).end();
      else echoing(request, response);
    });
    const client = clientFor([host, other]);
    const headers = { Authorization: 'Bearer 1', Cookie: 'a=b', 'X-Other': 'kept' };
    const here = await client.request(get(`http://${host}/here`, { headers }), never);
    expect(JSON.parse(textOf(here)).headers).toMatchObject({
      authorization: 'Bearer 1',
      cookie: 'a=b',
    });
    const away = JSON.parse(
      textOf(await client.request(get(`http://${host}/away`, { headers }), never)),
    );
    expect(away.headers).toMatchObject({ 'x-other': 'kept', host: other });
    expect(away.headers).not.toHaveProperty('authorization');
    expect(away.headers).not.toHaveProperty('cookie');
  });

  it('is an answer like any other when it is not to be followed', async () => {
    const host = await serve((_request, response) =>
      response.writeHead(302, { location: '/x' }).end(),
    );
    const response = await clientFor([host]).request(
      get(`http://${host}/`, { followRedirects: false }),
      never,
    );
    expect(response).toMatchObject({ status: 302, headers: { location: '/x' } });
  });

  it('is followed ten times and no further', async () => {
    const host = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    const client = clientFor([host]);
    expect(textOf(await client.request(get(`http://${host}/10`), never))).toBe('there');
    const failed = await failure(client.request(get(`http://${host}/11`), never));
    expect(failed.message).toContain('more than 10 redirects');
  });

  it.each([
    'http://127.0.0.1:1/',
    'http://0x7f.1/',
    'http://[::ffff:127.0.0.1]/',
    '//localhost/',
    'http://169.254.169.254/',
  ])('to %s is refused', async (location) => {
    const host = await serve((_request, response) => response.writeHead(302, { location }).end());
    const failed = await failure(clientFor([host]).request(get(`http://${host}/`), never));
    expect(failed.kind).toBe('blocked');
  });

  it('away from HTTP is refused', async () => {
    const host = await serve((_request, response) => {
      response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    });
    const failed = await failure(clientFor([host]).request(get(`http://${host}/`), never));
    expect(failed.kind).toBe('invalid_url');
  });
});
