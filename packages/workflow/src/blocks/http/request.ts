import type { HttpBody, HttpRequest } from '../../capabilities/http.ts';
import { mapText } from '../../interpreter/secrets.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import type { BlockContext } from '../block.ts';
import { type HttpFields, isHarmless } from './fields.ts';

const maxAnswerBytes = 50 * 1024 * 1024;
const maxUploadBytes = 100 * 1024 * 1024;

/** The fields of a request after real secrets have taken the place of their tokens. */
export interface PreparedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | null;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Puts secrets in place and adds the headers that the block sends of its own.
 * @throws BlockFailure when a secret is gone
 */
export function prepareRequest(ctx: BlockContext, fields: HttpFields): PreparedRequest {
  const reveal = <T extends JsonValue>(value: T) => mapText(value, ctx.secrets.reveal) as T;
  const method = fields.method.toUpperCase();
  const files = reveal(fields.files ?? {});
  const given = Object.entries(reveal(fields.headers ?? {})).map(([name, value]) => [
    name,
    String(value),
  ]);
  return {
    method,
    url: reveal(fields.url ?? ''),
    headers: ownHeaders(ctx, Object.fromEntries(given), {
      json: Object.keys(files).length === 0,
      key: !isHarmless(method),
    }),
    body: reveal(fields.body),
    files,
  };
}

/** `json`: bodies are JSON unless told otherwise. `key`: a repetition after an interruption must be known as one. */
function ownHeaders(
  ctx: BlockContext,
  given: Readonly<Record<string, string>>,
  add: { readonly json: boolean; readonly key: boolean },
): Record<string, string> {
  const json = add.json && findHeader(given, 'content-type') === undefined;
  const key = add.key && findHeader(given, 'idempotency-key') === undefined;
  return {
    ...given,
    ...(json ? { 'Content-Type': 'application/json' } : {}),
    ...(key ? { 'Idempotency-Key': headerText(`${ctx.runId}:${ctx.visit.path}`) } : {}),
  };
}

/** Labels may hold any letter, headers only ASCII. */
function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e]/gu, encodeURIComponent);
}

/** The request as the capability takes it. Reads the files that are to be sent. */
export async function outgoingRequest(
  ctx: BlockContext,
  request: PreparedRequest,
  fields: HttpFields,
): Promise<HttpRequest> {
  const body = await outgoingBody(ctx, request);
  const headers = Object.entries(request.headers).filter(
    // The boundary belongs to the one who writes the body.
    ([name]) => body.kind !== 'multipart' || name.toLowerCase() !== 'content-type',
  );
  return {
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(headers),
    body,
    timeoutSeconds: fields.timeout,
    followRedirects: fields.follow_redirects,
    maxBytes: maxAnswerBytes,
  };
}

async function outgoingBody(ctx: BlockContext, request: PreparedRequest): Promise<HttpBody> {
  const contentType = findHeader(request.headers, 'content-type') ?? '';
  const files = Object.entries(request.files);
  if (request.method === 'GET' || request.method === 'HEAD') {
    return { kind: 'none' };
  }
  if (files.length > 0 || contentType.includes('multipart/form-data')) {
    const read = files.map(async ([field, reference]) => {
      const { filename, bytes } = await ctx.files.read(reference, { maxBytes: maxUploadBytes });
      return { field, filename, bytes };
    });
    return { kind: 'multipart', fields: formFields(request.body), files: await Promise.all(read) };
  }
  if (request.body === null) {
    return { kind: 'none' };
  }
  return contentType.toLowerCase().includes('application/json')
    ? { kind: 'text', text: JSON.stringify(request.body) }
    : { kind: 'form', fields: formFields(request.body) };
}

function formFields(body: JsonObject | null): Record<string, string> {
  const fields = Object.entries(body ?? {}).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return Object.fromEntries(fields);
}

/** The value of a header whatever the case of its name. */
function findHeader(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
