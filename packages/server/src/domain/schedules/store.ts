import {
  and,
  asc,
  count,
  desc,
  eq,
  ilike,
  isNull,
  lte,
  min,
  notInArray,
  or,
  sql as raw,
  type SQL,
} from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { workflowSchedules as schedules } from '../../db/tables/schedules.ts';
import { workflows } from '../../db/tables/workflows.ts';

export type ScheduleRow = typeof schedules.$inferSelect;

/** Names one schedule of an organization. */
export interface ScheduleName {
  readonly organizationId: string;
  readonly workflowPermanentId: string;
  readonly scheduleId: string;
}

const named = ({ organizationId, workflowPermanentId, scheduleId }: ScheduleName) =>
  and(
    eq(schedules.scheduleId, scheduleId),
    eq(schedules.organizationId, organizationId),
    eq(schedules.workflowPermanentId, workflowPermanentId),
    isNull(schedules.deletedAt),
  );

const active = and(eq(schedules.enabled, true), isNull(schedules.deletedAt));

export async function insertSchedule(
  tx: Sql,
  row: typeof schedules.$inferInsert,
): Promise<ScheduleRow> {
  const [inserted] = await tx.insert(schedules).values(row).returning();
  if (inserted === undefined) throw new Error('The database returned no row for a new schedule');
  return inserted;
}

export async function findSchedule(sql: Sql, name: ScheduleName): Promise<ScheduleRow | undefined> {
  return (await sql.select().from(schedules).where(named(name)))[0];
}

/** A schedule that is there, whosever it is. */
export async function findById(sql: Sql, scheduleId: string): Promise<ScheduleRow | undefined> {
  const rows = await sql
    .select()
    .from(schedules)
    .where(and(eq(schedules.scheduleId, scheduleId), isNull(schedules.deletedAt)));
  return rows[0];
}

/** As {@link findSchedule}; nobody else changes or fires it until the transaction ends. */
export async function lockSchedule(tx: Sql, name: ScheduleName): Promise<ScheduleRow | undefined> {
  return (await tx.select().from(schedules).where(named(name)).for('update'))[0];
}

/** Locks a schedule that is there, enabled or not, unless somebody else has it. */
export async function lockIfFree(tx: Sql, scheduleId: string): Promise<ScheduleRow | undefined> {
  const rows = await tx
    .select()
    .from(schedules)
    .where(and(eq(schedules.scheduleId, scheduleId), isNull(schedules.deletedAt)))
    .for('update', { skipLocked: true });
  return rows[0];
}

export async function updateSchedule(
  tx: Sql,
  scheduleId: string,
  change: Partial<typeof schedules.$inferInsert>,
): Promise<ScheduleRow> {
  const [updated] = await tx
    .update(schedules)
    .set(change)
    .where(eq(schedules.scheduleId, scheduleId))
    .returning();
  if (updated === undefined) throw new Error(`Schedule ${scheduleId} is not there`);
  return updated;
}

/** Keeps a workflow from being deleted until the transaction ends. False when it is not there. */
export async function holdWorkflow(
  tx: Sql,
  organizationId: string,
  permanentId: string,
): Promise<boolean> {
  const rows = await tx
    .select({ id: workflows.workflowId })
    .from(workflows)
    .where(
      and(
        eq(workflows.workflowPermanentId, permanentId),
        eq(workflows.organizationId, organizationId),
        eq(workflows.version, 1),
        isNull(workflows.deletedAt),
      ),
    )
    .for('share');
  return rows.length > 0;
}

/** Newest first. */
export async function listSchedules(
  sql: Sql,
  organizationId: string,
  permanentId: string,
): Promise<ScheduleRow[]> {
  return sql
    .select()
    .from(schedules)
    .where(
      and(
        eq(schedules.workflowPermanentId, permanentId),
        eq(schedules.organizationId, organizationId),
        isNull(schedules.deletedAt),
      ),
    )
    .orderBy(desc(schedules.createdAt), desc(schedules.scheduleId));
}

