import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type OperationId, type Route, routes } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hostileTexts, pathSegment, type RawAnswer, RawClient } from '../../support/hostile.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization, type OtherOrganization } from '../../support/organizations.ts';

/** No answer takes so long, however busy the machine is; the aim is 5 s. */
const patienceMs = 15_000;

let lapwing: Lapwing;
let client: RawClient;
let apiKey: string;
let other: OtherOrganization;
/** What belongs to the other organization, by the names that paths give it. */
let theirs: Record<string, string>;

beforeAll(async () => {
  lapwing = await startLapwing();
  // Not the first organization, which may do something to all others.
  const own = await addOrganization(lapwing, 'own');
  apiKey = own.headers['x-api-key'];
  client = new RawClient({ url: lapwing.url, apiKey });
  other = await addOrganization(lapwing, 'other');
  theirs = await thingsOf(other);
});
afterAll(async () => {
  client.close();
  await lapwing.close();
});

async function thingsOf({ headers, organizationId, apiKeyId }: OtherOrganization) {
  const make = async (path: string, body?: unknown) => {
    const answer = await lapwing.request('POST', path, body, headers);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  };
  const blocks = [{ block_type: 'wait', label: 'pause', wait_sec: 1 }];
  const workflow_definition = { parameters: [], blocks };
  const json_definition = { title: 'Theirs', workflow_definition };
  const { workflow_permanent_id } = await make('/v1/agents', { json_definition });
  const tags = [{ key: 'env', value: 'prod' }];
  await make(`/v1/agents/${workflow_permanent_id}/tags`, { tags });
  const run = await make('/v1/run/agents', { workflow_id: workflow_permanent_id });
  const folder = await make('/v1/folders', { title: 'Theirs' });
  const { app } = lapwing.server;
  const source = Buffer.from('png');
  const artifact = await app.artifacts.save({
    organizationId,
    runId: run.run_id,
    blockId: null,
    type: 'screenshot_final',
    filename: 'a.png',
    contentType: 'image/png',
    source,
  });
  const file = await app.uploads.save({
    organizationId,
    filename: 'a.txt',
    contentType: 'text/plain',
    bytes: source,
    retentionDays: null,
  });
  return {
    workflow_permanent_id,
    run_id: run.run_id,
    folder_id: folder.folder_id,
    artifact_id: artifact.artifactId,
    file_id: file.file_id ?? '',
    key: 'env',
    organization_id: organizationId,
    api_key_id: apiKeyId,
    entity_type: 'workflow_run',
    entity_id: run.run_id,
    browser_session_id: 'pbs_1',
  };
}

const operations = Object.keys(routes) as OperationId[];
const routeOf = (id: OperationId): Route => routes[id];
const namesIn = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
const withIds = (path: string, id: (name: string) => string) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => pathSegment(id(name)));
/** The path of an operation with ids of nothing. */
const pathOf = (id: OperationId) => withIds(routeOf(id).path, () => 'none_1');

const inJson = { 'content-type': 'application/json' };

function sendBody(id: OperationId, body: string): Promise<RawAnswer> {
  const { method } = routeOf(id);
  return client.send({ method, path: pathOf(id), headers: inJson, body }, patienceMs);
}

/** An answer that a client can do something with: what is wrong, and where, or nothing is. */
function expectSound(answer: RawAnswer, sent: string): void {
  const about = `${sent} → ${answer.status} ${answer.text.slice(0, 300)}`;
  expect(answer.status, about).toBeLessThan(500);
  expect(answer.milliseconds, about).toBeLessThan(patienceMs);
  if (answer.status < 400 || String(answer.headers['content-type']).startsWith('text/html')) return;
  const { detail } = JSON.parse(answer.text);
  if (typeof detail === 'string') expect(detail, about).not.toBe('');
  else {
    expect(detail.length, about).toBeGreaterThan(0);
    for (const { loc, msg } of detail) {
      expect(loc.length, about).toBeGreaterThan(0);
      expect(msg, about).not.toBe('');
    }
  }
}

/** Sends all at once: the tests of an operation take as long as its slowest answer. */
async function expectAllSound(
  requests: readonly (readonly [sent: string, answer: Promise<RawAnswer>])[],
): Promise<RawAnswer[]> {
  return Promise.all(
    requests.map(async ([sent, answer]) => {
      const got = await answer;
      expectSound(got, sent);
      return got;
    }),
  );
}

