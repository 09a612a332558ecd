import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { html } from './html.ts';
import { page, type Reply, type Route, readCookies } from './http.ts';
import { Portal } from './portal.ts';
import type { SiteRequest } from './request.ts';
import { routes } from './routes.ts';

/** A request that the site got, in the order of arrival. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A running practice site. */
export interface Site {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  /** Orders, sessions, approvals and the audit list; see {@link Portal}. */
  readonly portal: Portal;
  /** How many requests there were for a path (without query), of one method or of any. */
  count(path: string, method?: string): number;
  /** Resolves when a request for the path has come in, with a query that fits if that is asked for. */
  reached(path: string, fits?: (query: URLSearchParams) => boolean): Promise<void>;
  /** Ends every connection, pages that never finish included. */
  close(): Promise<void>;
}

interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':') && value !== '') params[part.slice(1)] = decodeURIComponent(value);
    else if (part !== value) return null;
  }
  return params;
}

function findRoute(method: string, path: string): Match | 'method' | null {
  const onPath = routes.flatMap((route) => {
    const params = matchPath(route.path, path);
    return params ? [{ route, params }] : [];
  });
  const asked = method === 'HEAD' ? 'GET' : method;
  const match = onPath.find(({ route }) => route.method === '*' || route.method === asked);
  return match ?? (onPath.length > 0 ? 'method' : null);
}

function problem(status: number, title: string): Reply {
  return page({ title, content: html`<p><a href="/">Back to the start</a></p>` }, status);
}

function send(reply: Reply, method: string, response: ServerResponse): void {
  if ('stream' in reply) {
    reply.stream(response);
    return;
  }
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, { 'content-length': body.length, ...reply.headers });
  response.end(method === 'HEAD' ? undefined : body);
}

async function answer(request: SiteRequest, match: Match, portal: Portal): Promise<Reply> {
  try {
    return await match.route.handle(request, portal);
  } catch (error) {
    if (request.signal.aborted) return { stream: (response) => response.destroy() };
    return problem(500, error instanceof Error ? error.message : String(error));
  }
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  site: {
    readonly portal: Portal;
    readonly requests: RecordedRequest[];
    readonly arrivals: EventTarget;
  },
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('The client has gone.')));
  const { pathname: path, searchParams: query } = new URL(`http://site${incoming.url ?? '/'}`);
  const method = incoming.method ?? 'GET';
  const { headers } = incoming;
  const body = await buffer(incoming);
  site.requests.push({ method, path, query: query.toString(), headers, body: body.toString() });
  site.arrivals.dispatchEvent(new Event('arrival'));
  const match = findRoute(method, path);
  if (match === null) return send(problem(404, 'Page not found'), method, response);
  if (match === 'method') return send(problem(405, 'Method not allowed'), method, response);
  const cookies = readCookies(headers.cookie);
  const { params } = match;
  const request = { method, path, query, headers, cookies, params, body, signal: gone.signal };
  send(await answer(request, match, site.portal), method, response);
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  return (server.address() as AddressInfo).port;
}

/** Starts the site on 127.0.0.1. Port 0, the default, is any free port. Rejects when the port is taken. */
export async function startSite(options: { readonly port?: number } = {}): Promise<Site> {
  const portal = new Portal();
  const requests: RecordedRequest[] = [];
  const arrivals = new EventTarget();
  const server = createServer((incoming, response) => {
    // A client that goes away in the middle of its request is no fault of the site.
    serve(incoming, response, { portal, requests, arrivals }).catch(() => response.destroy());
  });
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    portal,
    count: (path, method) =>
      requests.filter((one) => one.path === path && (!method || one.method === method)).length,
    reached: async (path, fits = () => true) => {
      const here = () =>
        requests.some((one) => one.path === path && fits(new URLSearchParams(one.query)));
      while (!here()) {
        const { promise, resolve } = Promise.withResolvers<void>();
        arrivals.addEventListener('arrival', () => resolve(), { once: true });
        await promise;
      }
    },
    close: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
    },
  };
}
