/** Calls of the HTTP API with the demo's key. Every call rejects with status and body unless it is answered 2xx. */
export interface Client {
  readonly url: string;
  /** What a schema makes of the answer to a GET. */
  get<T>(path: string, answer: Schema<T>): Promise<T>;
  post<T>(path: string, body: unknown, answer: Schema<T>): Promise<T>;
  /** The answer as it comes in, for streams. */
  open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>;
}

/** What a zod schema of the protocol offers. */
export interface Schema<T> {
  parse(value: unknown): T;
}

const timeoutMs = 30_000;

export function createClient(url: string, apiKey: string): Client {
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = { 'x-api-key': apiKey, 'content-type': 'application/json', ...init.headers };
    const response = await fetch(url + path, { ...init, headers });
    if (response.ok) return response;
    const method = init.method ?? 'GET';
    throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  };
  const signal = () => AbortSignal.timeout(timeoutMs);
  return {
    url,
    get: async (path, answer) =>
      answer.parse(await (await send(path, { signal: signal() })).json()),
    post: async (path, body, answer) => {
      const init = { method: 'POST', body: JSON.stringify(body), signal: signal() };
      return answer.parse(await (await send(path, init)).json());
    },
    open: (path, headers, until) => send(path, { headers, signal: until }),
  };
}