describe('ids and names in paths', () => {
  const withPath = operations.filter((id) => namesIn(routeOf(id).path).length > 0);

  it.each(withPath)('of %s may be anything', async (id) => {
    const { method, path } = routeOf(id);
    const texts = Object.entries(hostileTexts).filter(([, value]) => value.trim() !== '');
    await expectAllSound(
      texts.map(([what, value]) => {
        const request = { method, path: withIds(path, () => value) };
        return [`${id} with ${what}`, client.send(request, patienceMs)] as const;
      }),
    );
  });

  /** Ids of the same shape that belong to nobody. */
  const nobodys = (name: string) => (theirs[name] ?? 'none_1').replaceAll(/\d/g, '1');
  const comparable = ({ status, text }: RawAnswer, id: (name: string) => string, path: string) =>
    namesIn(path).reduce(
      (shown, name) => shown.replaceAll(id(name), `{${name}}`),
      `${status} ${text}`.replaceAll(/"\w+_at":"[^"]*"/g, '"…_at"'),
    );
  const owned = withPath.filter((id) => namesIn(routeOf(id).path).some((name) => name !== 'key'));

  it.each(owned)('of %s that belong to another organization are as those of nobody', async (id) => {
    const { method, path } = routeOf(id);
    const ask = async (ids: (name: string) => string) => {
      const answer = await client.send({ method, path: withIds(path, ids) }, patienceMs);
      expectSound(answer, id);
      return comparable(answer, ids, path);
    };
    expect(await ask((name) => theirs[name] ?? 'none_1')).toBe(await ask(nobodys));
  });

  it('of another organization have changed nothing there', async () => {
    const read = async (path: string) => {
      const answer = await lapwing.request('GET', path, undefined, other.headers);
      expect(answer.status).toBe(200);
      return answer.body;
    };
    const workflow = `/v1/agents/${theirs.workflow_permanent_id}`;
    expect(await read(workflow)).toMatchObject({ title: 'Theirs', version: 1, folder_id: null });
    expect((await read(`${workflow}/tags`)).tags).toHaveLength(1);
    expect(await read(`/v1/folders/${theirs.folder_id}`)).toMatchObject({ title: 'Theirs' });
    expect(await read(`/v1/artifacts/${theirs.artifact_id}`)).toMatchObject({ file_size: 3 });
    expect((await read(`/v1/runs/${theirs.run_id}`)).status).not.toBe('canceled');
  });
});

describe('ids in bodies that belong to another organization', () => {
  const cases: readonly (readonly [OperationId, (id: string) => object, string])[] = [
    ['createRun', (workflow_id) => ({ workflow_id }), 'workflow_permanent_id'],
    ['createRun', (agent_id) => ({ agent_id }), 'workflow_permanent_id'],
    ['cancelRuns', (id) => ({ run_ids: [id] }), 'run_id'],
    ['readManyWorkflowTags', (id) => ({ workflow_permanent_ids: [id] }), 'workflow_permanent_id'],
    ['readManyRunTags', (id) => ({ workflow_run_ids: [id] }), 'run_id'],
  ];

  it.each(cases)('%s treats as those of nobody', async (id, body, name) => {
    const ask = async (value: string) => {
      const { status, text } = await sendBody(id, JSON.stringify(body(value)));
      return `${status} ${text.replaceAll(value, 'id')}`;
    };
    const their = theirs[name] ?? '';
    expect(await ask(their)).toBe(await ask(their.replaceAll(/\d/g, '1')));
  });

  it('name no folder to put a workflow into', async () => {
    const workflow_definition = { parameters: [], blocks: [] };
    const json_definition = { title: 't', folder_id: theirs.folder_id, workflow_definition };
    const answer = await lapwing.request('POST', '/v1/agents', { json_definition });
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain(theirs.folder_id);
  });
});

