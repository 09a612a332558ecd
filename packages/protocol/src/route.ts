import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Another address of the same operation. */
export interface RouteTwin {
  readonly method: HttpMethod;
  readonly path: string;
}

/** What an operation answers when it succeeds. */
export type RouteAnswer =
  | { readonly kind: 'json'; readonly schema: z.ZodType }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'events' }
  | { readonly kind: 'empty' };

/** One operation of the API. Every path also answers with a trailing slash. */
export interface Route {
  readonly method: HttpMethod;
  /** `/v1/runs/{run_id}`: parameters in braces. */
  readonly path: string;
  readonly twins: readonly RouteTwin[];
  readonly tag: string;
  readonly summary: string;
  /** `key`: x-api-key. `none`: open. `signed`: x-api-key, or the signature in the query. */
  readonly auth: 'key' | 'none' | 'signed';
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Request headers that the operation reads, besides x-api-key: name → meaning. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer: RouteAnswer;
  readonly errors: readonly ErrorCode[];
  /** Not part of the reference's published contract. */
  readonly addition: boolean;
}

/** The same operation under the names that the reference gives `/v1/agents…`. */
export function agentTwins(method: HttpMethod, path: string, legacy: boolean): RouteTwin[] {
  const workflows = path.replace('/agents', '/workflows');
  return [{ method, path: workflows }, ...(legacy ? [{ method, path: `/api${workflows}` }] : [])];
}
