import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Route, routes } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';

let lapwing: Lapwing;
let workflowId: string;

beforeAll(async () => {
  lapwing = await startLapwing();
  workflowId = await lapwing.createWorkflow({ blocks: [] });
});
afterAll(() => lapwing.close());

/** Sends a body as it is. */
async function postRaw(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  type = 'application/json',
) {
  const headers = { 'x-api-key': lapwing.apiKey, 'content-type': type };
  const response = await fetch(lapwing.url + path, { method: 'POST', headers, body });
  return { status: response.status, body: await response.json() };
}

/** Sends bytes that no HTTP client would send, and reads the whole answer. */
async function exchange(request: string): Promise<string> {
  const socket = connect(Number(new URL(lapwing.url).port), '127.0.0.1');
  socket.end(request);
  return text(socket);
}

/** `type` and place of each entry of a 422 list. */
const problems = (body: { detail: { type: string; loc: unknown[]; msg: string }[] }) =>
  body.detail.map(({ type, loc }) => `${type} ${loc.join('.')}`);

describe('a path', () => {
  it.each(['/', '/v1', '/v1/nothing', '/v1/run', '/v1/runs/wr_1/nothing', '//v1/agents', '/v2'])(
    'that does not exist, %s, is a 404',
    async (path) => {
      const answer = await lapwing.request('GET', path);
      expect(answer.status).toBe(404);
      expect(answer.body).toEqual({ detail: 'Not Found' });
    },
  );

  it.each([
    ['DELETE', '/v1/agents'],
    ['PATCH', '/v1/runs/wr_1'],
    ['PUT', '/v1/runs/wr_1/cancel/'],
    ['POST', '/v1/version'],
    ['POST', '/health'],
    ['GET', '/v1/run/agents'],
  ])('asked for by the wrong verb, %s %s, is a 405', async (method, path) => {
    const answer = await lapwing.request(method, path);
    expect(answer.status).toBe(405);
    expect(answer.body).toEqual({ detail: 'Method Not Allowed' });
  });

  it.each(['/v1/runs/%zz', '/v1/runs/%E0%A4%A'])('that is no URL, %s, is a 404', async (path) => {
    const answer = await lapwing.request('GET', path);
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({ detail: 'Not Found' });
  });

  it.each(['__proto__', 'constructor', 'toString', '..%2f..', "'; drop table runs; --", '🦆'])(
    'with the id %s is a 404 that names it',
    async (id) => {
      const answer = await lapwing.request('GET', `/v1/runs/${encodeURIComponent(id)}`);
      expect(answer.status).toBe(404);
      expect(answer.body).toEqual({ detail: `Run ${id} not found` });
    },
  );

  it('with an id of 10 kB is a 404', async () => {
    const id = 'x'.repeat(10_000);
    for (const path of [`/v1/runs/${id}`, `/v1/agents/${id}`, `/v1/artifacts/${id}`]) {
      const answer = await lapwing.request('GET', path);
      expect(answer.status).toBe(404);
      expect(answer.body.detail).toMatch(/^(Run|Workflow|Artifact) x+ not found$/);
    }
  });

  it('with a null byte in its id is refused with the place of it', async () => {
    for (const path of ['/v1/runs/wr%00', '/v1/runs/wr%00/artifacts', '/v1/agents/w%00/delete']) {
      const method = path.endsWith('delete') ? 'POST' : 'GET';
      const answer = await lapwing.request(method, path);
      expect(answer.status).toBe(422);
      expect(problems(answer.body)[0]).toMatch(/^value_error path\.(run|workflow_permanent)_id$/);
    }
  });
});

describe('the addresses of one operation', () => {
  /** An answer without what differs from call to call: of metrics, which have a value each, their names. */
  const comparable = (body: unknown) =>
    typeof body === 'string'
      ? body.split('\n').filter((line) => !/^\w+(\{.*\})? \S+$/.test(line))
      : JSON.stringify(body).replaceAll(/"(\w+_at|signed_url)":"?[^,}"]*"?/g, '"$1":"…"');

  const cases = Object.entries<Route>(routes).flatMap(([id, route]) =>
    [route, ...route.twins].flatMap(({ method, path }) =>
      ['', '/'].map((slash) => [id, `${method} ${path}${slash}`, route] as const),
    ),
  );

  it.each(cases)('of %s: %s answers like the first', async (_id, address, route) => {
    const [method = '', path = ''] = address.split(' ');
    // An id that is not there and a body that fits nothing: answers that change nothing.
    const body = method === 'POST' ? { run_ids: 7, webhook_url: 7 } : undefined;
    const send = (to: string) => lapwing.request(method, to.replaceAll(/\{\w+\}/g, 'none_1'), body);
    const [answer, first] = [await send(path), await send(route.path)];
    if (route.method !== method) expect(answer.status).toBe(200);
    else expect(answer.status).toBe(first.status);
    expect([200, 400, 404, 422]).toContain(answer.status);
    if (route.method === method && !address.includes('rotate'))
      expect(comparable(answer.body)).toEqual(comparable(first.body));
    expect(answer.body?.detail).not.toBe('Not Found');
  });
});

