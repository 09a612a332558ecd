import { z } from 'zod';
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
  /** HTML, refusals too: for people whom a link has led here. */
  | { readonly kind: 'page' }
  | { readonly kind: 'text' }
  /** 204. */
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
  /** The body is a form (multipart/form-data) with one file in its field `file`; {@link body} tells of its other fields. */
  readonly file?: { readonly maxBytes: number };
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

/** Of an operation that the reference has too. */
export const reference = { twins: [], auth: 'key', addition: false } as const;
/** Of an operation beyond the reference. */
export const beyond = { twins: [], auth: 'key', addition: true } as const;

export const json = <T extends z.ZodType>(schema: T) => ({ kind: 'json', schema }) as const;
/** The answer of an operation that has nothing to say. */
export const nothing = json(z.null());

/** The paths of one workflow and of one run. */
export const agent = '/v1/agents/{workflow_permanent_id}';
export const run = '/v1/runs/{run_id}';

/** The same operation under the legacy prefix. */
export const legacyTwin = (method: HttpMethod, path: string): RouteTwin[] => [
  { method, path: `/api${path}` },
];

/** What the request of a start may say in its headers. */
export const startHeaders = {
  'x-user-agent': '`skyvern-ui` and `skyvern-mcp` mark where a run came from',
  'x-max-steps-override': 'Whole number: step ceiling of each browser task',
} as const;

/** How a start may fail. */
export const startErrors = [
  'not_found',
  'invalid_parameters',
  'validation_failed',
  'invalid_url',
  'blocked_host',
  'not_supported',
  'invalid_state',
] as const satisfies readonly ErrorCode[];
