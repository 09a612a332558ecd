import {
  and,
  asc,
  count,
  desc,
  eq,
  inArray,
  isNotNull,
  isNull,
  ne,
  notInArray,
  sql as raw,
  type SQL,
} from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { idempotencyKeys, runs } from '../../db/tables/runs.ts';
import { scheduleFires, workflowSchedules as schedules } from '../../db/tables/schedules.ts';
import type { ScheduleRow } from './store.ts';

export type FireRow = typeof scheduleFires.$inferSelect;
export type NewFire = typeof scheduleFires.$inferInsert;
type IdempotencyRow = typeof idempotencyKeys.$inferSelect;

const finalStatuses = ['completed', 'failed', 'terminated', 'canceled', 'timed_out'];

/** Writes lines; an instant that has one already keeps it. @returns the lines that were written. */
export async function insertFires(tx: Sql, rows: readonly NewFire[]): Promise<FireRow[]> {
  if (rows.length === 0) return [];
  return tx
    .insert(scheduleFires)
    .values([...rows])
    .onConflictDoNothing()
    .returning();
}

export async function updateFire(
  tx: Sql,
  fireId: string,
  change: Partial<Omit<NewFire, 'fireId' | 'scheduleId' | 'dueAt'>>,
): Promise<FireRow> {
  const [updated] = await tx
    .update(scheduleFires)
    .set({ ...change, modifiedAt: new Date() })
    .where(eq(scheduleFires.fireId, fireId))
    .returning();
  if (updated === undefined) throw new Error(`Ledger line ${fireId} is not there`);
  return updated;
}

/** A line with the status of its run as it is now. */
export interface FireWithRun {
  readonly fire: FireRow;
  readonly status: string | null;
}

const fireWithRun = { fire: scheduleFires, status: runs.status };

/** Lines of a schedule, the newest instant first. */
export async function listFires(
  sql: Sql,
  filter: { readonly scheduleId: string; readonly is: Partial<Pick<FireRow, 'cause' | 'state'>> },
  page: { readonly limit: number; readonly offset: number },
): Promise<FireWithRun[]> {
  return sql
    .select(fireWithRun)
    .from(scheduleFires)
    .leftJoin(runs, eq(runs.runId, scheduleFires.runId))
    .where(firesOf(filter))
    .orderBy(desc(scheduleFires.dueAt))
    .limit(page.limit)
    .offset(page.offset);
}

export async function countFires(
  sql: Sql,
  filter: Parameters<typeof listFires>[1],
): Promise<number> {
  const [row] = await sql.select({ count: count() }).from(scheduleFires).where(firesOf(filter));
  return row?.count ?? 0;
}

function firesOf({ scheduleId, is }: Parameters<typeof listFires>[1]): SQL | undefined {
  return and(
    eq(scheduleFires.scheduleId, scheduleId),
    is.cause === undefined ? undefined : eq(scheduleFires.cause, is.cause),
    is.state === undefined ? undefined : eq(scheduleFires.state, is.state),
  );
}

/** These lines, the oldest instant first. */
export async function listFiresByIds(sql: Sql, fireIds: readonly string[]): Promise<FireWithRun[]> {
  return sql
    .select(fireWithRun)
    .from(scheduleFires)
    .leftJoin(runs, eq(runs.runId, scheduleFires.runId))
    .where(inArray(scheduleFires.fireId, [...fireIds]))
    .orderBy(asc(scheduleFires.dueAt));
}

/** The lines of a schedule at these instants. */
export async function listFiresAt(
  tx: Sql,
  scheduleId: string,
  instants: readonly Date[],
): Promise<FireRow[]> {
  return tx
    .select()
    .from(scheduleFires)
    .where(
      and(eq(scheduleFires.scheduleId, scheduleId), inArray(scheduleFires.dueAt, [...instants])),
    );
}

/** Open runs of a schedule, the one that was due first in front. */
export async function listOpenRuns(tx: Sql, scheduleId: string): Promise<string[]> {
  const rows = await tx
    .select({ runId: runs.runId })
    .from(scheduleFires)
    .innerJoin(runs, eq(runs.runId, scheduleFires.runId))
    .where(
      and(
        eq(scheduleFires.scheduleId, scheduleId),
        isNotNull(scheduleFires.runId),
        isNull(scheduleFires.runStatus),
        notInArray(runs.status, finalStatuses),
      ),
    )
    .orderBy(asc(scheduleFires.dueAt));
  return rows.map(({ runId }) => runId);
}

/** The line of a schedule that waits for the end of a run. */
export async function findQueued(tx: Sql, scheduleId: string): Promise<FireRow | undefined> {
  const rows = await tx
    .select()
    .from(scheduleFires)
    .where(and(eq(scheduleFires.scheduleId, scheduleId), eq(scheduleFires.state, 'queued')))
    .orderBy(asc(scheduleFires.dueAt))
    .limit(1);
  return rows[0];
}

