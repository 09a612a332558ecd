import type { Database } from '../../packages/server/src/db/database.ts';
import { openDatabase } from '../../packages/server/src/db/open.ts';
import { onPostgres, testLog } from '../support/database.ts';
import type { ServerPlace } from '../support/server-process.ts';

/** Settings with which a server uses its own embedded database although there is a PostgreSQL server: empty is not set. */
export const embedded = { DATABASE_URL: '' } as const;

/** The databases that are measured. The server is the one that LAPWING_TEST_DATABASE_URL names, if any. */
export const kinds: readonly Database['kind'][] = onPostgres ? ['pglite', 'postgres'] : ['pglite'];

/** Says so where half of a measurement, or all of it, has to be left out. */
export function warnWithoutPostgres(): void {
  if (!onPostgres) console.log('There is no PostgreSQL: what needs one is left out.');
}

export async function query<Row>(
  database: Pick<Database, 'executor' | 'sql'>,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await database.executor(database.sql).executeSql(text, values)).rows as Row[];
}

/** The database of servers that run elsewhere, on a PostgreSQL server. */
export function openServerDatabase({ databaseUrl, directory }: ServerPlace): Promise<Database> {
  if (databaseUrl === null) throw new Error('The servers have no PostgreSQL database');
  return openDatabase({ url: databaseUrl, directory, log: testLog });
}

/** Prints what figures depend on: the version, and whether a commit waits for the disk. */
export async function announce(database: Database): Promise<void> {
  const [facts] = await query<{ version: string; fsync: string }>(
    database,
    `select current_setting('server_version') as version, current_setting('fsync') as fsync`,
  );
  const name = database.kind === 'pglite' ? 'PGlite' : 'PostgreSQL server';
  const disk = facts?.fsync === 'on' ? 'commits wait for the disk' : 'commits wait for no disk';
  console.log(`${name} ${facts?.version}, fsync ${facts?.fsync}: ${disk}`);
}

/** Sees to it that neither the planner's ignorance of fresh rows nor autovacuum's work falls into what is measured. */
export async function settleTables(database: Database): Promise<void> {
  // One by one: the pool gives no statement the time that all of them may take.
  const tables = await query<{ name: string }>(
    database,
    `select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables`,
  );
  for (const { name } of tables) await query(database, `vacuum (analyze) ${name}`);
}
