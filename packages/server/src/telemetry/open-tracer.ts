import type { Log } from '../lib/log.ts';
import { noTracer, type Tracer } from './tracer.ts';

/**
 * The tracer that the OTEL_… variables ask for. What it needs is loaded only when they name a collector.
 * @param environment Read for whether there is one; how to reach it, the SDK reads itself.
 */
export async function openTracer(
  environment: Readonly<Record<string, string | undefined>>,
  about: { readonly version: string; readonly log: Log },
): Promise<Tracer> {
  const collector =
    environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || environment.OTEL_EXPORTER_OTLP_ENDPOINT;
  const isOff =
    environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true' ||
    environment.OTEL_TRACES_EXPORTER === 'none';
  if (!collector || isOff) return noTracer;
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