describe('a body', () => {
  it.each(['{', '{"a":}', "{'a': 1}", 'hello', '{"a":1}{', '\u0000'])(
    'that is no JSON, %j, is a 422',
    async (body) => {
      const answer = await postRaw('/v1/agents', body);
      expect(answer.status).toBe(422);
      expect(problems(answer.body)).toEqual(['json_invalid body']);
    },
  );

  it.each(['[]', '"text"', '7', 'true'])('that is no object, %s, is a 422', async (body) => {
    for (const path of ['/v1/agents', '/v1/run/agents', '/v1/runs/cancel']) {
      const answer = await postRaw(path, body);
      expect(answer.status).toBe(422);
      expect(problems(answer.body)).toEqual(['model_attributes_type body']);
    }
  });

  it('that is missing is named as missing', async () => {
    for (const path of ['/v1/agents', '/v1/run/agents', '/v1/runs/cancel']) {
      const answer = await lapwing.request('POST', path);
      expect(answer.status).toBe(422);
      expect(problems(answer.body)).toEqual(['missing body']);
      expect((await postRaw(path, '')).body).toEqual(answer.body);
    }
  });

  it('is read as JSON whatever its content type says', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'image/png']) {
      const answer = await postRaw('/v1/runs/cancel', '{"run_ids":[]}', type);
      expect(answer).toEqual({ status: 200, body: { cancelled: [], failed: [] } });
    }
  });

  it('whose content type is none is a 422 with the place of it', async () => {
    const answer = await postRaw('/v1/runs/cancel', '{"run_ids":[]}', 'x');
    expect(answer.status).toBe(422);
    expect(problems(answer.body)).toEqual(['value_error header.content-type']);
  });

  it('of wrong types is a 422 that lists every one with its place', async () => {
    const answer = await lapwing.request('POST', '/v1/run/agents', {
      workflow_id: 7,
      parameters: [],
      title: {},
      max_elapsed_time_minutes: 'soon',
      start_fresh_browser: 'maybe',
      extra_http_headers: { a: 1 },
      run_metadata: 'x',
    });
    expect(answer.status).toBe(422);
    expect(problems(answer.body).sort()).toEqual([
      'bool_parsing body.start_fresh_browser',
      'dict_type body.parameters',
      'dict_type body.run_metadata',
      'int_parsing body.max_elapsed_time_minutes',
      'string_type body.extra_http_headers.a',
      'string_type body.title',
      'string_type body.workflow_id',
    ]);
    for (const problem of answer.body.detail) expect(problem.msg).toMatch(/^Input should be/);
  });

  it('without what it must have is a 422 of type missing', async () => {
    expect(problems((await lapwing.request('POST', '/v1/run/agents', {})).body)).toEqual([
      'missing body.workflow_id',
    ]);
    expect(problems((await lapwing.request('POST', '/v1/runs/cancel', {})).body)).toEqual([
      'missing body.run_ids',
    ]);
  });

  it('with a list that is too long is a 422 of type too_long', async () => {
    const run_ids = Array.from({ length: 101 }, (_, index) => `wr_${index}`);
    const answer = await lapwing.request('POST', '/v1/runs/cancel', { run_ids });
    expect(problems(answer.body)).toEqual(['too_long body.run_ids']);
  });

  it('with unknown keys, those of Object.prototype included, is read without them', async () => {
    const body = `{"run_ids":[],"more":1,"__proto__":{"run_ids":7},"constructor":{"prototype":1}}`;
    expect(await postRaw('/v1/runs/cancel', body)).toEqual({
      status: 200,
      body: { cancelled: [], failed: [] },
    });
    expect(({} as Record<string, unknown>).run_ids).toBeUndefined();
  });

  it('of more than 10 MB is a 413', async () => {
    const answer = await postRaw('/v1/agents', ' '.repeat(10 * 1024 * 1024 + 1));
    expect(answer.status).toBe(413);
    expect(answer.body.detail).toContain('too large');
  });

  it('that is nested a hundred thousand levels deep is a 422', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    for (const [path, field] of [
      ['/v1/run/agents', `"workflow_id":"${workflowId}","parameters"`],
      ['/v1/agents', '"json_definition"'],
    ]) {
      const answer = await postRaw(path ?? '', `{${field}:{"deep":${deep}}}`);
      expect(answer.status).toBe(422);
      expect(JSON.stringify(answer.body.detail)).toContain('levels deep');
    }
  });

  it.each([
    ['a null byte', '\\u0000'],
    ['half of a surrogate pair', '\\ud83d'],
  ])('with %s in a text or a key is a 422 with the place of it', async (_what, unusable) => {
    const inText = `{"workflow_id":"${workflowId}","parameters":{"a":["x${unusable}y"]}}`;
    const inKey = `{"workflow_id":"${workflowId}","parameters":{"x${unusable}y":1}}`;
    for (const [body, place] of [
      [inText, 'body.parameters.a.0'],
      [inKey, 'body.parameters'],
    ]) {
      const answer = await postRaw('/v1/run/agents', body ?? '');
      expect(answer.status).toBe(422);
      expect(problems(answer.body)).toEqual([`value_error ${place}`]);
    }
  });

  it('with bytes that are no UTF-8 is read with replacement characters', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"run_ids":["'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"]}'),
    ]);
    const answer = await postRaw('/v1/runs/cancel', bytes);
    expect(answer).toEqual({ status: 200, body: { cancelled: [], failed: ['\ufffd\ufffd'] } });
  });
});

