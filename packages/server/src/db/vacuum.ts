import pg from 'pg';
import type { Logger } from 'pino';
import type { Database } from './database.ts';

const intervalMs = 30_000;

/** The thresholds of PostgreSQL's autovacuum, which PGlite lacks: 50 rows and a share of the table. */
const dueTables = `
  select s.schemaname as schema, s.relname as table
    from pg_stat_user_tables s join pg_class c on c.oid = s.relid
   where c.relkind in ('r', 'm')
     and (s.n_dead_tup > 50 + 0.2 * greatest(c.reltuples, 0)
      or s.n_ins_since_vacuum > 1000 + 0.2 * greatest(c.reltuples, 0)
      or s.n_mod_since_analyze > 50 + 0.1 * greatest(c.reltuples, 0)
      or age(c.relfrozenxid) > 200000000)
   order by s.n_dead_tup desc`;

/**
 * Vacuums and analyses every table that is due, one statement each, so that others get in between.
 *
 * @returns how many tables were due.
 */
export async function vacuumDueTables(database: Database, signal: AbortSignal): Promise<number> {
  const { executeSql } = database.executor(database.sql);
  // Without autovacuum nothing flushes the counts that it would decide by.
  await executeSql('select pg_stat_force_next_flush()');
  const { rows } = await executeSql(dueTables);
  for (const { schema, table } of rows as { schema: string; table: string }[]) {
    if (signal.aborted) break;
    const name = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
    await executeSql(`VACUUM (ANALYZE) ${name}`);
  }
  return rows.length;
}

/** Vacuums on a timer; the returned function stops it and waits for the table at hand. */
export function startVacuuming(database: Database, log: Logger): () => Promise<void> {
  const stopping = new AbortController();
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running
      .then(() => vacuumDueTables(database, stopping.signal))
      .then(
        () => {},
        (error) => log.warn({ err: error }, 'The embedded database could not be vacuumed'),
      );
  }, intervalMs);
  timer.unref();
  return async () => {
    stopping.abort();
    clearInterval(timer);
    await running;
  };
}
