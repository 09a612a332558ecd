import { HttpFailure, type HttpRequest, type HttpResponse } from '@lapwing/workflow';
import { Agent, buildConnector, type Dispatcher, interceptors, request as send } from 'undici';
import { LapwingError } from '../errors.ts';
import { firstMessage, type Message, redirectedMessage, type StreamRequest } from './message.ts';
import type { EgressPolicy } from './policy.ts';
import { hostOf, parseHttpUrl, portOf, shownUrl } from './url.ts';

const maxRedirects = 10;
const redirectStatuses = [301, 302, 303, 307, 308];
const timeoutCodes = ['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'];

type Lookup = NonNullable<Extract<buildConnector.BuildOptions, { lookup?: unknown }>['lookup']>;

/** A lookup for sockets that answers with the addresses that the policy has checked, and no others. */
function checkedLookup(policy: EgressPolicy, port: number): Lookup {
  return (host, options, callback) => {
    policy.resolve(host, port).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) callback(null, [...addresses]);
        else if (first === undefined) callback(new Error(`${host} has no address`), '');
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

/** Opens sockets to checked addresses only. A literal address never reaches `lookup`, so it is checked before. */
function checkedConnector(policy: EgressPolicy): buildConnector.connector {
  const connectors = new Map<number, buildConnector.connector>();
  return (options, callback) => {
    const port = Number(options.port) || (options.protocol === 'http:' ? 80 : 443);
    try {
      policy.checkHost(options.hostname.replace(/^\[|\]$/g, ''), port);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
      return;
    }
    const connect =
      connectors.get(port) ??
      buildConnector({ allowH2: false, lookup: checkedLookup(policy, port) });
    connectors.set(port, connect);
    connect(options, callback);
  };
}

function textOf(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(', ');
}

function wireHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const present = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name.toLowerCase(), textOf(value)] as const],
  );
  return Object.fromEntries(present);
}

async function readBody(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  url: URL,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new HttpFailure(
        'too_large',
        `The answer of ${shownUrl(url.href)} is larger than ${maxBytes} bytes.`,
      );
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function toFailure(error: unknown, address: string): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (error instanceof LapwingError) {
    const kind = error.code === 'blocked_host' ? 'blocked' : 'invalid_url';
    return new HttpFailure(kind, error.message, { cause: error });
  }
  const code = codeOf(error);
  const why = error instanceof Error && error.message !== '' ? error.message : code;
  const kind = timeoutCodes.includes(code) ? 'timeout' : 'unknown';
  return new HttpFailure(kind, `The request to ${address} failed: ${why}`, { cause: error });
}

/** Calls `send` once, and passes on what it answers or rejects with. */
type ObserveRequest = (
  request: { readonly method: string; readonly url: string },
  send: () => Promise<HttpResponse>,
) => Promise<HttpResponse>;

/**
 * The one way by which Lapwing itself sends HTTP: every connection and every redirect under the {@link EgressPolicy},
 * bounded in time and size. It keeps connections open: close it at the end.
 */
export class HttpClient {
  readonly #policy: EgressPolicy;
  readonly #observe: ObserveRequest;
  readonly #agent: Agent;
  readonly #dispatcher: Dispatcher;

  /** @param options.observe Sees every request; it passes them on by default. */
  constructor(options: { policy: EgressPolicy; observe?: ObserveRequest }) {
    this.#policy = options.policy;
    this.#observe = options.observe ?? ((_request, send) => send());
    this.#agent = new Agent({ connect: checkedConnector(options.policy) });
    this.#dispatcher = this.#agent.compose(interceptors.decompress({ skipErrorResponses: false }));
  }

  /**
   * Sends a request and reads the whole answer; any status is an answer. Rejects with HttpFailure, or with the
   * signal's reason when that fires first.
   */
  request(request: HttpRequest | StreamRequest, signal: AbortSignal): Promise<HttpResponse> {
    return this.#observe(request, () => this.#request(request, signal));
  }

  async #request(request: HttpRequest | StreamRequest, signal: AbortSignal): Promise<HttpResponse> {
    signal.throwIfAborted();
    const address = shownUrl(request.url);
    const timeout = AbortSignal.timeout(Math.ceil(request.timeoutSeconds * 1000));
    const either = AbortSignal.any([signal, timeout]);
    try {
      let message = firstMessage(request, this.#checked(parseHttpUrl(request.url)));
      for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
        const answer = await this.#exchange(message, request, either);
        if ('response' in answer) return answer.response;
        message = answer.next;
      }
      throw new HttpFailure('unknown', `${address} led to more than ${maxRedirects} redirects.`);
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) {
        const text = `The request to ${address} timed out after ${request.timeoutSeconds} seconds.`;
        throw new HttpFailure('timeout', text, { cause: error });
      }
      throw toFailure(error, address);
    }
  }

  /** Ends all connections at once. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #checked(url: URL): URL {
    if (!['http:', 'https:'].includes(url.protocol)) {
      throw new HttpFailure('invalid_url', `A redirect led to ${url.protocol}, which is not HTTP.`);
    }
    this.#policy.checkHost(hostOf(url), portOf(url));
    return url;
  }

  async #exchange(
    message: Message,
    request: HttpRequest | StreamRequest,
    signal: AbortSignal,
  ): Promise<{ response: HttpResponse } | { next: Message }> {
    const { statusCode, headers, body } = await send(message.url, {
      method: message.method as Dispatcher.HttpMethod,
      headers: message.headers,
      body: message.body,
      dispatcher: this.#dispatcher,
      signal,
      // The whole exchange has its own limit.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const { location } = headers;
    if (
      request.followRedirects &&
      redirectStatuses.includes(statusCode) &&
      typeof location === 'string'
    ) {
      await body.dump({ limit: 65_536, signal });
      const target = new URL(Buffer.from(location, 'latin1').toString(), message.url);
      return { next: redirectedMessage(message, statusCode, this.#checked(target)) };
    }
    return {
      response: {
        status: statusCode,
        headers: wireHeaders(headers),
        url: message.url.href,
        body: await readBody(body, request.maxBytes, message.url),
      },
    };
  }
}
