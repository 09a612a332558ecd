import type { Readable } from 'node:stream';
import { type HttpBody, HttpFailure, type HttpRequest } from '@lapwing/workflow';
import { FormData } from 'undici';

/** A body of known length that is too long to be held. It can be read once, so no redirect is followed with it. */
export interface StreamRequest extends Omit<HttpRequest, 'body' | 'followRedirects'> {
  readonly body: { readonly kind: 'stream'; readonly stream: Readable; readonly bytes: number };
  readonly followRedirects: false;
}

/** One request on the wire, before or after a redirect. */
export interface Message {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | FormData | Readable | null;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Of the connection, which is ours, and the length, which follows from the body. */
const hopByHop = [
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const credentials = ['authorization', 'cookie', 'host', 'proxy-authorization'];

function without(
  headers: Readonly<Record<string, string>>,
  left: (name: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !left(name)));
}

function checkedHeader([name, value]: [string, string]): [string, string] {
  if (!token.test(name)) {
    throw new HttpFailure('unknown', `The header name ${JSON.stringify(name)} is not valid.`);
  }
  if (!fieldValue.test(value)) {
    throw new HttpFailure(
      'unknown',
      `The value of the header "${name}" holds a line break or another character that a header cannot carry.`,
    );
  }
  return [name.toLowerCase(), value];
}

function encodeBody(body: HttpBody | StreamRequest['body']): {
  content: Message['body'];
  type: string | null;
} {
  switch (body.kind) {
    case 'none':
      return { content: null, type: null };
    case 'text':
      return { content: body.text, type: 'text/plain; charset=utf-8' };
    case 'form':
      return {
        content: new URLSearchParams(body.fields).toString(),
        type: 'application/x-www-form-urlencoded',
      };
    case 'multipart': {
      const form = new FormData();
      for (const [name, value] of Object.entries(body.fields)) form.append(name, value);
      for (const { field, filename, bytes } of body.files) {
        form.append(field, new Blob([Uint8Array.from(bytes)]), filename);
      }
      return { content: form, type: null };
    }
    case 'stream':
      return { content: body.stream, type: null };
    default:
      return body satisfies never;
  }
}

/** User and password in an address become what they stand for: a header. */
function splitUser(url: URL): { bare: URL; authorization: Record<string, string> } {
  if (url.username === '' && url.password === '') return { bare: url, authorization: {} };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return {
    bare,
    authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
  };
}

/** The first message of a request. Throws HttpFailure on a method or a header that HTTP cannot carry. */
export function firstMessage(request: HttpRequest | StreamRequest, url: URL): Message {
  const method = request.method.toUpperCase();
  if (!token.test(method) || method === 'CONNECT') {
    throw new HttpFailure('unknown', `The method ${JSON.stringify(request.method)} is not valid.`);
  }
  const { content, type } = encodeBody(request.body);
  const given = Object.fromEntries(Object.entries(request.headers).map(checkedHeader));
  const { bare, authorization } = splitUser(url);
  const isMultipart = request.body.kind === 'multipart';
  return {
    method,
    url: bare,
    body: content,
    headers: {
      accept: '*/*',
      'accept-encoding': 'gzip, deflate, br',
      'user-agent': 'Lapwing',
      ...(type === null ? {} : { 'content-type': type }),
      ...(request.body.kind === 'stream' ? { 'content-length': String(request.body.bytes) } : {}),
      ...authorization,
      // Multipart needs a content type with the boundary of this very body.
      ...without(
        given,
        (name) => hopByHop.includes(name) || (isMultipart && name === 'content-type'),
      ),
    },
  };
}

/** What follows a redirect, as browsers do it; credentials stay with their origin. */
export function redirectedMessage(message: Message, status: number, url: URL): Message {
  const becomesGet =
    (status === 303 && message.method !== 'HEAD') ||
    ((status === 301 || status === 302) && message.method === 'POST');
  const isElsewhere = url.origin !== message.url.origin;
  const headers = without(
    message.headers,
    (name) =>
      (becomesGet && name.startsWith('content-')) || (isElsewhere && credentials.includes(name)),
  );
  const { bare, authorization } = splitUser(url);
  return {
    method: becomesGet ? 'GET' : message.method,
    body: becomesGet ? null : message.body,
    url: bare,
    headers: { ...headers, ...authorization },
  };
}
