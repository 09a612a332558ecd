import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { killGroup } from '../../packages/server/src/browser/process-table.ts';
import { browsersOf } from './browser-processes.ts';
import { createDatabasePlace } from './database.ts';
import type { Answer, Lapwing } from './lapwing.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const apiKey = 'test-key-0123456789';

/** A server as a user starts it, to be stopped and killed: a process of its own. */
export interface ServerProcess extends Pick<Lapwing, 'url' | 'apiKey'> {
  readonly pid: number;
  /** Rejects when the connection is cut. */
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Sends a signal; does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process prints a line that fits. */
  line(pattern: RegExp): Promise<string>;
  /** The exit code, null after a signal that it did not handle. */
  readonly exited: Promise<number | null>;
}

/** A place where one server after another can be started on the same data. */
export interface ServerPlace {
  readonly directory: string;
  /** Null: the embedded database. */
  readonly databaseUrl: string | null;
  /** Resolves when the server is ready. One that only works has no address. */
  start(settings?: Record<string, string>, role?: 'all' | 'api' | 'worker'): Promise<ServerProcess>;
  remove(): Promise<void>;
}

/** Ends what still runs when it is removed. */
export async function createServerPlace(): Promise<ServerPlace> {
  const place = await createDatabasePlace();
  const started: ServerProcess[] = [];
  const settings = {
    LAPWING_DATA_DIR: place.directory,
    LAPWING_PORT: '0',
    LAPWING_API_KEY: apiKey,
    LAPWING_ALLOW_HOSTS: '127.0.0.1',
    LAPWING_LOG_LEVEL: 'info',
    LAPWING_WARM_BROWSERS: '0',
    LAPWING_WARM_PYTHON: 'off',
    ...(place.url !== null && { DATABASE_URL: place.url }),
  };
  return {
    directory: place.directory,
    databaseUrl: place.url,
    start: async (more = {}, role = 'all') => {
      const server = await startProcess({ ...settings, ...more }, role);
      started.push(server);
      return server;
    },
    remove: async () => {
      for (const server of started) server.signal('SIGKILL');
      await Promise.all(started.map(({ exited }) => exited));
      // They outlive a server that is killed.
      for (const { pid } of await browsersOf(place.directory)) killGroup(pid);
      await place.remove();
    },
  };
}

async function startProcess(
  settings: Record<string, string>,
  role: string,
): Promise<ServerProcess> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('LAPWING_'));
  const child = spawn(process.execPath, ['packages/server/src/main.ts', role], {
    cwd: root,
    env: { ...Object.fromEntries(kept), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = new Lines();
  for (const output of [child.stdout, child.stderr])
    createInterface({ input: output }).on('line', (line) => lines.add(line));
  const exited = once(child, 'exit').then(([code]) => {
    lines.end();
    return code as number | null;
  });
  const ready = await lines.find(/Lapwing is ready at http:\/\/\S+|Lapwing worker is ready/);
  const url = /http:\/\/[^\s/]+/.exec(ready)?.[0] ?? '';
  return {
    url,
    apiKey,
    pid: child.pid ?? 0,
    exited,
    signal: (signal) => void child.kill(signal),
    line: (pattern) => lines.find(pattern),
    request: async (method, path, body, headers = {}) => {
      const json = body === undefined ? {} : { 'content-type': 'application/json' };
      const response = await fetch(url + path, {
        method,
        headers: { 'x-api-key': apiKey, ...json, ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
  };
}

/** What a process has printed, to be waited for. */
class Lines {
  readonly #lines: string[] = [];
  readonly #added = new EventTarget();
  #ended = false;

  add(line: string): void {
    this.#lines.push(line);
    this.#added.dispatchEvent(new Event('change'));
  }

  end(): void {
    this.#ended = true;
    this.#added.dispatchEvent(new Event('change'));
  }

  async find(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.#lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.#ended) throw new Error(`The server ended:\n${this.#lines.slice(-30).join('\n')}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#added.addEventListener('change', () => resolve(), { once: true });
      await promise;
    }
  }
}
