import { type ReadPart, type Route, readPart, routes } from '@lapwing/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { OrganizationsService, Principal } from '../domain/organizations/service.ts';
import { LapwingError, type ValidationIssue } from '../errors.ts';
import { unusableValue } from '../lib/unusable-values.ts';
import type { JsonHandlers, StreamHandlers } from './handlers.ts';
import { readForm } from './read-form.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body may be any text: a definition in YAML, whatever content type it is sent with. */
    readonly takesText?: boolean;
  }
}

type AnyHandler = (request: unknown, reply: FastifyReply) => Promise<unknown>;

interface Registration {
  readonly organizations: OrganizationsService;
  readonly handlers: JsonHandlers & StreamHandlers;
  /** Fires when the server is closing. */
  readonly closing: AbortSignal;
}

function unusableIn(value: unknown, place: 'path' | 'query' | 'body'): ValidationIssue | null {
  const found = unusableValue(value);
  if (found === null) return null;
  const { loc, problem } = found;
  return { type: 'value_error', loc: [place, ...loc], msg: `Value error, ${problem}` };
}

function parsePart(
  schema: z.ZodType | undefined,
  value: unknown,
  place: 'query' | 'body',
  issues: ValidationIssue[],
): unknown {
  if (schema === undefined) return undefined;
  const unusable = unusableIn(value, place);
  const read: ReadPart =
    unusable === null ? readPart(schema, value, place) : { ok: false, issues: [unusable] };
  if (read.ok) return read.value;
  issues.push(...read.issues);
  return undefined;
}

function parseRequest(
  route: Route,
  request: Pick<FastifyRequest, 'params' | 'query' | 'body'>,
): { query: unknown; body: unknown } {
  const inPath = unusableIn(request.params, 'path');
  const issues: ValidationIssue[] = inPath === null ? [] : [inPath];
  const query = parsePart(route.query, request.query, 'query', issues);
  const body = parsePart(route.body, request.body, 'body', issues);
  if (issues.length > 0)
    throw new LapwingError('validation_failed', 'The request does not fit', { issues });
  return { query, body };
}

const headersOf = (request: FastifyRequest) =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );

/** Fires when the client hangs up or the server is closing. */
function signalOf(reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, closing]);
}

async function principalOf(
  route: Route,
  headers: Readonly<Record<string, string | undefined>>,
  organizations: OrganizationsService,
): Promise<Principal | null> {
  const key = headers['x-api-key'];
  if (route.auth === 'none' || (route.auth === 'signed' && key === undefined)) return null;
  return organizations.authenticate(key);
}

/** Serves every route of the table, under each of its addresses. */
export function registerRoutes(server: FastifyInstance, registration: Registration): void {
  for (const [operationId, route] of Object.entries<Route>(routes)) {
    const handler = registration.handlers[operationId as keyof typeof routes] as AnyHandler;
    const handle = async (request: FastifyRequest, reply: FastifyReply) => {
      const headers = headersOf(request);
      const principal = await principalOf(route, headers, registration.organizations);
      const form = route.file === undefined ? null : await readForm(request, route.file.maxBytes);
      const { query, body } = parseRequest(route, {
        params: request.params,
        query: request.query,
        body: form === null ? request.body : form.fields,
      });
      const signal = signalOf(reply, registration.closing);
      const answer = await handler(
        { principal, params: request.params, query, body, file: form?.file, headers, signal },
        reply,
      );
      if (route.answer.kind !== 'json') return reply;
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer));
    };
    for (const { method, path } of [route, ...route.twins]) {
      const url = path.replaceAll(/\{(\w+)\}/g, ':$1');
      const config = { takesText: route.body?.safeParse('').success === true };
      server.route({ method, url, config, handler: handle });
    }
  }
}

/** The verbs that an unknown combination of verb and path would have had. */
export function verbsOf(path: string): string[] {
  const plain = path.replace(/\/$/, '');
  return Object.values<Route>(routes)
    .flatMap((route) => [route, ...route.twins])
    .filter((twin) => new RegExp(`^${twin.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain))
    .map((twin) => twin.method);
}
