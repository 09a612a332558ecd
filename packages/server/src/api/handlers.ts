import type { OperationId, routes } from '@lapwing/protocol';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Principal } from '../domain/organizations/service.ts';
import type { SentFile } from './read-form.ts';

type Table = typeof routes;
type Parsed<R, K extends string> = R extends { readonly [k in K]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;
type AnswerOf<R> = R extends {
  readonly answer: { readonly kind: 'json'; readonly schema: infer S extends z.ZodType };
}
  ? z.output<S>
  : never;

/** A request whose parts fit the schemas of its route. */
export interface ApiRequest<R> {
  /** Who asks. On open routes nobody; on signed ones null when the signature speaks instead of a key. */
  readonly principal: R extends { readonly auth: 'key' } ? Principal : Principal | null;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Parsed<R, 'query'>;
  readonly body: Parsed<R, 'body'>;
  /** The file of a form. */
  readonly file: R extends { readonly file: object } ? SentFile : undefined;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Fires when the client has gone or the server is closing. */
  readonly signal: AbortSignal;
}

type IsJson<K extends OperationId> = Table[K]['answer']['kind'] extends 'json' ? K : never;
export type JsonOperation = { [K in OperationId]: IsJson<K> }[OperationId];
export type StreamOperation = Exclude<OperationId, JsonOperation>;

/** Answers with JSON. */
export type JsonHandlers = {
  /** Headers of the answer may be set on `reply`. */
  readonly [K in JsonOperation]: (
    request: ApiRequest<Table[K]>,
    reply: FastifyReply,
  ) => Promise<AnswerOf<Table[K]>>;
};

/** Writes its answer itself. */
export type StreamHandlers = {
  readonly [K in StreamOperation]: (
    request: ApiRequest<Table[K]>,
    reply: FastifyReply,
  ) => Promise<FastifyReply>;
};
