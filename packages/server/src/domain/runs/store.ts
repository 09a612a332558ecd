import type { RunStatus } from '@lapwing/protocol';
import {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  isNull,
  lt,
  sql as raw,
  type SQL,
} from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { idempotencyKeys, runBlocks, runEvents, runSearches, runs } from '../../db/tables/runs.ts';
import { carriesTags, type TagFilter } from '../tags/service.ts';

export type RunRow = typeof runs.$inferSelect;
export type RunBlockRow = typeof runBlocks.$inferSelect;
export type RunEventRow = typeof runEvents.$inferSelect;
export type IdempotencyRow = typeof idempotencyKeys.$inferSelect;

/** Statuses from which a run can still end. */
const openStatuses: readonly RunStatus[] = ['created', 'queued', 'running', 'paused'];

/** A run that waits for people goes on waiting, whether a worker has it or not. */
const unlessPaused = (status: RunStatus) =>
  raw`case when ${runs.status} = 'paused' then 'paused' else ${status} end` as unknown as string;

export async function insertRun(sql: Sql, row: typeof runs.$inferInsert): Promise<RunRow> {
  const rows = await sql.insert(runs).values(row).returning();
  const inserted = rows[0];
  if (inserted === undefined) throw new Error('The database returned no row for an inserted run');
  return inserted;
}

/** Keeps what the run is searched by. */
export async function insertSearch(sql: Sql, row: typeof runSearches.$inferInsert): Promise<void> {
  await sql.insert(runSearches).values(row);
}

export async function findRun(sql: Sql, runId: string): Promise<RunRow | undefined> {
  const rows = await sql.select().from(runs).where(eq(runs.runId, runId));
  return rows[0];
}

/** Changes a run that has not ended; undefined when it has: whoever ends a run first decides. */
export async function updateOpenRun(
  sql: Sql,
  runId: string,
  change: Partial<typeof runs.$inferInsert>,
): Promise<RunRow | undefined> {
  return updateRunIn(sql, runId, openStatuses, change);
}

/** Changes a run that has one of these statuses; undefined when it has another. */
export async function updateRunIn(
  sql: Sql,
  runId: string,
  statuses: readonly RunStatus[],
  change: Partial<typeof runs.$inferInsert>,
): Promise<RunRow | undefined> {
  const rows = await sql
    .update(runs)
    .set({ ...change, modifiedAt: new Date() })
    .where(and(eq(runs.runId, runId), inArray(runs.status, [...statuses])))
    .returning();
  return rows[0];
}

/** Whether a run has not ended, and will not before the transaction is over. */
export async function holdOpenRun(tx: Sql, runId: string): Promise<boolean> {
  const rows = await tx
    .select({ runId: runs.runId })
    .from(runs)
    .where(and(eq(runs.runId, runId), inArray(runs.status, [...openStatuses])))
    .for('share');
  return rows.length === 1;
}

/** Ids of the runs that blocks of a run have started and that have not ended. */
export async function listOpenChildren(sql: Sql, runId: string): Promise<string[]> {
  const rows = await sql
    .select({ runId: runs.runId })
    .from(runs)
    .where(and(eq(runs.parentRunId, runId), inArray(runs.status, [...openStatuses])));
  return rows.map((row) => row.runId);
}

/** Changes what may change after the end: what was found while the run was wound up, and its webhook's fate. */
export async function updateRun(
  sql: Sql,
  runId: string,
  change: Pick<
    Partial<typeof runs.$inferInsert>,
    'output' | 'errors' | 'stepCount' | 'webhookFailureReason' | 'browserStateSealed'
  >,
): Promise<void> {
  await sql
    .update(runs)
    .set({ ...change, modifiedAt: new Date() })
    .where(eq(runs.runId, runId));
}

/**
 * A worker takes the run up: one that is paused stays so. Undefined when it has ended. The state of its browser is used once: it is not true any more
 * when the next block has run.
 */
