import { type RunningServer, readConfig, startServer } from '../../packages/server/src/index.ts';
import { createDatabasePlace } from './database.ts';

/** An answer of the API, its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely; the contract test checks their shapes
  readonly body: any;
}

export interface Lapwing {
  readonly url: string;
  readonly apiKey: string;
  readonly server: RunningServer;
  /** Its data directory. */
  readonly directory: string;
  /** Sends a request with the API key; a body is sent as JSON. */
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Creates a workflow of these blocks and answers its `wpid_…`. */
  createWorkflow(definition: object, fields?: object): Promise<string>;
  /** Starts a run and waits for its end. */
  run(workflowId: string, fields?: object): Promise<Answer['body']>;
  /** Closes the server and starts it again on the same data; its address changes. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const apiKey = 'test-key-0123456789';

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text,
  };
}

/**
 * A whole server in this process, with a database of its own.
 * @param settings Environment variables of the server; loopback hosts are allowed unless they say otherwise.
 */
export async function startLapwing(settings: Record<string, string> = {}): Promise<Lapwing> {
  const place = await createDatabasePlace();
  const config = readConfig({
    LAPWING_DATA_DIR: place.directory,
    LAPWING_PORT: '0',
    LAPWING_API_KEY: apiKey,
    LAPWING_ALLOW_HOSTS: '127.0.0.1',
    LAPWING_LOG_LEVEL: process.env.LAPWING_TEST_LOG ?? 'silent',
    LAPWING_WARM_BROWSERS: '0',
    LAPWING_WARM_PYTHON: 'off',
    LAPWING_DRAIN_SECONDS: '5',
    ...(place.url !== null && { DATABASE_URL: place.url }),
    ...settings,
  });
  let server = await startServer('all', config, process.env);
  const request: Lapwing['request'] = async (method, path, body, headers = {}) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const init = { method, headers: { 'x-api-key': apiKey, ...json, ...headers } };
    return read(
      await fetch(
        (server.url ?? '') + path,
        body === undefined ? init : { ...init, body: JSON.stringify(body) },
      ),
    );
  };
  const expectOk = (answer: Answer): Answer => {
    if (answer.status !== 200)
      throw new Error(`HTTP ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer;
  };
  return {
    get url() {
      return server.url ?? '';
    },
    apiKey,
    directory: place.directory,
    get server() {
      return server;
    },
    request,
    createWorkflow: async (definition, fields = {}) => {
      const json_definition = {
        title: 'Test',
        workflow_definition: { parameters: [], ...definition },
        ...fields,
      };
      return expectOk(await request('POST', '/v1/workflows', { json_definition })).body
        .workflow_permanent_id;
    },
    run: async (workflowId, fields = {}) => {
      const created = expectOk(
        await request('POST', '/v1/run/workflows', { workflow_id: workflowId, ...fields }),
      );
      return expectOk(await request('GET', `/v1/runs/${created.body.run_id}?wait=60`)).body;
    },
    restart: async () => {
      await server.close();
      server = await startServer('all', config, process.env);
    },
    close: async () => {
      await server.close();
      await place.remove();
    },
  };
}
