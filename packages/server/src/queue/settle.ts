import type { PgBoss } from 'pg-boss';
import type { Database, Sql } from '../db/database.ts';
import type { JobVerdict } from './job.ts';
import {
  activeJobs,
  type Claim,
  type Envelope,
  spendTries,
  startNow,
  wakeChannel,
} from './job-table.ts';

/** A claim with all that settling it needs. */
export interface HeldJob extends Claim {
  readonly kind: string;
  readonly retryLimit: number;
  readonly envelope: Envelope;
}

/** pg-boss leaves the count out of its types, not out of its answers. */
export function affected(response: object): number {
  return (response as { readonly affected: number }).affected;
}

/**
 * Writes a verdict down, unless the claim is no longer this worker's.
 *
 * @returns false when it is not: another worker has the job, or had.
 */
export async function settle(
  boss: PgBoss,
  database: Database,
  verdict: JobVerdict,
  job: HeldJob,
): Promise<boolean> {
  if (verdict.kind === 'done') {
    // Deleted, not completed: what came of it is kept where it belongs, and the table stays small.
    return affected(await boss.deleteJob(job.kind, job)) > 0;
  }
  return database.transaction(async (tx) => {
    switch (verdict.kind) {
      case 'retry':
        return retry(boss, { tx, database }, verdict, job);
      case 'again':
        return giveBack(boss, { tx, database }, job);
      case 'dead': {
        const db = database.executor(tx);
        await spendTries(db, job.kind, job);
        return affected(await boss.fail(job.kind, job, { reason: verdict.reason }, { db })) > 0;
      }
      default:
        return verdict satisfies never;
    }
  });
}

interface Scope {
  readonly database: Database;
  readonly tx: Sql;
}

/** Failing puts the job back under the same id with the engine's delay, which a chosen one then replaces. */
async function retry(
  boss: PgBoss,
  { database, tx }: Scope,
  verdict: JobVerdict & { kind: 'retry' },
  job: HeldJob,
): Promise<boolean> {
  const db = database.executor(tx);
  if (affected(await boss.fail(job.kind, job, { reason: verdict.reason }, { db })) === 0)
    return false;
  if (verdict.afterSeconds !== undefined) {
    const startAfter = verdict.afterSeconds;
    // A job without tries left is dead by now, which an update does not touch.
    await boss.update(job.kind, undefined, { id: job.id, startAfter, db });
  }
  return true;
}

/** Fails the try and raises the limit by one, so that it counts for nothing; every claim still has its own number. */
async function giveBack(boss: PgBoss, { database, tx }: Scope, job: HeldJob): Promise<boolean> {
  const db = database.executor(tx);
  if (affected(await boss.fail(job.kind, job, null, { db })) === 0) return false;
  const wasLastTry = job.retryCount >= job.retryLimit;
  // Of a job that is dead by now, only this raises the limit.
  if (wasLastTry) await boss.retry(job.kind, job.id, { db });
  const envelope: Envelope = { ...job.envelope, returned: job.envelope.returned + 1 };
  await boss.update(job.kind, envelope, {
    id: job.id,
    startAfter: 0,
    ...(wasLastTry ? {} : { retryLimit: job.retryLimit + 1 }),
    db,
  });
  await database.notify(tx, wakeChannel, job.kind);
  return true;
}

/** Takes claims away from a worker that is silent or gone, each counted as a try; the jobs may start again at once. */
export async function release(
  boss: PgBoss,
  { database, tx }: Scope,
  kind: string,
  claims: readonly Claim[],
): Promise<void> {
  if (claims.length === 0) return;
  const db = database.executor(tx);
  await boss.fail(kind, [...claims], { reason: 'The worker that had the job is gone' }, { db });
  await startNow(
    db,
    kind,
    claims.map(({ id }) => id),
  );
  await database.notify(tx, wakeChannel, kind);
}

/**
 * Releases every claimed job of a kind: for a database that is this process's alone, where whoever claimed them before is
 * dead.
 *
 * @returns how many there were.
 */
export async function releaseAll(boss: PgBoss, scope: Scope, kind: string): Promise<number> {
  const claims = await activeJobs(scope.database.executor(scope.tx), kind);
  await release(boss, scope, kind, claims);
  return claims.length;
}
