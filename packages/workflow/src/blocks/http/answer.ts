import type { HttpResponse } from '../../capabilities/http.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { BlockContext } from '../block.ts';
import type { PreparedRequest } from './request.ts';

/** The body of an answer: JSON where its content type says so and it is, else text. */
export function answerBody(response: HttpResponse): JsonValue {
  const contentType = response.headers['content-type'] ?? '';
  const text = decoder(contentType).decode(response.body);
  if (!/[/+]json\b/i.test(contentType)) {
    return text;
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function decoder(contentType: string): TextDecoder {
  const charset = /charset="?([^";\s]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}

/** The output of a request that was answered, secrets masked (blocks.md §4.10). */
export function answerOutput(
  ctx: BlockContext,
  request: PreparedRequest,
  answer: { readonly response: HttpResponse; readonly body: JsonValue },
): JsonValue {
  const headers = { ...answer.response.headers };
  return ctx.secrets.mask({
    status_code: answer.response.status,
    response_headers: headers,
    response_body: answer.body,
    request_method: request.method,
    request_url: request.url,
    request_headers: { ...request.headers },
    request_body: request.body,
    headers,
    body: answer.body,
    url: request.url,
  });
}

/** What secret paths did to a body. */
export type SecretsTaken =
  | { readonly kind: 'taken'; readonly body: JsonValue; readonly tokens: readonly string[] }
  | { readonly kind: 'missing'; readonly path: string };

/** Registers the strings that the dotted paths lead to, and puts their tokens in the body. */
export function takeSecrets(
  ctx: BlockContext,
  body: JsonValue,
  paths: readonly string[],
): SecretsTaken {
  let left = body;
  const tokens: string[] = [];
  for (const path of paths) {
    const segments = path.split('.');
    const value = valueAt(body, segments);
    if (typeof value !== 'string' || value === '') {
      return { kind: 'missing', path };
    }
    const token = ctx.secrets.register(segments.at(-1) ?? 'secret', value);
    tokens.push(token);
    left = replacedAt(left, segments, token);
  }
  return { kind: 'taken', body: left, tokens };
}

function valueAt(body: JsonValue, segments: readonly string[]): JsonValue | undefined {
  return segments.reduce<JsonValue | undefined>((value, segment) => {
    if (Array.isArray(value)) {
      return /^\d+$/.test(segment) ? value[Number(segment)] : undefined;
    }
    return isJsonObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
  }, body);
}

function replacedAt(body: JsonValue, segments: readonly string[], token: string): JsonValue {
  const [segment, ...rest] = segments;
  if (segment === undefined) {
    return token;
  }
  if (Array.isArray(body)) {
    return body.map((item, index) =>
      index === Number(segment) ? replacedAt(item, rest, token) : item,
    );
  }
  const object: JsonObject = isJsonObject(body) ? body : {};
  return { ...object, [segment]: replacedAt(object[segment] ?? null, rest, token) };
}