export async function markRunning(sql: Sql, runId: string): Promise<RunRow | undefined> {
  return updateOpenRun(sql, runId, {
    status: unlessPaused('running'),
    startedAt: raw`coalesce(${runs.startedAt}, now())` as unknown as Date,
    attempts: raw`${runs.attempts} + 1` as unknown as number,
    browserStateSealed: null,
  });
}

/** A run goes back to the queue: one that is paused stays so. Undefined when it has ended. */
export async function markQueued(
  sql: Sql,
  runId: string,
  browserStateSealed: string,
): Promise<RunRow | undefined> {
  return updateOpenRun(sql, runId, { status: unlessPaused('queued'), browserStateSealed });
}

/** Claims an idempotency key; the row that holds it already, when there is one. */
export async function claimKey(
  sql: Sql,
  row: typeof idempotencyKeys.$inferInsert,
): Promise<IdempotencyRow | undefined> {
  const inserted = await sql.insert(idempotencyKeys).values(row).onConflictDoNothing().returning();
  if (inserted.length === 1) return undefined;
  const rows = await sql
    .select()
    .from(idempotencyKeys)
    .where(
      and(
        eq(idempotencyKeys.organizationId, row.organizationId),
        eq(idempotencyKeys.scope, row.scope),
        eq(idempotencyKeys.key, row.key),
      ),
    );
  return rows[0];
}

export async function insertBlock(sql: Sql, row: typeof runBlocks.$inferInsert): Promise<void> {
  await sql.insert(runBlocks).values(row);
}

export async function findBlock(sql: Sql, blockId: string): Promise<RunBlockRow | undefined> {
  const rows = await sql.select().from(runBlocks).where(eq(runBlocks.blockId, blockId));
  return rows[0];
}

export async function updateBlock(
  sql: Sql,
  blockId: string,
  change: Partial<typeof runBlocks.$inferInsert>,
): Promise<void> {
  await sql
    .update(runBlocks)
    .set({ ...change, modifiedAt: new Date() })
    .where(eq(runBlocks.blockId, blockId));
}

/** Blocks of a run that have not finished, the innermost first. */
export async function listUnfinishedBlocks(sql: Sql, runId: string): Promise<RunBlockRow[]> {
  return sql
    .select()
    .from(runBlocks)
    .where(and(eq(runBlocks.runId, runId), eq(runBlocks.status, 'running')))
    .orderBy(desc(runBlocks.position));
}

export async function listBlocks(sql: Sql, runId: string): Promise<RunBlockRow[]> {
  return sql
    .select()
    .from(runBlocks)
    .where(eq(runBlocks.runId, runId))
    .orderBy(asc(runBlocks.position));
}

/** Appends an event. Writers of one run take turns, so that the numbers have no gaps and no reader misses one. */
export async function appendEvent(
  tx: Sql,
  runId: string,
  type: string,
  data: Record<string, unknown>,
): Promise<void> {
  await tx.execute(raw`select pg_advisory_xact_lock(hashtextextended(${runId}, 0))`);
  const next = raw<number>`(select coalesce(max(sequence), 0) + 1 from run_events where run_id = ${runId})`;
  await tx.insert(runEvents).values({ runId, type, data, sequence: next as unknown as number });
}

export async function listEvents(
  sql: Sql,
  runId: string,
  after: number,
  options: { type?: string; limit: number },
): Promise<RunEventRow[]> {
  return sql
    .select()
    .from(runEvents)
    .where(
      and(
        eq(runEvents.runId, runId),
        gt(runEvents.sequence, after),
        options.type === undefined ? undefined : eq(runEvents.type, options.type),
      ),
    )
    .orderBy(asc(runEvents.sequence))
    .limit(options.limit);
}

/** Where a run stands in a list. */
export interface RunPlace {
  readonly createdAt: Date;
  readonly runId: string;
}

