import type pg from 'pg';

/** Any number that nothing else in the database locks. */
const lockKey = 7_265_913_402;

/** Does `work` while no other process that was started on the same database does: what is made once is made by one. */
export async function underInstallLock<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('set statement_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    const result = await work(client);
    await client.query('select pg_advisory_unlock($1)', [lockKey]);
    await client.query('reset statement_timeout');
    client.release();
    return result;
  } catch (error) {
    // Ending the connection gives the lock back, whatever state it is in.
    client.release(true);
    throw error;
  }
}
