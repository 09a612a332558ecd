import type { SqlExecutor } from '../db/database.ts';
import type { DeadJob, JobData, JobState, QueueDepth } from './job.ts';

/**
 * Statements on the engine's own table, for what its functions do not offer. `state` runs created, retry, active,
 * completed, cancelled, failed; a job of Lapwing is deleted when it is done, and `failed` is dead.
 */

/** Where the name of a kind is sent that has a job to start: at commit, so that workers wake for what they can see. */
export const wakeChannel = 'lapwing_jobs';

/**
 * What the engine keeps as a job's data: ours, how often the job was given back without a try counted, and for how long
 * a silent worker keeps it. Leases are ours, not the engine's: an engine that comes back from an outage would fail every
 * job before its worker could be heard.
 */
export interface Envelope {
  readonly payload: JobData;
  readonly returned: number;
  readonly leaseSeconds: number | null;
}

/** What every log entry about a job carries: its own id, and the ids that it was given to work on. */
export function idsOf(job: {
  readonly kind: string;
  readonly id: string;
  readonly envelope: Pick<Envelope, 'payload'>;
}): Readonly<Record<string, string>> {
  const { kind, id, envelope } = job;
  const named = Object.entries(envelope.payload).flatMap(([key, value]) =>
    key.endsWith('_id') && typeof value === 'string' ? [[key, value] as const] : [],
  );
  return { kind, job_id: id, ...Object.fromEntries(named) };
}

/** Names one try of a job: every claim raises `retryCount`. */
export interface Claim {
  readonly id: string;
  readonly retryCount: number;
}

/** Deletes a job that no worker has; false when one has it, or there is none. */
export async function deleteWaiting(sql: SqlExecutor, kind: string, id: string): Promise<boolean> {
  const { rows } = await sql.executeSql(
    `delete from pgboss.job where name = $1 and id = $2 and state in ('created', 'retry') returning 1`,
    [kind, id],
  );
  return rows.length > 0;
}

export async function deleteDead(sql: SqlExecutor, kind: string, id: string): Promise<void> {
  await sql.executeSql(`delete from pgboss.job where name = $1 and id = $2 and state = 'failed'`, [
    kind,
    id,
  ]);
}

/** Leaves the claimed job no tries, so that failing it next, in the same transaction, is final. */
export async function spendTries(sql: SqlExecutor, kind: string, claim: Claim): Promise<void> {
  await sql.executeSql(
    `update pgboss.job set retry_limit = retry_count
      where name = $1 and id = $2 and state = 'active' and retry_count = $3`,
    [kind, claim.id, claim.retryCount],
  );
}

/** A claim whose worker is silent. */
export interface LapsedJob extends Claim {
  readonly kind: string;
  readonly envelope: Envelope;
}

/**
 * Claims whose lease has run out.
 * @param mode `locked`: for this transaction alone, those that another one has are left out.
 */
export async function lapsedJobs(
  sql: SqlExecutor,
  kinds: readonly string[],
  mode: 'seen' | 'locked' = 'seen',
): Promise<LapsedJob[]> {
  const { rows } = await sql.executeSql(
    `select id, name as kind, retry_count as "retryCount", data as envelope from pgboss.job
      where name = any($1::text[]) and state = 'active'
        and heartbeat_on + (data ->> 'leaseSeconds')::int * interval '1 second' < pgboss.job_now()
      limit 100 ${mode === 'locked' ? 'for update skip locked' : ''}`,
    [kinds],
  );
  return rows as LapsedJob[];
}

/** Lets jobs that wait for another try start at once. */
export async function startNow(
  sql: SqlExecutor,
  kind: string,
  ids: readonly string[],
): Promise<void> {
  await sql.executeSql(
    `update pgboss.job set start_after = pgboss.job_now()
      where name = $1 and id = any($2::uuid[]) and state = 'retry'`,
    [kind, ids],
  );
}

/** How each of these jobs stands; those that are not there are left out. */
export async function jobStates(
  sql: SqlExecutor,
  kind: string,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly state: JobState }[]> {
  const { rows } = await sql.executeSql(
    `select id, case when state = 'active' then 'active' when state < 'active' then 'waiting' else 'dead' end as state
       from pgboss.job where name = $1 and id = any($2::uuid[])`,
    [kind, ids],
  );
  return rows as { id: string; state: JobState }[];
}

export async function activeJobs(sql: SqlExecutor, kind: string): Promise<Claim[]> {
  const { rows } = await sql.executeSql(
    `select id, retry_count as "retryCount" from pgboss.job where name = $1 and state = 'active'`,
    [kind],
  );
  return rows as Claim[];
}

export async function deadJobs(sql: SqlExecutor, kind: string, limit: number): Promise<DeadJob[]> {
  const { rows } = await sql.executeSql(
    `select id, data, output, retry_count, completed_on from pgboss.job
      where name = $1 and state = 'failed' order by completed_on desc limit $2`,
    [kind, limit],
  );
  return (rows as DeadRow[]).map((row) => ({
    id: row.id,
    data: row.data.payload,
    reason: row.output.reason ?? row.output.value?.message ?? 'unknown',
    attempts: row.retry_count + 1 - row.data.returned,
    diedAt: row.completed_on,
  }));
}

/** `reason` is ours; `value.message` is the engine's, of a job whose lease or time ran out. */
interface DeadRow {
  readonly id: string;
  readonly data: Envelope;
  readonly output: { readonly reason?: string; readonly value?: { readonly message: string } };
  readonly retry_count: number;
  readonly completed_on: Date;
}

export async function queueDepths(
  sql: SqlExecutor,
  kinds: readonly string[],
): Promise<QueueDepth[]> {
  const { rows } = await sql.executeSql(
    `select k.name as kind,
            count(*) filter (where state < 'active' and start_after <= now())::int as ready,
            count(*) filter (where state < 'active' and start_after > now())::int as delayed,
            count(*) filter (where state = 'active')::int as active,
            count(*) filter (where state = 'failed')::int as dead
       from unnest($1::text[]) as k(name) left join pgboss.job j on j.name = k.name
      group by k.name order by k.name`,
    [kinds],
  );
  return rows as QueueDepth[];
}