describe('a query', () => {
  it.each([
    ['page=0', 'greater_than_equal query.page'],
    ['page=x', 'int_parsing query.page'],
    ['page_size=-1', 'greater_than_equal query.page_size'],
    ['page_size=1.5', 'int_parsing query.page_size'],
    ['page=99999999999999', 'less_than_equal query.page'],
    ['page_size=99999999999999', 'less_than_equal query.page_size'],
    ['status=nothing', 'enum query.status.0'],
    ['only_saved_tasks=perhaps', 'bool_parsing query.only_saved_tasks'],
    ['search_key=%00', 'value_error query.search_key'],
  ])('with %s is a 422: %s', async (query, problem) => {
    const answer = await lapwing.request('GET', `/v1/agents?${query}`);
    expect(answer.status).toBe(422);
    expect(problems(answer.body)).toEqual([problem]);
  });

  it('with unknown keys is read without them', async () => {
    const query = 'nothing=1&__proto__=2&constructor=3';
    expect((await lapwing.request('GET', `/v1/agents?${query}`)).status).toBe(200);
  });

  it('with several mistakes lists them with those of the path', async () => {
    const answer = await lapwing.request('GET', '/v1/agents/x%00?version=0');
    expect(problems(answer.body)).toEqual([
      'value_error path.workflow_permanent_id',
      'greater_than_equal query.version',
    ]);
  });

  it.each(['x', '-1', '61'])('cannot wait %s seconds for a run', async (seconds) => {
    const answer = await lapwing.request('GET', `/v1/runs/wr_1?wait=${seconds}`);
    expect(answer.status).toBe(422);
  });
});

describe('every answer', () => {
  const isGuarded = (headers: { get(name: string): string | null }) => {
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  };

  it.each([
    ['GET', '/v1/version'],
    ['HEAD', '/v1/version'],
    ['GET', '/nothing'],
    ['DELETE', '/v1/agents'],
    ['OPTIONS', '/v1/agents'],
    ['GET', '/v1/runs/wr_1'],
    ['GET', '/v1/runs/%zz'],
    ['GET', '/openapi.json'],
    ['GET', '/docs'],
    ['POST', '/v1/agents'],
  ])('to %s %s carries the security headers', async (method, path) => {
    isGuarded((await lapwing.request(method, path)).headers);
  });

  it('to a request that is no HTTP is a 400 in the same shape, security headers included', async () => {
    const answer = await exchange('GET / HTTP/9\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/x-frame-options: DENY/i);
    expect(answer).toMatch(/\{"detail":"[^"]+"\}$/);
  });

  it('to headers that are too long is a 431 in the same shape', async () => {
    const answer = await exchange(
      `GET /health HTTP/1.1\r\nhost: a\r\nx-long: ${'x'.repeat(70_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toMatch(/\{"detail":"[^"]+"\}$/);
  });

  it('of JSON says so, and does not say what serves it', async () => {
    const { headers } = await lapwing.request('GET', '/v1/runs/wr_1');
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('server') ?? headers.get('x-powered-by')).toBeNull();
  });
});

describe('health', () => {
  it('names what was checked', async () => {
    const answer = await lapwing.request('GET', '/health');
    expect(answer.body).toEqual({
      status: 'ok',
      checks: {
        database: { ok: true, detail: lapwing.server.app.database.kind },
        schedules: { ok: true, detail: '0 enabled, 0 put right in the last hour' },
        browsers: { ok: true, detail: '0 open' },
      },
    });
  });
});
