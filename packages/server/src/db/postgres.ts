import pg from 'pg';
import type { Logger } from 'pino';
import type { Database } from './database.ts';
import { runMigrations } from './migrate.ts';
import { poolDatabase, watchPool } from './pool-database.ts';
import { PostgresListener } from './postgres-listener.ts';

const settings = {
  application_name: 'lapwing',
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
} as const;

/**
 * Opens a pool on a PostgreSQL server, and one more connection for notifications when somebody listens; brings the
 * tables up to date.
 *
 * @throws LapwingError `unavailable` when the server does not answer.
 */
export async function openPostgres(url: string, log: Logger): Promise<Database> {
  const pool = new pg.Pool({
    ...settings,
    connectionString: url,
    max: 10,
    // Statements need not wait for the answers to earlier ones: see transaction.ts.
    pipeline: true,
    // No statement of a request or of the queue takes long; one that does holds a connection from the others.
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: 60_000,
  });
  watchPool(pool, log);
  const listener = new PostgresListener(
    () => new pg.Client({ ...settings, connectionString: url }),
    log,
  );
  const database = poolDatabase({
    kind: 'postgres',
    pool,
    name: addressOf(url),
    listen: (channel, onPayload) => listener.listen(channel, onPayload),
    close: async () => {
      await listener.close();
      await pool.end();
    },
  });
  try {
    await database.ping();
    await runMigrations(pool);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** Host, port and database of a URL: what may be shown of it. */
function addressOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? 'PostgreSQL' : `PostgreSQL at ${parsed.host}${parsed.pathname}`;
}
