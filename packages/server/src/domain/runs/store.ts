import type { RunStatus } from '@lapwing/protocol';
import {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  gt,
  inArray,
  lt,
  sql as raw,
} from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import {
  idempotencyKeys,
  type RunBrowserPlace,
  runBlocks,
  runBrowsers,
  runEvents,
  runSearches,
  runs,
} from '../../db/tables/runs.ts';
import { queueIsLow } from '../admission/service.ts';

export type RunRow = typeof runs.$inferSelect;
export type RunBlockRow = typeof runBlocks.$inferSelect;
export type RunEventRow = typeof runEvents.$inferSelect;
export type IdempotencyRow = typeof idempotencyKeys.$inferSelect;

/** Statuses from which a run can still end. */
const openStatuses: readonly RunStatus[] = ['created', 'queued', 'running', 'paused'];

const isOpen = (runId: string) =>
  and(eq(runs.runId, runId), inArray(runs.status, [...openStatuses]));

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

export async function findStatus(sql: Sql, runId: string): Promise<string | undefined> {
  const rows = await sql.select({ status: runs.status }).from(runs).where(eq(runs.runId, runId));
  return rows[0]?.status;
}

/** A run that nobody else changes before the transaction is over. */
export async function lockRun(tx: Sql, runId: string): Promise<RunRow | undefined> {
  // Not "for update": rows that refer to the run may be written meanwhile.
  const rows = await tx.select().from(runs).where(eq(runs.runId, runId)).for('no key update');
  return rows[0];
}

/** Which life of a run is meant. */
export interface RunLifeRef {
  readonly runId: string;
  /** Number of the life; null: whichever it is in. */
  readonly attempt: number | null;
}

const isLife = ({ runId, attempt }: RunLifeRef) =>
  and(eq(runs.runId, runId), attempt === null ? undefined : eq(runs.attempts, attempt));

