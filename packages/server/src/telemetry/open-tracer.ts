import type { Log } from '../lib/log.ts';
import { noTracer, type Tracer } from './tracer.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The tracer that the OTEL_… variables ask for. What it needs is loaded only when they name a collector, or say `otlp`,
 * which means the one at localhost:4318.
 * @param environment Read for whether there is one; how to reach it, the SDK reads itself.
 */
export async function openTracer(
  environment: Environment,
  about: { readonly version: string; readonly log: Log },
): Promise<Tracer> {
  if (!asksForTraces(environment)) return noTracer;
  const protocol =
    environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ||
    environment.OTEL_EXPORTER_OTLP_PROTOCOL ||
    'http/protobuf';
  if (protocol !== 'http/protobuf' && protocol !== 'http/json') {
    about.log.warn(
      { protocol },
      'No traces are sent: set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf or http/json',
    );
    return noTracer;
  }
  const { otelTracer } = await import('./otel.ts');
  return otelTracer(protocol, about);
}

function asksForTraces(environment: Environment): boolean {
  if (environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return false;
  const exporters = environment.OTEL_TRACES_EXPORTER?.split(',').map((name) => name.trim());
  if (exporters !== undefined && exporters[0] !== '') return exporters.includes('otlp');
  return Boolean(
    environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || environment.OTEL_EXPORTER_OTLP_ENDPOINT,
  );
}
