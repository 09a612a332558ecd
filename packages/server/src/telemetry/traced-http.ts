import type { SpanScope } from './tracer.ts';

/** What a trace tells of a request: where it goes, never what is asked there. */
interface Request {
  readonly method: string;
  readonly url: string;
}

/** Sends a request, or anything else that answers with a status. */
type Send<Answer> = () => Promise<Answer>;

/** Shows requests as spans of the work that sends them; those of no such work pass as they are. */
export function tracedHttp(scope: SpanScope) {
  return async <Answer extends { readonly status: number }>(
    request: Request,
    send: Send<Answer>,
  ): Promise<Answer> => {
    const { current } = scope;
    if (current === null) return send();
    const method = request.method.toUpperCase();
    const span = current.child(method, {
      kind: 'client',
      attributes: { 'http.request.method': method, ...serverOf(request.url) },
    });
    try {
      const answer = await send();
      const attributes = { 'http.response.status_code': answer.status };
      span.end({ failed: answer.status >= 400, attributes });
      return answer;
    } catch (error) {
      const name = error instanceof Error ? error.name : 'Error';
      span.end({ failed: true, attributes: { 'error.type': name } });
      throw error;
    }
  };
}

/** Paths and queries may hold secrets: a trace leaves the house without them. */
function serverOf(url: string): Record<string, string | number> {
  if (!URL.canParse(url)) return {};
  const { hostname, port, protocol } = new URL(url);
  const fallback = protocol === 'https:' ? 443 : 80;
  return { 'server.address': hostname, 'server.port': Number(port) || fallback };
}