/** Schedules with a line that waits, and no open run that it could wait for. */
export async function listReady(sql: Sql, limit: number): Promise<ScheduleRow[]> {
  return sql
    .select()
    .from(schedules)
    .where(
      and(
        isNull(schedules.deletedAt),
        inArray(
          schedules.scheduleId,
          sql
            .select({ id: scheduleFires.scheduleId })
            .from(scheduleFires)
            .where(eq(scheduleFires.state, 'queued')),
        ),
        raw`not exists (select 1 from ${scheduleFires} as open join ${runs} as run on run.run_id = open.run_id
          where open.workflow_schedule_id = ${schedules.scheduleId} and open.run_id is not null
            and open.run_status is null and run.status not in ${finalStatuses})`,
      ),
    )
    .limit(limit);
}

const ended = (runIds: readonly string[] | null) =>
  and(
    isNotNull(scheduleFires.runId),
    isNull(scheduleFires.runStatus),
    inArray(runs.status, finalStatuses),
    runIds === null ? undefined : inArray(scheduleFires.runId, [...runIds]),
  );

/** Whether failures of the schedule's runs are counted. */
const isWatched = isNotNull(schedules.pauseAfterFailures);

/**
 * Notes how runs ended of schedules that nothing hangs on.
 * @param runIds Only these; null: all.
 * @returns how many lines.
 */
export async function noteEnds(sql: Sql, runIds: readonly string[] | null): Promise<number> {
  const noted = await sql
    .update(scheduleFires)
    .set({ runStatus: raw`${runs.status}` })
    .from(runs)
    .where(
      and(
        eq(runs.runId, scheduleFires.runId),
        ended(runIds),
        notInArray(
          scheduleFires.scheduleId,
          sql
            .select({ id: schedules.scheduleId })
            .from(schedules)
            .where(and(isWatched, isNull(schedules.deletedAt))),
        ),
      ),
    )
    .returning({ fireId: scheduleFires.fireId });
  return noted.length;
}

/** Lines whose runs have ended and that something hangs on, the first end in front. */
export async function listWatchedEnds(
  sql: Sql,
  of: { readonly runIds: readonly string[] | null; readonly scheduleId?: string },
  limit: number,
): Promise<{ readonly fire: FireRow; readonly status: string }[]> {
  return sql
    .select({ fire: scheduleFires, status: runs.status })
    .from(scheduleFires)
    .innerJoin(runs, eq(runs.runId, scheduleFires.runId))
    .innerJoin(schedules, eq(schedules.scheduleId, scheduleFires.scheduleId))
    .where(
      and(
        ended(of.runIds),
        isWatched,
        isNull(schedules.deletedAt),
        of.scheduleId === undefined ? undefined : eq(schedules.scheduleId, of.scheduleId),
      ),
    )
    .orderBy(asc(runs.finishedAt), asc(scheduleFires.dueAt))
    .limit(limit);
}

/** The idempotency key of a trigger, and what it was sent with. */
export type TriggerKey = Pick<IdempotencyRow, 'organizationId' | 'key' | 'requestHash'>;

const scope = 'schedule_trigger';

export async function findKey(
  tx: Sql,
  { organizationId, key }: TriggerKey,
): Promise<IdempotencyRow | undefined> {
  const rows = await tx
    .select()
    .from(idempotencyKeys)
    .where(
      and(
        eq(idempotencyKeys.organizationId, organizationId),
        eq(idempotencyKeys.scope, scope),
        eq(idempotencyKeys.key, key),
      ),
    );
  return rows[0];
}

/** Gives a key to a line. False when another line has it. */
export async function claimKey(tx: Sql, key: TriggerKey, fireId: string): Promise<boolean> {
  const rows = await tx
    .insert(idempotencyKeys)
    .values({ ...key, scope, resourceId: fireId })
    .onConflictDoNothing()
    .returning({ key: idempotencyKeys.key });
  return rows.length > 0;
}

/** Notes that runs are about to be ended for another one. */
export async function noteGivingWay(
  sql: Sql,
  runIds: readonly string[],
  reason: string,
): Promise<void> {
  await sql
    .update(scheduleFires)
    .set({ reason, modifiedAt: new Date() })
    .where(and(inArray(scheduleFires.runId, [...runIds]), isNull(scheduleFires.runStatus)));
}

/** Notes runs that were ended for another one; those that had ended by themselves have given way to none. */
export async function noteReplaced(
  sql: Sql,
  runIds: readonly string[],
  how: { readonly status: string; readonly reason: string },
): Promise<void> {
  const ofThem = and(
    eq(runs.runId, scheduleFires.runId),
    inArray(scheduleFires.runId, [...runIds]),
    eq(scheduleFires.reason, how.reason),
  );
  await sql
    .update(scheduleFires)
    .set({ runStatus: how.status })
    .from(runs)
    .where(and(ofThem, isNull(scheduleFires.runStatus), eq(runs.status, how.status)));
  await sql
    .update(scheduleFires)
    .set({ reason: null })
    .from(runs)
    .where(and(ofThem, ne(runs.status, how.status)));
}
