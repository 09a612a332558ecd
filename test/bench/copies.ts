import type { Database } from '../../packages/server/src/db/database.ts';
import { query } from './databases.ts';

/** So many rows a statement: each stays well within the time that the pool gives one. */
const chunk = 20_000;

/** What makes a copy a row of its own, for each table; `n` counts the copies. */
const changes = {
  runs: `'position', nextval(pg_get_serial_sequence('runs', 'position'))`,
  run_searches: '',
  run_blocks: `'workflow_run_block_id', kept.workflow_run_block_id || '_' || n, 'position', nextval(pg_get_serial_sequence('run_blocks', 'position'))`,
  run_events: '',
} as const;

/** Which runs are written, and how they differ from the one that is copied. */
export interface Copies {
  /** The run that is copied, with its search text, its blocks and its events. */
  readonly runId: string;
  /** Numbers of the copies: a run copied twice goes on where it was left. */
  readonly from: number;
  readonly to: number;
  /** Further columns of `runs` that differ, as arguments of `jsonb_build_object` over `n`. */
  readonly differences?: string;
}

/** Writes copies of a run as they would be if it had been started, and carried out as far, so many times. */
export async function copyRuns(database: Database, copies: Copies): Promise<void> {
  const { runId, differences } = copies;
  for (let from = copies.from; from <= copies.to; from += chunk) {
    const to = Math.min(copies.to, from + chunk - 1);
    for (const [table, own] of Object.entries(changes)) {
      const fields = [`'run_id', kept.run_id || '_' || n`, own];
      if (table === 'runs' && differences !== undefined) fields.push(differences);
      const changed = `jsonb_build_object(${fields.filter((text) => text !== '').join(', ')})`;
      await query(
        database,
        `insert into ${table} select (jsonb_populate_record(kept, ${changed})).*
           from ${table} as kept, generate_series($2::int, $3::int) as n where kept.run_id = $1`,
        [runId, from, to],
      );
    }
  }
}
