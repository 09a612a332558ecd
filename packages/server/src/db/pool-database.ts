import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Logger } from 'pino';
import { LapwingError } from '../errors.ts';
import type { Database, Sql, SqlExecutor } from './database.ts';
import { asLost } from './errors.ts';
import { underInstallLock } from './install-lock.ts';
import { outlastOutage } from './outage.ts';
import { sendAlong, transaction } from './transaction.ts';

/** What differs between the drivers: how notifications arrive and what else must be closed. */
export interface DriverParts {
  readonly kind: Database['kind'];
  readonly pool: pg.Pool;
  /** How messages name the database: a directory, or host and port. */
  readonly name: string;
  readonly listen: Database['listen'];
  readonly close: () => Promise<void>;
}

const pingTimeoutMs = 2_000;

/** A {@link Database} over a pool of `pg`, which both drivers are: same types, same errors, same parsing. */
export function poolDatabase(parts: DriverParts): Database {
  const sql = drizzle({ client: parts.pool });
  const database: Database = {
    kind: parts.kind,
    sql,
    transaction: (work) => transaction(parts.pool, work),
    sendAlong,
    patient: (signal) =>
      parts.kind === 'pglite' ? database : patient(database, parts.pool, signal),
    // The embedded database has one process, and one connection.
    alone: (work) =>
      parts.kind === 'pglite' ? work() : underInstallLock(parts.pool, () => work()),
    executor,
    listen: parts.listen,
    notify: (handle, channel, payload) =>
      sendAlong(
        handle,
        executor(handle).executeSql('select pg_notify($1, $2)', [channel, payload]),
      ),
    ping: () => ping(parts),
    close: parts.close,
  };
  return database;
}

/** The embedded database needs none: it is where its process is. */
function patient(database: Database, pool: pg.Pool, signal: AbortSignal): Database {
  const query = (text: string, values?: unknown[]) =>
    outlastOutage(() => answered(pool.query(text, values)), signal);
  return {
    ...database,
    // As much of a pool as single statements need.
    sql: drizzle({ client: { query } as unknown as pg.Pool }),
    transaction: (work) => outlastOutage(() => database.transaction(work), signal),
  };
}

async function answered<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw asLost(error);
  }
}

/** Connections are lost, idle or in use: unheard, each would end the process. A statement under way fails by itself. */
export function watchPool(pool: pg.Pool, log: Logger): void {
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', ({ message }: Error) => {
    // The error itself carries the client with all it knows.
    log.warn({ reason: message }, 'An idle database connection was lost');
  });
}

type Queryable = Pick<pg.Pool, 'query'>;

/** Drizzle keeps the client of a handle to itself, and its own raw statements skip `pg`'s parsing of times. */
function clientOf(handle: Sql): Queryable {
  return (handle._.session as unknown as { readonly client: Queryable }).client;
}

function executor(handle: Sql): SqlExecutor {
  const client = clientOf(handle);
  return {
    executeSql: async (text, values) => {
      const result: pg.QueryResult | pg.QueryResult[] = await answered(client.query(text, values));
      // A script of several statements has a result for each.
      return { rows: Array.isArray(result) ? result.flatMap(({ rows }) => rows) : result.rows };
    },
  };
}

async function ping({ pool, name }: DriverParts): Promise<void> {
  const late = AbortSignal.timeout(pingTimeoutMs);
  const silence = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new Error(`no answer in ${pingTimeoutMs} ms`)));
  });
  try {
    await Promise.race([pool.query('select 1'), silence]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LapwingError('unavailable', `The database (${name}) does not answer: ${reason}`, {
      cause: error,
    });
  }
}