describe('a query', () => {
  const withQuery = operations.filter((id) => routeOf(id).query instanceof z.ZodObject);

  it.each(withQuery)('of %s may hold anything', async (id) => {
    const { method, query } = routeOf(id);
    const known = query instanceof z.ZodObject ? Object.keys(query.shape) : [];
    const values = [...Object.values(hostileTexts), '-1', '1.5', '2147483647', 'true', '[]'];
    const texts = known.flatMap((name) => values.map((value) => `${name}=${pathSegment(value)}`));
    const odd = ['a[b]=c', '__proto__[x]=1', 'constructor=1', '=', '&&&', '%zz=%zz', '?'];
    const twice = known.map((name) => `${name}=1&${name}=2`);
    await expectAllSound(
      [...texts, ...twice, ...odd]
        // Which says how long the answer is to take.
        .filter((pair) => !pair.startsWith('wait=1&') && pair !== 'wait=1%2E5')
        .map((pair) => {
          const request = { method, path: `${pathOf(id)}?${pair}` };
          return [`${id}?${pair.slice(0, 60)}`, client.send(request, patienceMs)] as const;
        }),
    );
  });
});

/** Documents that no operation may trip over. */
const documents: Readonly<Record<string, string>> = {
  'broken JSON': '{"a": [1, }',
  'two documents': '{}{}',
  NaN: '{"a": NaN}',
  Infinity: '[-Infinity]',
  'a number beyond all numbers': '{"page": 1e999, "run_ids": [1e999]}',
  'a list': '[]',
  'a text': '"text"',
  'a number': '7',
  null: 'null',
  'half of a surrogate pair': '{"title": "\\ud800", "\\udfff": 1}',
  'a null byte': '{"title": "\\u0000", "workflow_id": "a\\u0000b"}',
  'names of Object.prototype':
    '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}, "toString": 1, "hasOwnProperty": 2, "toJSON": 3, "then": 4}',
  'ten thousand levels': `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  'a hundred thousand names': `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":0`).join(',')}}`,
};

describe('a body', () => {
  const withBody = operations.filter((id) => routeOf(id).method !== 'GET');

  it.each(withBody)('of %s may be anything', async (id) => {
    await expectAllSound(
      Object.entries(documents).map(
        ([what, body]) => [`${id} with ${what}`, sendBody(id, body)] as const,
      ),
    );
    expect('polluted' in {}).toBe(false);
  });

  /** Values of every type; the first that a field does not take is sent in it. */
  const values: readonly unknown[] = [{ a: [7] }, [[7]], 7.5, 'text', true, '\ud800'];

  const typed = withBody.filter((id) => bodySchema(id) !== null && routeOf(id).file === undefined);
  it.each(typed)('of %s with a wrong type is refused naming the field', async (id) => {
    const schema = bodySchema(id);
    const fields = Object.entries(schema?.shape ?? {}).flatMap(([name, field]) => {
      const wrong = values.find((value) => !(field as z.ZodType).safeParse(value).success);
      return wrong === undefined ? [] : [[name, wrong] as const];
    });
    await Promise.all(
      fields.map(async ([name, value]) => {
        const answer = await sendBody(id, JSON.stringify({ [name]: value }));
        expectSound(answer, `${id} with ${name}`);
        expect([403, 422], answer.text).toContain(answer.status);
        if (answer.status === 403) return;
        const { detail } = JSON.parse(answer.text);
        const places = detail.map(({ loc }: { loc: unknown[] }) => loc.slice(0, 2).join('.'));
        expect(places, answer.text).toContain(`body.${name}`);
      }),
    );
  });

  it.each(withBody)('of %s that is too large is a 413 before it is read', async (id) => {
    const { method, file } = routeOf(id);
    const type = file === undefined ? 'application/json' : 'multipart/form-data; boundary=b';
    const head = [
      `${method} ${pathOf(id)} HTTP/1.1`,
      'host: a',
      `x-api-key: ${apiKey}`,
      `content-type: ${type}`,
      `content-length: ${1024 ** 4}`,
    ];
    const socket = connect(Number(new URL(lapwing.url).port), '127.0.0.1');
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    expect(await firstAnswer(socket)).toMatch(/^HTTP\/1\.1 413 .*too large/s);
  });
});

function bodySchema(id: OperationId): z.ZodObject | null {
  const { body } = routeOf(id);
  return body instanceof z.ZodObject ? body : null;
}

async function firstAnswer(socket: ReturnType<typeof connect>): Promise<string> {
  const all = text(socket);
  all.catch(() => undefined);
  return all;
}

describe('after all that', () => {
  it('the server works', async () => {
    const answer = await lapwing.request('GET', '/health');
    expect(answer).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
});
