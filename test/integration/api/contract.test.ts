import { type OperationId, openApiDocument, type Route, routes } from '@lapwing/protocol';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { ask, createWorld, requests, type World } from '../../support/contract-world.ts';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';

let lapwing: Lapwing;
let receiver: Receiver;
let world: World;

beforeAll(async () => {
  [lapwing, receiver] = await Promise.all([startLapwing(), startReceiver()]);
  world = await createWorld(lapwing, receiver);
});
afterAll(() => Promise.all([lapwing.close(), receiver.close()]));

describe('every operation', () => {
  it.each(Object.keys(routes) as OperationId[])(
    '%s is served, and answers as its schema says',
    async (id) => {
      const route: Route = routes[id];
      const answer = await ask(world, route, (await requests[id]?.(world)) ?? {});
      const status = route.answer.kind === 'empty' ? 204 : 200;
      expect(answer.status, JSON.stringify(answer.body)).toBe(status);
      const type = answer.headers.get('content-type');
      switch (route.answer.kind) {
        case 'json':
          expect(type).toBe('application/json; charset=utf-8');
          // Equal, not only accepted: a field that the schema does not know would be dropped by it.
          expect(route.answer.schema.parse(answer.body)).toEqual(answer.body);
          break;
        case 'events':
          expect(type).toBe('text/event-stream; charset=utf-8');
          expect(answer.body).toMatch(/^id: 1\nevent: run\.status\n/);
          break;
        case 'text':
          expect(type).toMatch(/^text\/plain; (charset=utf-8|version=)/);
          expect(answer.body).not.toBe('');
          break;
        case 'bytes':
          expect(answer.body).toBe('pdf');
          break;
        case 'page':
          expect(type).toBe('text/html; charset=utf-8');
          break;
        case 'empty':
          expect(answer.body).toBe('');
          break;
      }
    },
  );
});

describe('the OpenAPI document', () => {
  it('is served as it is generated', async () => {
    const { body: version } = await lapwing.request('GET', '/v1/version');
    const answer = await fetch(`${lapwing.url}/openapi.json`);
    expect(await answer.json()).toEqual(
      JSON.parse(JSON.stringify(openApiDocument(version.version))),
    );
  });

  it('is a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    const result = await validator.validate(openApiDocument('1.0.0'));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('points to nothing that is not in it', () => {
    const text = JSON.stringify(openApiDocument('1.0.0'));
    const { components } = JSON.parse(text);
    const names = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      expect(name).toMatch(/^#\/components\/schemas\//);
      expect(components.schemas).toHaveProperty(name.replace('#/components/schemas/', ''));
    }
  });

  it('has each operation once, with the parameters of its path', () => {
    const { paths } = openApiDocument('1.0.0') as {
      paths: Record<string, Record<string, { operationId: string; parameters: Answer['body'][] }>>;
    };
    const operations = Object.entries(paths).flatMap(([path, verbs]) =>
      Object.values(verbs).map((operation) => ({ path, ...operation })),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.sort()).toEqual(Object.keys(routes).sort());
    for (const { path, parameters } of operations) {
      const inPath = parameters.filter((one) => one.in === 'path').map((one) => one.name);
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    }
  });

  it('can be read at /docs', async () => {
    const page = await fetch(`${lapwing.url}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const served = await fetch(`${lapwing.url}/docs/json`);
    expect(Object.keys((await served.json()).paths)).toContain('/v1/run/agents');
  });
});