/** Changes a run that has not ended; undefined when it has, or is in another life: whoever ends a run first decides. */
export async function updateOpenRun(
  sql: Sql,
  run: RunLifeRef,
  change: Partial<typeof runs.$inferInsert>,
): Promise<(RunRow & { readonly queueIsLow: boolean }) | undefined> {
  const rows = await sql
    .update(runs)
    .set({ ...change, modifiedAt: new Date() })
    .where(and(isLife(run), inArray(runs.status, [...openStatuses])))
    .returning({ ...getTableColumns(runs), queueIsLow });
  return rows[0];
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

/** Whether a run is in this life, and comes into no other before the transaction is over. */
export async function holdLife(tx: Sql, run: RunLifeRef): Promise<boolean> {
  const rows = await tx.select({ runId: runs.runId }).from(runs).where(isLife(run)).for('share');
  return rows.length === 1;
}

/** How many runs have not ended, by status; every status is there. */
export async function countOpenRuns(sql: Sql): Promise<ReadonlyMap<string, number>> {
  const rows = await sql
    .select({ status: runs.status, count: count() })
    .from(runs)
    .where(inArray(runs.status, [...openStatuses]))
    .groupBy(runs.status);
  const none = openStatuses.map((status): [string, number] => [status, 0]);
  return new Map([...none, ...rows.map((row): [string, number] => [row.status, row.count])]);
}

/** How these runs stand: a text that changes with whatever their readers may want to know. */
export async function listStandings(
  sql: Sql,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const last = raw`(select max(sequence) from ${runEvents} where run_events.run_id = ${runs.runId})`;
  const rows = await sql
    .select({
      runId: runs.runId,
      standing: raw<string>`concat_ws('/', ${runs.status}, ${runs.stepCount}, ${last})`,
    })
    .from(runs)
    .where(inArray(runs.runId, [...runIds]));
  return new Map(rows.map(({ runId, standing }) => [runId, standing]));
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

/** Ids of runs with the id of the run whose block has started each; runs that nobody started are left out. */
export async function listParents(
  sql: Sql,
  runIds: readonly string[],
): Promise<{ readonly runId: string; readonly parentRunId: string }[]> {
  const rows = await sql
    .select({ runId: runs.runId, parentRunId: runs.parentRunId })
    .from(runs)
    .where(inArray(runs.runId, [...runIds]));
  return rows.flatMap(({ runId, parentRunId }) =>
    parentRunId === null ? [] : [{ runId, parentRunId }],
  );
}

/** Changes what may change after the end: what was found while the run was wound up, and its webhook's fate. */
export async function updateRun(
  sql: Sql,
  runId: string,
  change: Pick<
    Partial<typeof runs.$inferInsert>,
    'output' | 'errors' | 'stepCount' | 'webhookFailureReason' | 'admission' | 'attempts'
  >,
): Promise<void> {
  await sql
    .update(runs)
    .set({ ...change, modifiedAt: new Date() })
    .where(eq(runs.runId, runId));
}

/** A worker takes the run up: one that is paused stays so. Undefined when it has ended. */
export async function markRunning(
  sql: Sql,
  runId: string,
): Promise<(RunRow & { readonly before: string; readonly queueIsLow: boolean }) | undefined> {
  const before = raw<string>`(select before.status from runs as before where before.run_id = runs.run_id)`;
  const rows = await sql
    .update(runs)
    .set({
      status: unlessPaused('running'),
      startedAt: raw`coalesce(${runs.startedAt}, now())`,
      attempts: raw`${runs.attempts} + 1`,
      admission: 'taken',
      modifiedAt: new Date(),
    })
    .where(isOpen(runId))
    .returning({ ...getTableColumns(runs), before, queueIsLow });
  return rows[0];
}

/** A run goes back to the queue: one that is paused stays so. Undefined when it has ended, or is in another life. */
export async function markQueued(sql: Sql, run: RunLifeRef): Promise<RunRow | undefined> {
  return updateOpenRun(sql, run, { status: unlessPaused('queued') });
}

type BrowserFacts = Pick<typeof runBrowsers.$inferSelect, 'place' | 'stateSealed'>;

export async function findBrowser(sql: Sql, runId: string): Promise<BrowserFacts | undefined> {
  const rows = await sql.select().from(runBrowsers).where(eq(runBrowsers.runId, runId));
  return rows[0];
}

/** Keeps what is given of a run's browser; the rest stays. */
export async function saveBrowser(
  sql: Sql,
  runId: string,
  facts: Partial<BrowserFacts>,
): Promise<void> {
  const row = { ...facts, modifiedAt: new Date() };
  await sql
    .insert(runBrowsers)
    .values({ runId, ...row })
    .onConflictDoUpdate({ target: runBrowsers.runId, set: row });
}

export async function deleteBrowser(sql: Sql, runId: string): Promise<void> {
  await sql.delete(runBrowsers).where(eq(runBrowsers.runId, runId));
}

/** Those of these runs that have not ended, with the places of their browsers. */
export async function listOpenPlaces(
  sql: Sql,
  runIds: readonly string[],
): Promise<{ readonly runId: string; readonly place: RunBrowserPlace | null }[]> {
  return sql
    .select({ runId: runs.runId, place: runBrowsers.place })
    .from(runs)
    .leftJoin(runBrowsers, eq(runBrowsers.runId, runs.runId))
    .where(and(inArray(runs.runId, [...runIds]), inArray(runs.status, [...openStatuses])));
}

export async function listEndedBefore(
  sql: Sql,
  runIds: readonly string[],
  instant: Date,
): Promise<string[]> {
  const rows = await sql
    .select({ runId: runs.runId })
    .from(runs)
    .where(and(inArray(runs.runId, [...runIds]), lt(runs.finishedAt, instant)));
  return rows.map(({ runId }) => runId);
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

/** False when the row is there already: the transaction that wrote it was committed, though nobody was told. */
export async function insertBlock(sql: Sql, row: typeof runBlocks.$inferInsert): Promise<boolean> {
  const rows = await sql
    .insert(runBlocks)
    .values(row)
    .onConflictDoNothing({ target: runBlocks.blockId })
    .returning({ blockId: runBlocks.blockId });
  return rows.length > 0;
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

/** Ends a block. False when it has ended: by this very change, if the answer to it was lost. */
export async function finishBlock(
  sql: Sql,
  blockId: string,
  change: Partial<typeof runBlocks.$inferInsert>,
): Promise<boolean> {
  const rows = await sql
    .update(runBlocks)
    .set({ ...change, modifiedAt: new Date() })
    .where(and(eq(runBlocks.blockId, blockId), eq(runBlocks.status, 'running')))
    .returning({ blockId: runBlocks.blockId });
  return rows.length > 0;
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

/** A run gets no other event before the transaction is over: their numbers have no gaps, and no reader misses one. */
export function lockEvents(tx: Sql, runId: string): PromiseLike<unknown> {
  return tx.execute(raw`select pg_advisory_xact_lock(hashtextextended(${runId}, 2))`);
}

/** Appends an event to a run whose events are locked, and sends `message` on the channel at the commit. */
export function insertEvent(
  tx: Sql,
  event: { readonly runId: string; readonly type: string; readonly data: Record<string, unknown> },
  news: { readonly channel: string; readonly message: string },
): PromiseLike<unknown> {
  const next = raw<number>`(select coalesce(max(sequence), 0) + 1 from run_events where run_id = ${event.runId})`;
  return tx
    .insert(runEvents)
    .values({ ...event, sequence: next as unknown as number })
    .returning({ told: raw`pg_notify(${news.channel}, ${news.message})` });
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
