import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** A span as a collector gets it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it has none. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'internal' | 'client' | 'other';
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/** What a collector was sent, whatever it made of it. */
export interface CollectedExport {
  readonly path: string;
  readonly contentType: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Stands in for an OpenTelemetry collector: takes traces over OTLP/HTTP, reads those that come as JSON. */
export interface Collector {
  /** `http://127.0.0.1:<port>`: what OTEL_EXPORTER_OTLP_ENDPOINT is set to. */
  readonly url: string;
  readonly exports: readonly CollectedExport[];
  readonly spans: readonly CollectedSpan[];
  /** Attributes of the processes that sent something. */
  readonly resources: readonly CollectedSpan['attributes'][];
  /** Resolves with all spans once they fit. Rejects after 20 seconds, naming what there is. */
  until(fits: (spans: readonly CollectedSpan[]) => boolean): Promise<readonly CollectedSpan[]>;
  close(): Promise<void>;
}

interface WireAttribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly boolValue?: boolean;
    readonly intValue?: number | string;
    readonly doubleValue?: number;
  };
}

interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes?: readonly WireAttribute[];
  readonly status?: { readonly code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

interface WireTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly WireAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

const kinds: Readonly<Record<number, CollectedSpan['kind']>> = { 1: 'internal', 3: 'client' };
const errorCode = 2;

const attributesOf = (attributes: readonly WireAttribute[] = []) =>
  Object.fromEntries(
    attributes.map(({ key, value: { stringValue, boolValue, intValue, doubleValue } }) => [
      key,
      stringValue ?? boolValue ?? doubleValue ?? Number(intValue),
    ]),
  );

const spanOf = (span: WireSpan): CollectedSpan => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId ?? '',
  name: span.name,
  kind: kinds[span.kind] ?? 'other',
  failed: span.status?.code === errorCode,
  attributes: attributesOf(span.attributes),
  startNs: BigInt(span.startTimeUnixNano),
  endNs: BigInt(span.endTimeUnixNano),
});

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const body = await buffer(request);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

/** Waits for changes of what it is asked about. */
class Changes {
  readonly #target = new EventTarget();

  announce(): void {
    this.#target.dispatchEvent(new Event('change'));
  }

  async until(fits: () => boolean, describe: () => string): Promise<void> {
    const signal = AbortSignal.timeout(20_000);
    while (!fits()) {
      if (signal.aborted) throw new Error(`The collector has only ${describe()}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      for (const source of [this.#target, signal])
        source.addEventListener(source === signal ? 'abort' : 'change', () => resolve(), {
          once: true,
        });
      await promise;
    }
  }
}

export async function startCollector(): Promise<Collector> {
  const exports: CollectedExport[] = [];
  const spans: CollectedSpan[] = [];
  const resources: CollectedSpan['attributes'][] = [];
  const changes = new Changes();
  const take = (body: Buffer) => {
    const { resourceSpans }: WireTraces = JSON.parse(body.toString('utf8'));
    for (const { resource, scopeSpans } of resourceSpans) {
      resources.push(attributesOf(resource.attributes));
      spans.push(...scopeSpans.flatMap((scope) => scope.spans.map(spanOf)));
    }
  };
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const { headers, url: path = '' } = request;
    const contentType = headers['content-type'] ?? '';
    exports.push({ path, contentType, headers, body });
    if (contentType === 'application/json') take(body);
    changes.announce();
    response.writeHead(200, { 'content-type': contentType }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const names = () => JSON.stringify(spans.map(({ name }) => name));
  return {
    url: `http://127.0.0.1:${port}`,
    exports,
    spans,
    resources,
    until: async (fits) => {
      await changes.until(() => fits(spans), names);
      return spans;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A server that takes requests and never answers: a collector that is stuck. */
export async function startSilence(): Promise<
  Pick<Collector, 'url' | 'close'> & { readonly asked: Promise<void> }
> {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const server = createServer(() => resolve()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
