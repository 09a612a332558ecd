import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { underInstallLock } from './install-lock.ts';

/** Where drizzle-kit writes the migrations. */
export const migrationsDirectory = fileURLToPath(new URL('./migrations', import.meta.url));

/** Brings the tables up to date. Processes that start together wait for the first one. */
export async function runMigrations(pool: pg.Pool): Promise<void> {
  await underInstallLock(pool, async (client) => {
    // Searches in the middle of a text; drizzle-kit writes no extensions.
    await client.query('create extension if not exists pg_trgm');
    await migrate(drizzle({ client }), { migrationsFolder: migrationsDirectory });
  });
}
