import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';

/** Where drizzle-kit writes the migrations. */
export const migrationsDirectory = fileURLToPath(new URL('./migrations', import.meta.url));

/** Any number that nothing else in the database locks. */
const lockKey = 7_265_913_402;

/** Brings the tables up to date. Processes that start together wait for the first one. */
export async function runMigrations(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('set statement_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    // Searches in the middle of a text; drizzle-kit writes no extensions.
    await client.query('create extension if not exists pg_trgm');
    await migrate(drizzle({ client }), { migrationsFolder: migrationsDirectory });
    await client.query('select pg_advisory_unlock($1)', [lockKey]);
    await client.query('reset statement_timeout');
    client.release();
  } catch (error) {
    // Ending the connection gives the lock back, whatever state it is in.
    client.release(true);
    throw error;
  }
}