const escapeLike = (text: string) => text.replace(/[\\%_]/g, (character) => `\\${character}`);
/** The column has its table before it: in a list of fields drizzle leaves that out, and it would be the inner one's. */
const title = raw<string | null>`(select newest.title from ${workflows} as newest
  where newest.workflow_permanent_id = ${schedules}.workflow_permanent_id and newest.deleted_at is null
  order by newest.version desc limit 1)`;

interface AllFilter {
  readonly organizationId: string;
  readonly enabled: boolean | undefined;
  readonly search: string | undefined;
}

function allOf({ organizationId, enabled, search }: AllFilter): SQL | undefined {
  const pattern = search === undefined ? undefined : `%${escapeLike(search)}%`;
  return and(
    eq(schedules.organizationId, organizationId),
    isNull(schedules.deletedAt),
    enabled === undefined ? undefined : eq(schedules.enabled, enabled),
    pattern === undefined
      ? undefined
      : or(ilike(schedules.name, pattern), raw`${title} ilike ${pattern}`),
  );
}

/** Schedules of every workflow with the title of each, newest first. */
export async function listAll(
  sql: Sql,
  filter: AllFilter,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ readonly schedule: ScheduleRow; readonly title: string | null }[]> {
  return sql
    .select({ schedule: schedules, title })
    .from(schedules)
    .where(allOf(filter))
    .orderBy(desc(schedules.createdAt), desc(schedules.scheduleId))
    .limit(page.limit)
    .offset(page.offset);
}

export async function countAll(sql: Sql, filter: AllFilter): Promise<number> {
  const [row] = await sql.select({ count: count() }).from(schedules).where(allOf(filter));
  return row?.count ?? 0;
}

/** Schedules whose time has come, the one that waits longest first. */
export async function listDue(
  sql: Sql,
  now: Date,
  options: { readonly limit: number; readonly without: readonly string[] },
): Promise<ScheduleRow[]> {
  const { limit, without } = options;
  return sql
    .select()
    .from(schedules)
    .where(
      and(
        active,
        lte(schedules.nextFireAt, now),
        without.length === 0 ? undefined : notInArray(schedules.scheduleId, [...without]),
      ),
    )
    .orderBy(asc(schedules.nextFireAt))
    .limit(limit);
}

/** When the next schedule's time comes. */
export async function earliestFire(sql: Sql): Promise<Date | null> {
  const [row] = await sql
    .select({ at: min(schedules.nextFireAt) })
    .from(schedules)
    .where(active);
  return row?.at ?? null;
}

/** Schedules that are enabled and would never fire. */
export async function listStranded(sql: Sql, limit: number): Promise<ScheduleRow[]> {
  return sql
    .select()
    .from(schedules)
    .where(and(active, or(isNull(schedules.nextFireAt), isNull(schedules.nextDueAt))))
    .limit(limit);
}

/** Counts for health and metrics. */
export interface ScheduleCounts {
  readonly enabled: number;
  readonly disabled: number;
  /** Enabled without a next instant. */
  readonly stranded: number;
  /** Whose time came before the time given. */
  readonly late: number;
  readonly earliestLate: Date | null;
  /** Put right since the time given. */
  readonly repaired: number;
}

export async function countSchedules(
  sql: Sql,
  times: { readonly lateBefore: Date; readonly repairedSince: Date },
): Promise<ScheduleCounts> {
  const late = raw`enabled and ${schedules.nextFireAt} < ${times.lateBefore.toISOString()}::timestamptz`;
  const number = (condition: SQL) => raw<number>`(count(*) filter (where ${condition}))::int`;
  const [row] = await sql
    .select({
      enabled: number(raw`enabled`),
      disabled: number(raw`not enabled`),
      stranded: number(
        raw`enabled and (${schedules.nextFireAt} is null or ${schedules.nextDueAt} is null)`,
      ),
      late: number(late),
      earliestLate: raw<Date | null>`min(${schedules.nextFireAt}) filter (where ${late})`.mapWith(
        schedules.nextFireAt,
      ),
      repaired: number(
        raw`${schedules.repairedAt} >= ${times.repairedSince.toISOString()}::timestamptz`,
      ),
    })
    .from(schedules)
    .where(isNull(schedules.deletedAt));
  if (row === undefined) throw new Error('The database did not count');
  return row;
}
