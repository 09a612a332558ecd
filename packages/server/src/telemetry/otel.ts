import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import {
  type Span as ApiSpan,
  type Tracer as ApiTracer,
  type Context,
  DiagLogLevel,
  diag,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import type { Log } from '../lib/log.ts';
import type { Span, SpanDetails, TraceOrigin, Tracer } from './tracer.ts';

type Protocol = 'http/protobuf' | 'http/json';

/** How long the last spans may take to be sent: a collector that is there takes milliseconds. */
const closeMs = 2_000;

/** A tracer that sends its spans to the collector of the OTEL_… variables, which the SDK reads itself. */
export async function otelTracer(
  protocol: Protocol,
  about: { readonly version: string; readonly log: Log },
): Promise<Tracer> {
  tellLog(about.log);
  // Spans are sent by timers: what these log is not about the run that happened to start one.
  const outside = AsyncLocalStorage.snapshot();
  const ids = new SeededIds();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'lapwing',
      'service.version': about.version,
      'service.instance.id': `${hostname()}/${process.pid}`,
    }).merge(detectResources({ detectors: [envDetector] })),
    idGenerator: ids,
    spanProcessors: [new BatchSpanProcessor(await exporterOf(protocol))],
  });
  const maker = { tracer: provider.getTracer('lapwing', about.version), outside };
  return {
    start: (name, origin, details) => {
      const parent = parentOf(origin);
      if (parent !== null) return startSpan(maker, name, details, parent);
      return ids.seeded(origin.seed, () => startSpan(maker, name, details, ROOT_CONTEXT));
    },
    close: async () => {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, closeMs);
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

async function exporterOf(protocol: Protocol): Promise<SpanExporter> {
  if (protocol === 'http/json') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
    return new OTLPTraceExporter();
  }
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}

/** A collector that is not reached shows in the log, and nowhere else. */
function tellLog(log: Log): void {
  const warn = (message: string, ...facts: unknown[]) =>
    log.warn({ reason: [reasonOf(message), ...facts].join(' ') }, 'Traces: OpenTelemetry warns');
  const ignore = () => undefined;
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** Errors come as JSON, with their stacks. */
function reasonOf(text: string): string {
  try {
    const { message } = JSON.parse(text);
    return typeof message === 'string' && message !== '' ? message : text;
  } catch {
    return text;
  }
}

/** Random ids, but for the trace of a span whose seed is known: it comes out the same in every process. */
class SeededIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #seed: string | null = null;

  generateTraceId(): string {
    if (this.#seed === null) return this.#random.generateTraceId();
    return createHash('sha256').update(this.#seed).digest('hex').slice(0, 32);
  }

  generateSpanId(): string {
    return this.#random.generateSpanId();
  }

  seeded<T>(seed: string, work: () => T): T {
    this.#seed = seed;
    try {
      return work();
    } finally {
      this.#seed = null;
    }
  }
}

function parentOf({ traceParent }: TraceOrigin): Context | null {
  const [, traceId, spanId, flags] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(traceParent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  const traceFlags = Number.parseInt(flags, 16) & 1;
  const parent: SpanContext = { traceId, spanId, traceFlags, isRemote: true };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : null;
}

interface SpanMaker {
  readonly tracer: ApiTracer;
  /** Does something as if nobody in particular had asked for it. */
  readonly outside: <T>(work: () => T) => T;
}

function startSpan(maker: SpanMaker, name: string, details: SpanDetails, parent: Context): Span {
  const kind = details.kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL;
  const attributes = { ...details.attributes };
  return wrapped(maker, maker.tracer.startSpan(name, { kind, attributes }, parent));
}

function wrapped(maker: SpanMaker, span: ApiSpan): Span {
  return {
    child: (name, details) => startSpan(maker, name, details, trace.setSpan(ROOT_CONTEXT, span)),
    end: ({ failed, attributes = {} }) => {
      span.setAttributes({ ...attributes });
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      maker.outside(() => span.end());
    },
  };
}
