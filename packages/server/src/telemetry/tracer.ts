import { AsyncLocalStorage } from 'node:async_hooks';

/** What is said of a span: names of the semantic conventions, or `lapwing.…`. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A stretch of work that shows in a trace. */
export interface Span {
  /** A stretch within this one. */
  child(name: string, details: SpanDetails): Span;
  end(outcome: { readonly failed: boolean; readonly attributes?: Attributes }): void;
}

export interface SpanDetails {
  readonly kind: 'internal' | 'client';
  readonly attributes: Attributes;
}

/** A run's whole trace, however many workers carry it out. */
export interface TraceOrigin {
  /** Decides the trace: the same seed, the same trace. */
  readonly seed: string;
  /** W3C `traceparent` of whoever asked for the work; it wins over the seed. */
  readonly traceParent: string | null;
}

/** Makes the spans of this process and sends them away; without a collector, does nothing. */
export interface Tracer {
  /** The first span of a stretch of work. */
  start(name: string, origin: TraceOrigin, details: SpanDetails): Span;
  /** Sends what is left, for some seconds at most. */
  close(): Promise<void>;
}

const nothing: Span = { child: () => nothing, end: () => undefined };

/** For a server without a collector of traces. */
export const noTracer: Tracer = { start: () => nothing, close: async () => undefined };

/** The span in which what runs now is: kept for a stretch of work that is asynchronous. */
export class SpanScope {
  readonly #places = new AsyncLocalStorage<{ span: Span | null }>();

  /** Does work for which {@link enter} may say what span it is in. */
  run<T>(work: () => T): T {
    return this.#places.run({ span: null }, work);
  }

  /** From here on the work of the innermost {@link run} is in this span. */
  enter(span: Span | null): void {
    const place = this.#places.getStore();
    if (place !== undefined) place.span = span;
  }

  get current(): Span | null {
    return this.#places.getStore()?.span ?? null;
  }
}
