import { openApiDocument, type Route, routes } from '@lapwing/protocol';
import fc, { type Arbitrary } from 'fast-check';
import { pathSegment, type RawRequest } from '../support/hostile.ts';
import { definition, jsonText, yamlText } from './fuzz-definitions.ts';
import { fitting, hostileText, hostileValue, type JsonSchema, mutated } from './fuzz-values.ts';

/** A request that still has to learn the ids of the server that it is sent to. */
export interface FuzzRequest {
  readonly operation: string;
  /** Whether an accepted one made a workflow, whose runs are worth a look too. */
  readonly makesWorkflow: boolean;
  bind(ids: Ids): RawRequest;
}

/** Ids by the names that paths and bodies give them. */
export type Ids = Readonly<Record<string, string>>;

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: JsonSchema }>> };
}

const document = openApiDocument('0') as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
};
const operations = new Map(
  Object.values(document.paths).flatMap((verbs) =>
    Object.values(verbs).map((operation) => [operation.operationId, operation] as const),
  ),
);
const defs: JsonSchema = { $defs: document.components.schemas };

/** Names under which bodies speak of things that are there. */
const idNames =
  /^(workflow_id|agent_id|folder_id|key|run_ids|workflow_permanent_ids|workflow_run_ids)$/;
const listed: Ids = {
  agent_id: 'workflow_permanent_id',
  workflow_id: 'workflow_permanent_id',
  run_ids: 'run_id',
  workflow_run_ids: 'run_id',
  workflow_permanent_ids: 'workflow_permanent_id',
};

/** Puts ids that are there into the fields that `luck`, bit by bit, says. */
function withIds(body: unknown, ids: Ids, luck: number): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const entries = Object.entries(body).map(([name, value], index) => {
    const id = ids[listed[name] ?? name];
    if (!idNames.test(name) || id === undefined || (luck >> index) % 4 === 0) return [name, value];
    return [name, name.endsWith('s') ? [id] : id];
  });
  return Object.fromEntries(entries);
}

type Place = (ids: Ids) => string;

/** @param doomed Things that nothing else asks for, since what is sent may delete them. */
const inPath = (name: string, doomed: boolean): Arbitrary<Place> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constant<Place>((ids) =>
        pathSegment(ids[`${doomed ? 'doomed_' : ''}${name}`] ?? 'none'),
      ),
    },
    { weight: 1, arbitrary: fc.constant<Place>((ids) => pathSegment(ids[`other_${name}`] ?? 'x')) },
    {
      weight: 2,
      arbitrary: hostileText.map(
        (text): Place =>
          () =>
            pathSegment(text || ' '),
      ),
    },
  );

/** A request that waits because it is told to says nothing about how quick answers are. */
const unhurried = ([name]: readonly [string, string]) => name !== 'wait';

function inQuery(operation: Operation): Arbitrary<string> {
  const known = operation.parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema, required }) => {
      const value = fc.oneof(
        { weight: 4, arbitrary: fitting(schema, defs).map(String) },
        { weight: 1, arbitrary: hostileText },
      );
      const freq = required ? 9 : 1;
      return fc.option(
        value.map((text) => [name, text] as const),
        { freq },
      );
    });
  const unknown = fc.option(fc.tuple(hostileText, hostileText), { freq: 1 });
  return fc.tuple(...known, unknown).map((pairs) => {
    const given = pairs.filter((pair) => pair !== null).filter(unhurried);
    const text = given.map(([name, value]) => `${pathSegment(name)}=${pathSegment(value)}`);
    return text.length === 0 ? '' : `?${text.join('&')}`;
  });
}

interface Body {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: (ids: Ids) => string;
}

function asJson(value: Arbitrary<unknown>): Arbitrary<Body> {
  const headers = { 'content-type': 'application/json' };
  return fc.oneof(
    {
      weight: 9,
      arbitrary: fc.tuple(value, fc.nat()).map(([body, luck]) => ({
        headers,
        text: (ids: Ids) => JSON.stringify(withIds(body, ids, luck)) ?? '',
      })),
    },
    { weight: 1, arbitrary: jsonText(value).map((text) => ({ headers, text: () => text })) },
  );
}

function asForm(fields: Arbitrary<unknown>): Arbitrary<Body> {
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  const part = (name: string, value: unknown) =>
    `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${JSON.stringify(value)}\r\n`;
  return fc.tuple(fields, hostileText, hostileText).map(([values, name, content]) => {
    const texts = Object.entries(Object(values)).map(([key, value]) => part(key, value));
    const file = `--b\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\n${content}\r\n`;
    return { headers, text: () => `${texts.join('')}${file}--b--\r\n` };
  });
}

