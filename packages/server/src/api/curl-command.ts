import { parseArgs } from 'node:util';
import type { CurlRequest } from '@lapwing/protocol';
import { split } from 'shlex';
import { LapwingError } from '../errors.ts';

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;

/** The options of curl that an `http_request` block can do, and those that change nothing of the request. */
const options = {
  request: { ...text, short: 'X' },
  url: texts,
  header: { ...texts, short: 'H' },
  data: { ...texts, short: 'd' },
  'data-raw': texts,
  'data-ascii': texts,
  'data-binary': texts,
  'data-urlencode': texts,
  json: texts,
  form: { ...texts, short: 'F' },
  'form-string': texts,
  get: { ...flag, short: 'G' },
  head: { ...flag, short: 'I' },
  user: { ...text, short: 'u' },
  'user-agent': { ...text, short: 'A' },
  referer: { ...text, short: 'e' },
  cookie: { ...text, short: 'b' },
  'oauth2-bearer': text,
  'max-time': { ...text, short: 'm' },
  location: { ...flag, short: 'L' },
  compressed: flag,
  'connect-timeout': text,
  fail: { ...flag, short: 'f' },
  globoff: { ...flag, short: 'g' },
  'http1.1': flag,
  http2: flag,
  include: { ...flag, short: 'i' },
  insecure: { ...flag, short: 'k' },
  output: { ...text, short: 'o' },
  'path-as-is': flag,
  'show-error': { ...flag, short: 'S' },
  silent: { ...flag, short: 's' },
  verbose: { ...flag, short: 'v' },
  'write-out': { ...text, short: 'w' },
} as const;

type Values = ReturnType<typeof readOptions>['values'];
type Body = CurlRequest['body'];

/** Seconds: what an `http_request` block waits by itself. */
const usualTimeout = 30;
const jsonType = 'application/json';
const formType = 'application/x-www-form-urlencoded';

function refuse(problem: string, cause?: unknown): never {
  throw new LapwingError('invalid_parameters', `curl_command cannot be read: ${problem}`, {
    cause,
  });
}

/**
 * The request that a curl command would send, as the fields of an `http_request` block.
 * @throws LapwingError `invalid_parameters`: no curl command, or it does what such a block cannot do.
 */
export function curlRequest(command: string): CurlRequest {
  const { values, positionals } = readOptions(wordsOf(command));
  const address = values.url?.[0] || positionals[0] || refuse('it has no address');
  const headers = headersOf(values);
  const body = bodyOf(values, headers);
  const asQuery = values.get === true || values.head === true;
  return {
    method: (values.request ?? usualMethod(values, body)).toUpperCase(),
    url: asQuery ? withQuery(address, body) : withScheme(address),
    headers: Object.fromEntries(headers.values()),
    body: asQuery ? null : body,
    timeout: timeoutOf(values['max-time']),
    follow_redirects: values.location === true,
  };
}

function wordsOf(command: string): string[] {
  // A line that ends with a backslash, or the caret of Windows, goes on in the next one.
  const line = command.trim().replace(/[\\^]\r?\n/g, ' ');
  let words: string[];
  try {
    words = split(line);
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error), error);
  }
  const [program = '', ...rest] = words;
  if (!/^(.*[\\/])?curl(\.exe)?$/i.test(program)) refuse('it does not begin with curl');
  return rest;
}

function readOptions(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), error);
  }
}

function usualMethod({ head, get }: Values, body: Body): string {
  if (head === true) return 'HEAD';
  return body === null || get === true ? 'GET' : 'POST';
}

/** By lower-case name, each with its name as written. */
type Headers = Map<string, [string, string]>;

const setHeader = (headers: Headers, name: string, value: string) =>
  headers.set(name.toLowerCase(), [name, value]);