/** Undefined filters let everything through. */
export interface RunFilter {
  readonly organizationId: string;
  readonly statuses: readonly string[] | undefined;
  readonly workflowIds: readonly string[] | undefined;
  readonly search: string | undefined;
  readonly errorCode: string | undefined;
  readonly tags: TagFilter | undefined;
  readonly createdFrom: Date | undefined;
  readonly createdBefore: Date | undefined;
  /** With the runs that other runs started. */
  readonly children: boolean;
  /** Only what stands behind it. */
  readonly after: RunPlace | null;
  readonly offset: number;
  readonly limit: number;
}

const {
  output: _output,
  parameters: _parameters,
  browserStateSealed: _state,
  partial: _partial,
  ...listedColumns
} = getTableColumns(runs);

export type ListedRun = Pick<RunRow, keyof typeof listedColumns> & {
  readonly workflowDeleted: boolean;
};

const elements = (list: readonly string[], name: string) =>
  raw`json_array_elements_text(${JSON.stringify(list)}::json) as ${raw.identifier(name)}(key)`;

const containing = (text: string) =>
  `%${text.replace(/[\\%_]/g, (character) => `\\${character}`)}%`;

function conditions(sql: Sql, filter: RunFilter): SQL | undefined {
  const { search, errorCode, createdFrom, createdBefore, after } = filter;
  return and(
    eq(runs.organizationId, filter.organizationId),
    filter.statuses && eq(runs.status, raw`status.key`),
    filter.workflowIds && eq(runs.workflowPermanentId, raw`workflow.key`),
    isNull(runs.debugSessionId),
    filter.children ? undefined : isNull(runs.parentRunId),
    filter.tags &&
      carriesTags(
        sql,
        { kind: 'run', organizationId: filter.organizationId, id: runs.runId },
        filter.tags,
      ),
    createdFrom && gte(runs.createdAt, createdFrom),
    createdBefore && lt(runs.createdAt, createdBefore),
    after === null
      ? undefined
      : raw`(${runs.createdAt}, ${runs.runId}) < (${after.createdAt.toISOString()}::timestamptz, ${after.runId})`,
    errorCode === undefined
      ? undefined
      : raw`(${runs.errors})::jsonb @> ${JSON.stringify([{ error_code: errorCode }])}::jsonb`,
    search === undefined
      ? undefined
      : raw`exists (select 1 from ${runSearches} where ${runSearches.runId} = ${runs.runId} and ${runSearches.text} ilike ${containing(search)})`,
  );
}

/**
 * Runs, newest first. For each status and workflow that is asked for, an index holds its runs in this order: the newest of
 * each are read and merged, so that neither a rare status nor a quiet workflow makes the database look through all runs.
 */
export async function listRuns(sql: Sql, filter: RunFilter): Promise<ListedRun[]> {
  const { statuses, workflowIds, offset, limit } = filter;
  const branches = [
    raw`(select 1) as one`,
    ...(statuses === undefined ? [] : [elements(statuses, 'status')]),
    ...(workflowIds === undefined ? [] : [elements(workflowIds, 'workflow')]),
  ];
  const page = raw`(
    select newest.run_id from ${raw.join(branches, raw` cross join `)} cross join lateral (
      select ${runs.runId} as run_id, ${runs.createdAt} as created_at from ${runs}
       where ${conditions(sql, filter)}
       order by ${runs.createdAt} desc, ${runs.runId} desc limit ${offset + limit}
    ) as newest
    order by newest.created_at desc, newest.run_id desc offset ${offset} limit ${limit}
  ) as page`;
  return sql
    .select({
      ...listedColumns,
      workflowDeleted: raw<boolean>`not exists (select 1 from workflows as kept
        where kept.workflow_permanent_id = ${runs.workflowPermanentId} and kept.deleted_at is null)`,
    })
    .from(page)
    .innerJoin(runs, eq(runs.runId, raw`page.run_id`))
    .orderBy(desc(runs.createdAt), desc(runs.runId));
}
