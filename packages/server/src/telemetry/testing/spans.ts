import type { Attributes, Span, SpanDetails, Tracer } from '../tracer.ts';

/** A span that has ended. */
export interface EndedSpan {
  readonly name: string;
  /** Name of the span that it is in; null at the top. */
  readonly parent: string | null;
  readonly kind: SpanDetails['kind'];
  readonly failed: boolean;
  readonly attributes: Attributes;
}

/** A tracer that keeps its spans, in the order of their ends. */
export function collectSpans(): { readonly tracer: Tracer; readonly spans: readonly EndedSpan[] } {
  const spans: EndedSpan[] = [];
  const open = (name: string, parent: string | null, details: SpanDetails): Span => ({
    child: (below, more) => open(below, name, more),
    end: ({ failed, attributes = {} }) => {
      const all = { ...details.attributes, ...attributes };
      spans.push({ name, parent, kind: details.kind, failed, attributes: all });
    },
  });
  const tracer: Tracer = {
    start: (name, _origin, details) => open(name, null, details),
    close: async () => undefined,
  };
  return { tracer, spans };
}