/** The last of one name counts, as in a block. */
function headersOf(values: Values): Headers {
  const headers: Headers = new Map();
  const { user, cookie, referer, 'user-agent': agent, 'oauth2-bearer': token } = values;
  if (values.json !== undefined) {
    setHeader(headers, 'Content-Type', jsonType);
    setHeader(headers, 'Accept', jsonType);
  }
  if (agent !== undefined) setHeader(headers, 'User-Agent', agent);
  if (referer !== undefined) setHeader(headers, 'Referer', referer);
  if (cookie !== undefined) {
    if (!cookie.includes('=')) refuse(`-b ${cookie} names a file of cookies, which is not here`);
    setHeader(headers, 'Cookie', cookie);
  }
  if (user !== undefined)
    setHeader(headers, 'Authorization', `Basic ${Buffer.from(user).toString('base64')}`);
  if (token !== undefined) setHeader(headers, 'Authorization', `Bearer ${token}`);
  for (const header of values.header ?? []) {
    const colon = header.indexOf(':');
    const value = header.slice(colon + 1).trim();
    if (colon > 0 && value !== '') setHeader(headers, header.slice(0, colon).trim(), value);
  }
  return headers;
}

/** The body as an object; the headers are told its kind where curl would have told the server. */
function bodyOf(values: Values, headers: Headers): Body {
  const typed = headers.get('content-type')?.[1];
  const form = [...(values.form ?? []), ...(values['form-string'] ?? [])];
  if (form.length > 0) {
    setHeader(headers, 'Content-Type', typed ?? 'multipart/form-data');
    return Object.fromEntries(form.map(formField));
  }
  const sent = values.json?.join('') ?? sentText(values);
  if (sent === null) return null;
  const type = typed ?? (/^\s*\{/.test(sent) ? jsonType : formType);
  if (typed === undefined) setHeader(headers, 'Content-Type', type);
  if (/json/i.test(type)) return jsonObject(sent);
  if (!type.toLowerCase().startsWith(formType))
    refuse(`a block sends JSON or a form, no body of the type ${type}`);
  return Object.fromEntries(new URLSearchParams(sent));
}

/** What -d and its kin send together; null when there is none of them. */
function sentText(values: Values): string | null {
  const plain = [
    ...(values.data ?? []),
    ...(values['data-ascii'] ?? []),
    ...(values['data-binary'] ?? []),
  ];
  const file = plain.find((part) => part.startsWith('@'));
  if (file !== undefined) refuse(`it sends the file ${file.slice(1)}, which is not here`);
  const encoded = (values['data-urlencode'] ?? []).map(encodedField);
  const parts = [...plain, ...(values['data-raw'] ?? []), ...encoded];
  return parts.length === 0 ? null : parts.join('&');
}

function jsonObject(sent: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(sent);
  } catch (error) {
    refuse('its body is no valid JSON', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse('its body is JSON, but no object, which is all that a block sends');
  return value as Record<string, unknown>;
}

function formField(field: string): [string, string] {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(field) ?? [];
  if (name === '') refuse(`-F ${field} is not name=value`);
  if (/^[@<]/.test(value)) refuse(`-F ${field} sends a file: name it in the block's files`);
  return [name, value];
}

/** `content`, `=content` or `name=content`, of which only the content is encoded. */
function encodedField(field: string): string {
  const [, name = '', content = field] = /^([^=@]*)=(.*)$/s.exec(field) ?? [];
  if (/^[^=]*@/.test(field) && name === '' && !field.startsWith('='))
    refuse(`--data-urlencode ${field} sends a file, which is not here`);
  const encoded = encodeURIComponent(content);
  return name === '' ? encoded : `${name}=${encoded}`;
}

const withScheme = (address: string) =>
  /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;

function withQuery(address: string, body: Body): string {
  const url = withScheme(address);
  if (body === null) return url;
  const query = new URLSearchParams(
    Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

function timeoutOf(seconds: string | undefined): number {
  if (seconds === undefined) return usualTimeout;
  const whole = Math.ceil(Number(seconds));
  if (!(whole > 0 && whole <= 86_400))
    refuse(`--max-time ${seconds} is no number of seconds up to a day`);
  return whole;
}
