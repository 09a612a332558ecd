import { sql } from 'drizzle-orm';
import type { Database, Sql } from '../../packages/server/src/db/database.ts';

/** The rows of a run, as JSON: what creating it asks of each table. */
export interface RunRows {
  readonly runs: string;
  readonly run_searches: string;
  readonly run_events: string;
}

/** The rows that creating a run writes, read from a run: what a start asks of the database, and nothing else. */
export async function rowsOfRun(database: Database, runId: string): Promise<RunRows> {
  const read = async (table: string) => {
    const { rows } = (await database.sql.execute(
      sql`select to_jsonb(kept) as row from ${sql.identifier(table)} as kept where run_id = ${runId} limit 1`,
    )) as unknown as { rows: unknown[] };
    return JSON.stringify(rows[0]);
  };
  return {
    runs: await read('runs'),
    run_searches: await read('run_searches'),
    run_events: await read('run_events'),
  };
}

/** Writes them for another run, with its job, by bare statements. */
export async function writeRun(tx: Sql, rows: RunRows, runId: string): Promise<void> {
  const own = JSON.stringify({ run_id: runId });
  for (const [table, row] of Object.entries(rows)) {
    await tx.execute(
      sql`insert into ${sql.identifier(table)} select * from jsonb_populate_record(null::${sql.identifier(table)}, ((${row}::jsonb) -> 'row') || ${own}::jsonb)`,
    );
  }
  await tx.execute(
    sql`insert into pgboss.job (name, data) values ('run', ${JSON.stringify({ payload: { run_id: runId } })}::jsonb)`,
  );
}
