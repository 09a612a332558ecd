import pg from 'pg';
import { openDatabase } from '../../packages/server/src/db/open.ts';
import { testLog, testSeeds } from '../support/database.ts';
import type { Answer } from '../support/lapwing.ts';
import {
  createServerPlace,
  type ServerPlace,
  type ServerProcess,
} from '../support/server-process.ts';
import { startProxy, type TcpProxy } from './tcp-proxy.ts';

/** How the servers are disturbed. */
export type Disturbance =
  | 'worker killed'
  | 'API killed'
  | 'worker stopped'
  | 'connections terminated'
  | 'database cut off';

type Role = 'all' | 'api' | 'worker';

export interface ClusterOptions {
  /** Beside the API; on the embedded database one process is all there is. */
  readonly workers: number;
  readonly browsers: boolean;
}

const outageMs = 1_500;

/** An API and workers on one database, which are killed and started again. */
export class Cluster {
  readonly #place: ServerPlace;
  readonly #proxy: TcpProxy | null;
  readonly #databaseUrl: string | null;
  readonly #settings: Record<string, string>;
  readonly #roles: readonly Role[];
  /** The processes at their places; each may be one that has just ended. */
  readonly #servers: Promise<ServerProcess>[] = [];
  #closing = false;

  static async start({ workers, browsers }: ClusterOptions): Promise<Cluster> {
    const place = await createServerPlace();
    const proxy = place.databaseUrl === null ? null : await proxyOf(place.databaseUrl);
    const roles =
      place.databaseUrl === null
        ? (['all'] as const)
        : (['api', ...Array<'worker'>(workers).fill('worker')] as const);
    const cluster = new Cluster(place, proxy, { roles, browsers });
    await Promise.all(cluster.#servers);
    return cluster;
  }

  private constructor(
    place: ServerPlace,
    proxy: { proxy: TcpProxy; url: string } | null,
    { roles, browsers }: { roles: readonly Role[]; browsers: boolean },
  ) {
    this.#place = place;
    this.#proxy = proxy?.proxy ?? null;
    this.#databaseUrl = place.databaseUrl;
    this.#roles = roles;
    this.#settings = {
      LAPWING_LEASE_SECONDS: '3',
      LAPWING_SLOTS: '6',
      LAPWING_RECORDING: 'off',
      LAPWING_MAX_BROWSERS: browsers ? '3' : '1',
      LAPWING_DRAIN_SECONDS: '1',
      LAPWING_LOG_LEVEL: 'error',
      ...(proxy !== null && { DATABASE_URL: proxy.url }),
    };
    for (const index of roles.keys()) this.#begin(index);
  }

  get kind(): 'pglite' | 'postgres' {
    return this.#databaseUrl === null ? 'pglite' : 'postgres';
  }

  get directory(): string {
    return this.#place.directory;
  }

  /** What can be done to it. */
  get disturbances(): readonly Disturbance[] {
    return this.kind === 'pglite'
      ? ['worker killed', 'worker killed', 'worker stopped']
      : [
          'worker killed',
          'worker killed',
          'API killed',
          'worker stopped',
          'connections terminated',
          'database cut off',
        ];
  }

  /** Asks the API, again and again while it is away, until the signal fires. */
  async request(
    method: string,
    path: string,
    options: {
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
      readonly signal: AbortSignal;
    },
  ): Promise<Answer> {
    for (;;) {
      options.signal.throwIfAborted();
      try {
        const server = await this.#servers[0];
        const answer = await server?.request(method, path, options.body, options.headers);
        if (answer !== undefined && answer.status < 500 && answer.status !== 429) return answer;
      } catch {
        // It was killed, or has not begun to listen.
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** The API's address and key, for streams. */
  async api(): Promise<ServerProcess> {
    const server = await this.#servers[0];
    if (server === undefined) throw new Error('There is no API');
    return server;
  }

  /** @param pick Chooses one of so many. */
  async disturb(what: Disturbance, pick: (count: number) => number): Promise<void> {
    switch (what) {
      case 'API killed':
        return this.#end(0, 'SIGKILL');
      case 'worker killed':
        return this.#end(this.#worker(pick), 'SIGKILL');
      case 'worker stopped':
        return this.#end(this.#worker(pick), 'SIGTERM');
      case 'connections terminated':
        return this.#terminateConnections();
      case 'database cut off':
        this.#proxy?.cut(outageMs);
        return;
      default:
        return what satisfies never;
    }
  }

  /** Stops all servers in order, and says how often runs were taken up again. */
  async close(): Promise<{ readonly takenUpAgain: number }> {
    this.#closing = true;
    for (const server of await Promise.all(this.#servers)) server.signal('SIGTERM');
    for (const server of await Promise.all(this.#servers)) await server.exited;
    const database = await openDatabase({
      ...(this.#databaseUrl !== null && { url: this.#databaseUrl }),
      directory: `${this.directory}/database`,
      seedPath: await testSeeds(),
      log: testLog,
    });
    const { rows } = await database
      .executor(database.sql)
      .executeSql(
        'select coalesce(sum(attempts - 1), 0)::int as again from runs where attempts > 0',
      );
    await database.close();
    return { takenUpAgain: (rows[0] as { again: number }).again };
  }

  async remove(): Promise<void> {
    this.#closing = true;
    await this.#place.remove();
    await this.#proxy?.close();
  }

  #worker(pick: (count: number) => number): number {
    return this.#roles.length === 1 ? 0 : 1 + pick(this.#roles.length - 1);
  }

  /** One that cannot start, because the database is away, is started again. */
  #begin(index: number): void {
    const start = async (): Promise<ServerProcess> => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await this.#place.start(this.#settings, this.#roles[index]);
        } catch (error) {
          if (tries === 10 || this.#closing) throw error;
        }
      }
    };
    this.#servers[index] = start();
  }

  async #end(index: number, signal: NodeJS.Signals): Promise<void> {
    const server = await this.#servers[index];
    server?.signal(signal);
    await server?.exited;
    this.#begin(index);
  }

  async #terminateConnections(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#databaseUrl ?? '' });
    await client.connect();
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await client.end();
  }
}

async function proxyOf(databaseUrl: string): Promise<{ proxy: TcpProxy; url: string }> {
  const url = new URL(databaseUrl);
  const proxy = await startProxy({ host: url.hostname, port: Number(url.port || 5432) });
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  return { proxy, url: url.href };
}
