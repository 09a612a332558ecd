import type { Database } from '../../packages/server/src/db/database.ts';
import { wakeChannel } from '../../packages/server/src/queue/job-table.ts';
import { query } from './databases.ts';

/**
 * Keeps workers from the jobs that are enqueued from now on: a trigger puts their start off for ever. So all workers begin
 * at the same moment, on a backlog that is complete, and not one by one as their processes come up.
 * @returns A function that lets them start, and wakes who waits for jobs of this kind.
 */
export async function holdJobs(database: Database, kind: string): Promise<() => Promise<void>> {
  await query(
    database,
    `create function bench_hold() returns trigger language plpgsql as
      $$ begin new.start_after := 'infinity'; return new; end $$`,
  );
  await query(
    database,
    'create trigger bench_hold before insert on pgboss.job for each row execute function bench_hold()',
  );
  return async () => {
    await query(database, 'drop function bench_hold cascade');
    await query(
      database,
      `update pgboss.job set start_after = now() where start_after = 'infinity'`,
    );
    await query(database, 'select pg_notify($1, $2)', [wakeChannel, kind]);
  };
}
