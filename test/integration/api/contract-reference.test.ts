import { type OperationId, type Route, routes } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';
import { rowsUnder } from '../../support/compatibility.ts';
import { ask, createWorld, requests, type World } from '../../support/contract-world.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import {
  type Address,
  absentFields,
  addresses,
  misfits,
  named,
  type Schema,
  shapeOf,
} from '../../support/reference.ts';

let lapwing: Lapwing;
let receiver: Receiver;
let world: World;

beforeAll(async () => {
  [lapwing, receiver] = await Promise.all([startLapwing(), startReceiver()]);
  world = await createWorld(lapwing, receiver);
});
afterAll(() => Promise.all([lapwing.close(), receiver.close()]));

/** The operations of our table, by the shape of each of their addresses. */
const served = new Map<string, OperationId>(
  Object.entries<Route>(routes).flatMap(([id, route]) =>
    [route, ...route.twins].map((twin) => [shapeOf(twin), id as OperationId] as const),
  ),
);

const operations = rowsUnder('## Operations');
const later = new Set(
  operations
    .filter(({ state }) => state.startsWith('later'))
    .flatMap(({ names }) => names.map(shapeOfName)),
);

function shapeOfName(name: string): string {
  const [method = '', path = ''] = name.split(' ');
  return shapeOf({ method, path });
}

/** Under `/api/v1` and `/api/v2` the reference repeats operations of `/v1`. */
const pageShapes = ({ method, path, operation }: Address) =>
  [
    { method, path },
    { method, path: path.replace(/^\/api\/v[12]/, '/v1') },
    ...(operation === null ? [] : [operation]),
  ].map(shapeOf);
const isLater = (address: Address) => pageShapes(address).some((shape) => later.has(shape));

/** What the reference answers where its document is silent (api.md). */
const unpublished: Readonly<Record<string, Schema>> = {
  'GET /api/v1/runs': { type: 'array', items: named('WorkflowRun') },
  'GET /api/v1/workflows/{}/runs': { type: 'array', items: named('WorkflowRun') },
  'GET /api/v1/workflows/{}/runs/{}/timeline': {
    type: 'array',
    items: named('WorkflowRunTimeline'),
  },
  'GET /api/v1/{}/{}/artifacts': { type: 'array', items: named('Artifact') },
  'GET /v1/artifacts/{}': named('Artifact'),
  'GET /api/v1/workflows/templates': { type: 'array', items: named('Workflow') },
  'POST /api/v1/workflows': named('Workflow'),
  'PUT /api/v1/workflows/{}': named('Workflow'),
  'PUT /v1/workflows/{}/template': named('Workflow'),
  'POST /v1/run/workflows/blocks': named('WorkflowRunResponse'),
  'POST /v1/internal/runs/{}/test-webhook': named('RunWebhookReplayResponse'),
};

const schemaOf = ({ operation, ...address }: Address) =>
  operation === null ? unpublished[shapeOf(address)] : operation.answer;

const titled = addresses.map((address) => ({
  ...address,
  title: `${address.method} ${address.path}`,
}));

describe('an operation of the reference', () => {
  it.each(titled.filter((address) => !isLater(address)))('is served: $title', async (address) => {
    expect(
      served.has(shapeOf(address)),
      'docs/compatibility.md does not say that it comes later',
    ).toBe(true);
    const id = served.get(shapeOf(address)) as OperationId;
    const answer = await ask(world, address, (await requests[id]?.(world)) ?? {});
    const route: Route = routes[id];
    const status = address.operation?.status ?? (route.answer.kind === 'empty' ? 204 : 200);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    const schema = schemaOf(address);
    if (schema === undefined) return;
    expect(misfits(schema, answer.body)).toEqual([]);
    expect([...new Set(absentFields(schema, answer.body))]).toEqual([]);
  });

  it.each(titled.filter(isLater))('says that it comes later: $title', async (address) => {
    expect(served.get(shapeOf(address))).toBeUndefined();
    const method = address.method === 'WEBSOCKET' ? 'GET' : address.method;
    const answer = await ask(world, { ...address, method }, {});
    expect(answer.status).toBe(404);
    expect(answer.body.detail).toMatch(/not served by this version$/);
  });
});
