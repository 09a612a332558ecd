import { maxHeaderSize } from 'node:http';
import multipart from '@fastify/multipart';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { openApiDocument } from '@lapwing/protocol';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { ArtifactsService } from '../domain/artifacts/service.ts';
import type { FoldersService } from '../domain/folders/service.ts';
import type { OrganizationsService } from '../domain/organizations/service.ts';
import type { RunsService } from '../domain/runs/service.ts';
import type { SchedulesService } from '../domain/schedules/service.ts';
import type { TagsService } from '../domain/tags/service.ts';
import type { UploadsService } from '../domain/uploads/service.ts';
import type { WebhooksService } from '../domain/webhooks/service.ts';
import type { UrlCheck, WorkflowsService } from '../domain/workflows/service.ts';
import type { HealthCheck } from '../lib/health.ts';
import type { Log } from '../lib/log.ts';
import { Connections } from './connections.ts';
import { failureOf } from './failures.ts';
import { registerLater } from './later.ts';
import { readJson, readJsonOrText } from './read-json.ts';
import { refuse, refuseConnection, securityHeaders } from './refusals.ts';
import { registerRoutes, verbsOf } from './register.ts';
import { artifactHandlers } from './routes/artifacts.ts';
import { folderHandlers } from './routes/folders.ts';
import { humanHandlers } from './routes/human.ts';
import { legacyHandlers } from './routes/legacy.ts';
import { organizationHandlers } from './routes/organizations.ts';
import { runListHandlers } from './routes/run-lists.ts';
import { runHandlers } from './routes/runs.ts';
import { scheduleHandlers } from './routes/schedules.ts';
import { type MetricsText, serverHandlers } from './routes/server.ts';
import { tagHandlers } from './routes/tags.ts';
import { uploadHandlers } from './routes/uploads.ts';
import { webhookHandlers } from './routes/webhooks.ts';
import { workflowHandlers } from './routes/workflows.ts';

export interface ApiParts {
  readonly version: string;
  readonly log: Log;
  readonly organizations: OrganizationsService;
  readonly workflows: WorkflowsService;
  readonly folders: FoldersService;
  readonly tags: TagsService;
  readonly runs: RunsService;
  readonly schedules: SchedulesService;
  readonly artifacts: ArtifactsService;
  readonly webhooks: WebhooksService;
  readonly uploads: UploadsService;
  readonly checkUrl: UrlCheck;
  readonly healthChecks: readonly HealthCheck[];
  readonly metrics: MetricsText;
  /** Tells errors of a database that was not reached from all others. */
  readonly isUnavailable: (error: unknown) => boolean;
}

/** A listening API. */
export interface Api {
  /** `http://127.0.0.1:8000`: where it listens. */
  readonly url: string;
  /** Ends event streams and waiting reads, lets the other requests finish, and stops listening. */
  close(): Promise<void>;
}

/** Largest request body, in bytes. */
const bodyLimit = 10 * 1024 * 1024;

function createServer({
  log,
  isUnavailable,
}: Pick<ApiParts, 'log' | 'isUnavailable'>): FastifyInstance {
  const server = fastify({
    bodyLimit,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: maxHeaderSize },
    forceCloseConnections: 'idle',
    // A path that cannot be decoded: there is nothing under it.
    frameworkErrors: (_error, _request, reply) => refuse(reply, 404, 'Not Found'),
    clientErrorHandler: refuseConnection,
  });
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser(
    ['application/json', 'text/plain', '*'],
    { parseAs: 'string' },
    async ({ routeOptions }: FastifyRequest, body: string) =>
      body === ''
        ? undefined
        : routeOptions.config.takesText === true
          ? readJsonOrText(body)
          : readJson(body),
  );
  // Legacy operations take a definition as it is.
  server.addContentTypeParser(
    ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'],
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) => body,
  );
  server.register(multipart);
  // Before the handlers, one of which is stricter.
  server.addHook('onRequest', async (_request, reply) => {
    reply.headers(securityHeaders);
  });
  server.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error, isUnavailable);
    if (failure.status >= 500)
      log.error({ err: error, method: request.method, url: request.url }, 'A request failed');
    // Nobody is going to read the rest of its body.
    if (!request.raw.complete) reply.header('connection', 'close');
    return reply
      .code(failure.status)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(failure.body));
  });
  server.setNotFoundHandler((request, reply) => {
    const otherVerb = verbsOf(request.url.split('?')[0] ?? '').length > 0;
    return otherVerb ? refuse(reply, 405, 'Method Not Allowed') : refuse(reply, 404, 'Not Found');
  });
  return server;
}

async function serveDocs(server: FastifyInstance, version: string): Promise<void> {
  const document = openApiDocument(version);
  await server.register(swagger, {
    mode: 'static',
    specification: { document: document as never },
  });
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    theme: {
      title: 'Lapwing API',
      css: [{ filename: 'lapwing.css', content: '.topbar { display: none }' }],
    },
  });
  server.get('/openapi.json', async () => document);
}

/** While it closes, the server looks this often for connections that are done. */
const sweepMs = 50;

/** Builds the API and listens. @throws when the address is taken. */
export async function startApi(
  parts: ApiParts,
  address: { host: string; port: number },
): Promise<Api> {
  const server = createServer(parts);
  const closing = new AbortController();
  const connections = new Connections(server.server);
  await serveDocs(server, parts.version);
  registerLater(server);
  registerRoutes(server, {
    organizations: parts.organizations,
    closing: closing.signal,
    handlers: {
      ...workflowHandlers(parts.workflows),
      ...folderHandlers(parts.folders),
      ...tagHandlers(parts.tags),
      ...runHandlers(parts.runs),
      ...humanHandlers(parts.runs),
      ...runListHandlers(parts.runs),
      ...uploadHandlers(parts.uploads),
      ...scheduleHandlers(parts.schedules),
      ...organizationHandlers(parts),
      ...legacyHandlers(parts),
      ...artifactHandlers(parts.artifacts, parts.runs),
      ...webhookHandlers(parts),
      ...serverHandlers(parts),
    },
  });
  const url = await server.listen(address);
  return {
    url,
    close: async () => {
      closing.abort();
      const sweep = setInterval(() => connections.closeUnused(), sweepMs);
      await server.close().finally(() => clearInterval(sweep));
    },
  };
}