const nothing: Arbitrary<Body> = fc.constant({ headers: {}, text: () => '' });

function bodyOf(route: Route, operation: Operation): Arbitrary<Body> {
  const [content] = Object.values(operation.requestBody?.content ?? {});
  if (content === undefined) return nothing;
  const fits = fitting(content.schema, defs);
  if (route.file !== undefined) return asForm(mutated(fits));
  return asJson(fc.oneof(fits, mutated(fits), mutated(mutated(fits)), hostileValue));
}

/** What a header may hold on its way to a server at all: the client refuses the rest. */
const headerText = hostileText.map((text) => text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, '?'));

function headersOf(operation: Operation): Arbitrary<Readonly<Record<string, string>>> {
  const named = operation.parameters.filter((parameter) => parameter.in === 'header');
  const values = Object.fromEntries(
    named.map(({ name }) => [
      name,
      fc.oneof(headerText, fc.constantFrom('skyvern-ui', '1', 'key-1', 'bytes=0-0')),
    ]),
  );
  return fc.record(values, { requiredKeys: [] }) as Arbitrary<Record<string, string>>;
}

function requestsTo(operationId: string, route: Route): Arbitrary<FuzzRequest> {
  const operation = operations.get(operationId);
  if (operation === undefined) throw new Error(`${operationId} is not in the OpenAPI document`);
  const address = fc.constantFrom(route, ...route.twins);
  const ids = fc.record({
    ...Object.fromEntries(
      [route, ...route.twins]
        .flatMap(({ path }) => [...path.matchAll(/\{(\w+)\}/g)])
        .map(([, name = '']) => [name, inPath(name, /^(delete|revoke)/.test(operationId))]),
    ),
  }) as Arbitrary<Record<string, Place>>;
  return fc
    .tuple(address, ids, inQuery(operation), headersOf(operation), bodyOf(route, operation))
    .map(([{ method, path }, places, query, headers, body]) => ({
      operation: operationId,
      makesWorkflow: false,
      bind: (known) => ({
        method,
        path: path.replaceAll(/\{(\w+)\}/g, (_, name) => places[name]?.(known) ?? '') + query,
        headers: { ...headers, ...body.headers },
        body: body.text(known),
      }),
    }));
}

/** Requests to every operation of the table of routes, each as often as the others. */
export const anyRequest: Arbitrary<FuzzRequest> = fc.oneof(
  ...Object.entries<Route>(routes).map(([id, route]) => requestsTo(id, route)),
);

const asWorkflow = fc.constantFrom(
  { operation: 'createWorkflow', method: 'POST', path: () => '/v1/agents' },
  {
    operation: 'updateWorkflow',
    method: 'POST',
    path: (ids: Ids) => `/v1/agents/${ids.workflow_permanent_id}`,
  },
);

const asLegacy = fc.constantFrom(
  { operation: 'legacyCreateWorkflow', method: 'POST', path: () => '/api/v1/workflows' },
  {
    operation: 'legacyUpdateWorkflow',
    method: 'PUT',
    path: (ids: Ids) => `/api/v1/workflows/${ids.workflow_permanent_id}`,
  },
);

const inJson = { 'content-type': 'application/json' };
const inYaml = { 'content-type': 'application/yaml' };

function storing(
  where: typeof asWorkflow | typeof asLegacy,
  body: Arbitrary<string>,
  headers: Readonly<Record<string, string>>,
): Arbitrary<FuzzRequest> {
  return fc.tuple(where, body).map(([{ operation, method, path }, text]) => ({
    operation,
    makesWorkflow: true,
    bind: (ids) => ({ method, path: path(ids), headers, body: text }),
  }));
}

/** Definitions by each of the ways in which they are stored. */
export const anyDefinition: Arbitrary<FuzzRequest> = fc.oneof(
  storing(
    asWorkflow,
    definition.map((json_definition) => JSON.stringify({ json_definition })),
    inJson,
  ),
  storing(
    asWorkflow,
    yamlText.map((yaml_definition) => JSON.stringify({ yaml_definition })),
    inJson,
  ),
  storing(asLegacy, yamlText, inYaml),
  storing(asLegacy, jsonText(definition), inJson),
);
