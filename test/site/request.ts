import type { IncomingHttpHeaders } from 'node:http';

/** A request as the pages see it. */
export interface SiteRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly cookies: ReadonlyMap<string, string>;
  /** What `:name` parts of the route's path stand for. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Fires when the client has gone or the site closes. */
  readonly signal: AbortSignal;
}
