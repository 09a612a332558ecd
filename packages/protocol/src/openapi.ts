import { z } from 'zod';
import { errorTable } from './errors.ts';
import { runEvents } from './events.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';

type Json = Record<string, unknown>;

const errorSchema: Json = {
  type: 'object',
  properties: {
    detail: {
      description: 'A text, or the list of what does not fit',
      anyOf: [
        { type: 'string' },
        {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              type: { type: 'string' },
              loc: { type: 'array', items: { type: ['string', 'integer'] } },
              msg: { type: 'string' },
            },
          },
        },
      ],
    },
  },
};

const pathParameters = (path: string) =>
  [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');

/** A schema with its named parts under `$defs`; {@link lifted} moves those into the document's components. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    target: 'draft-2020-12',
  });
  return rest;
}

/** Moves every `$defs` entry of a document into `components` and points the references there. */
function lifted(document: unknown, components: Json): unknown {
  if (Array.isArray(document)) return document.map((item) => lifted(item, components));
  if (typeof document !== 'object' || document === null) return document;
  const result: Json = {};
  for (const [key, value] of Object.entries(document)) {
    if (key === '$defs') {
      for (const [name, schema] of Object.entries(value as Json)) {
        const { id: _, ...named } = schema as Json;
        components[name] = lifted(named, components);
      }
    } else if (key === '$ref' && typeof value === 'string') {
      result[key] = value.replace('#/$defs/', '#/components/schemas/');
    } else result[key] = lifted(value, components);
  }
  return result;
}

function queryParameters(query: z.ZodType | undefined): Json[] {
  if (query === undefined) return [];
  const schema = schemaOf(query, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: 'query',
    required: schema.required?.includes(name) ?? false,
    schema: property,
  }));
}

function parametersOf(route: Route): Json[] {
  return [
    ...pathParameters(route.path).map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...queryParameters(route.query),
    ...Object.entries(route.headers ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      required: false,
      description,
      schema: { type: 'string' },
    })),
  ];
}

function successOf(route: Route): Json {
  switch (route.answer.kind) {
    case 'json':
      return {
        description: 'Done',
        content: { 'application/json': { schema: schemaOf(route.answer.schema, 'output') } },
      };
    case 'bytes':
      return {
        description: 'The bytes',
        content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
      };
    case 'events':
      return {
        description: `Events: ${Object.keys(runEvents).join(', ')}. The data of each is JSON.`,
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      };
    case 'page':
      return {
        description: 'A page; refusals are pages too',
        content: { 'text/html': { schema: { type: 'string' } } },
      };
    case 'text':
      return { description: 'A text', content: { 'text/plain': { schema: { type: 'string' } } } };
    case 'empty':
      return { description: 'Done, nothing to say' };
  }
}

function responsesOf(route: Route): Json {
  const codes = [
    ...route.errors,
    ...(route.auth === 'none' ? [] : (['invalid_credentials'] as const)),
  ];
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const failures = [...byStatus].map(([status, names]) => [
    String(status),
    {
      description: names.join(', '),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    },
  ]);
  const success = route.answer.kind === 'empty' ? '204' : '200';
  return { [success]: successOf(route), ...Object.fromEntries(failures) };
}

function requestBodyOf(route: Route, body: z.ZodType): Json {
  const schema = schemaOf(body, 'input');
  if (route.file === undefined) {
    return {
      required: !body.safeParse(undefined).success,
      content: { 'application/json': { schema } },
    };
  }
  const file = { type: 'string', contentMediaType: 'application/octet-stream' };
  const form = {
    ...schema,
    properties: { ...(schema.properties as Json), file },
    required: ['file'],
  };
  return { required: true, content: { 'multipart/form-data': { schema: form } } };
}

function operationOf(operationId: string, route: Route): Json {
  const twins = route.twins.map((twin) => `${twin.method} ${twin.path}`);
  return {
    operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(twins.length > 0 && { description: `Also: ${twins.join(', ')}` }),
    ...(route.addition && { 'x-addition': true }),
    security: route.auth === 'none' ? [] : [{ apiKey: [] }],
    parameters: parametersOf(route),
    ...(route.body !== undefined && { requestBody: requestBodyOf(route, route.body) }),
    responses: responsesOf(route),
  };
}

/**
 * The OpenAPI 3.1 document of the API, made from the table of routes.
 * @param version The server's version.
 */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [operationId, route] of Object.entries<Route>(routes)) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(operationId, route),
    };
  }
  const schemas: Json = { Error: errorSchema };
  return {
    openapi: '3.1.0',
    info: { title: 'Lapwing', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths: lifted(paths, schemas),
    components: {
      securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
      schemas,
    },
  };
}
