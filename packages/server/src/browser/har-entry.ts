import type { Request, Response } from 'playwright-core';

interface NameValue {
  readonly name: string;
  readonly value: string;
}

/** One request of a HAR 1.2 log. Times in milliseconds, sizes in bytes, -1 where unknown. */
export interface HarEntry {
  readonly pageref?: string;
  readonly startedDateTime: string;
  readonly time: number;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly httpVersion: string;
    readonly cookies: readonly NameValue[];
    readonly headers: readonly NameValue[];
    readonly queryString: readonly NameValue[];
    readonly headersSize: number;
    readonly bodySize: number;
  };
  readonly response: {
    readonly status: number;
    readonly statusText: string;
    readonly httpVersion: string;
    readonly cookies: readonly NameValue[];
    readonly headers: readonly NameValue[];
    readonly content: { readonly size: number; readonly mimeType: string };
    readonly redirectURL: string;
    readonly headersSize: number;
    readonly bodySize: number;
    readonly _error?: string;
  };
  readonly cache: Readonly<Record<string, never>>;
  readonly timings: HarTimings;
  readonly serverIPAddress?: string;
}

interface HarTimings {
  readonly blocked: number;
  readonly dns: number;
  readonly connect: number;
  readonly ssl: number;
  readonly send: number;
  readonly wait: number;
  readonly receive: number;
}

const secretHeader = /cookie|authorization|token|secret|api-?key|password|session/i;

/** Header values that let somebody in are replaced, whatever they hold. */
export function maskedHeaders(headers: readonly NameValue[]): NameValue[] {
  return headers.map(({ name, value }) => ({
    name,
    value: secretHeader.test(name) ? '[masked]' : value,
  }));
}

/** Without a user name and password in front of the host. */
export function withoutUserInfo(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.username === '' && parsed.password === '')) return url;
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}

type PlaywrightTiming = ReturnType<Request['timing']>;

/** Playwright's marks, relative to the start, as HAR's spans. */
export function harTimings(timing: PlaywrightTiming): HarTimings {
  const span = (from: number, to: number) => (from < 0 || to < 0 ? -1 : Math.max(0, to - from));
  return {
    blocked: -1,
    dns: span(timing.domainLookupStart, timing.domainLookupEnd),
    connect: span(timing.connectStart, timing.connectEnd),
    ssl: span(timing.secureConnectionStart, timing.connectEnd),
    send: 0,
    wait: Math.max(0, span(timing.requestStart, timing.responseStart)),
    receive: Math.max(0, span(timing.responseStart, timing.responseEnd)),
  };
}

/** Bodies are left out: they hold what people type and what they are shown. */
export async function harEntry(request: Request, pageref: string | null): Promise<HarEntry> {
  const response = await request.response().catch(() => null);
  const timing = request.timing();
  const timings = harTimings(timing);
  const started = timing.startTime > 0 ? timing.startTime : Date.now();
  const httpVersion = (await response?.httpVersion().catch(() => null)) ?? 'unknown';
  const spans = [timings.dns, timings.connect, timings.send, timings.wait, timings.receive];
  return {
    ...(pageref === null ? {} : { pageref }),
    startedDateTime: new Date(started).toISOString(),
    time: spans.reduce((sum, span) => sum + Math.max(0, span), 0),
    request: await requestPart(request, httpVersion),
    response: await responsePart(request, response, httpVersion),
    cache: {},
    timings,
    ...(await serverAddress(response)),
  };
}

async function requestPart(request: Request, httpVersion: string): Promise<HarEntry['request']> {
  const [headers, sizes] = await Promise.all([request.headersArray(), sizesOf(request)]);
  const query = URL.parse(request.url())?.searchParams ?? new URLSearchParams();
  return {
    method: request.method(),
    url: withoutUserInfo(request.url()),
    httpVersion,
    cookies: [],
    headers: maskedHeaders(headers),
    queryString: [...query].map(([name, value]) => ({ name, value })),
    headersSize: sizes?.requestHeadersSize ?? -1,
    bodySize: sizes?.requestBodySize ?? -1,
  };
}

async function responsePart(
  request: Request,
  response: Response | null,
  httpVersion: string,
): Promise<HarEntry['response']> {
  const failure = request.failure();
  const error = failure === null ? {} : { _error: failure.errorText };
  const headers = response === null ? [] : await response.headersArray();
  const sizes = response === null ? null : await sizesOf(request);
  const find = (name: string) => headers.find((header) => header.name.toLowerCase() === name);
  return {
    status: response?.status() ?? 0,
    statusText: response?.statusText() ?? '',
    httpVersion,
    cookies: [],
    headers: maskedHeaders(headers),
    content: {
      size: sizes?.responseBodySize ?? -1,
      mimeType: find('content-type')?.value ?? 'x-unknown',
    },
    redirectURL: find('location')?.value ?? '',
    headersSize: sizes?.responseHeadersSize ?? -1,
    bodySize: sizes?.responseBodySize ?? -1,
    ...error,
  };
}

/** Unknown for a request that failed. */
async function sizesOf(request: Request) {
  return request.failure() === null ? request.sizes().catch(() => null) : null;
}

async function serverAddress(response: Response | null): Promise<{ serverIPAddress?: string }> {
  const address = (await response?.serverAddr().catch(() => null)) ?? null;
  return address === null ? {} : { serverIPAddress: address.ipAddress };
}
