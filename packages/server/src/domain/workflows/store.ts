import { and, desc, eq, ilike, inArray, isNull, sql as raw } from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { idempotencyKeys, workflows } from '../../db/tables.ts';

export type WorkflowRow = typeof workflows.$inferSelect;

export async function insertWorkflow(
  sql: Sql,
  row: typeof workflows.$inferInsert,
): Promise<WorkflowRow> {
  const rows = await sql.insert(workflows).values(row).returning();
  const inserted = rows[0];
  if (inserted === undefined)
    throw new Error('The database returned no row for an inserted workflow');
  return inserted;
}

/** The newest version, or the one asked for; deleted workflows are not found. */
export async function findWorkflow(
  sql: Sql,
  organizationId: string,
  permanentId: string,
  version?: number,
): Promise<WorkflowRow | undefined> {
  const rows = await sql
    .select()
    .from(workflows)
    .where(
      and(
        eq(workflows.workflowPermanentId, permanentId),
        eq(workflows.organizationId, organizationId),
        isNull(workflows.deletedAt),
        version === undefined ? undefined : eq(workflows.version, version),
      ),
    )
    .orderBy(desc(workflows.version))
    .limit(1);
  return rows[0];
}

/** One version by its `w_…` id, deleted ones included: what a run was started with. */
export async function findVersion(sql: Sql, workflowId: string): Promise<WorkflowRow | undefined> {
  const rows = await sql.select().from(workflows).where(eq(workflows.workflowId, workflowId));
  return rows[0];
}

export async function listVersions(
  sql: Sql,
  organizationId: string,
  permanentId: string,
): Promise<WorkflowRow[]> {
  return sql
    .select()
    .from(workflows)
    .where(
      and(
        eq(workflows.workflowPermanentId, permanentId),
        eq(workflows.organizationId, organizationId),
        isNull(workflows.deletedAt),
      ),
    )
    .orderBy(desc(workflows.version));
}

export interface WorkflowFilter {
  readonly page: number;
  readonly pageSize: number;
  readonly statuses: readonly string[];
  readonly search: string | undefined;
  readonly savedTasks: boolean | undefined;
}

const escapeLike = (text: string) => text.replace(/[\\%_]/g, (character) => `\\${character}`);

/** Newest version of each workflow, the workflow created last first. */
export async function listWorkflows(
  sql: Sql,
  organizationId: string,
  filter: WorkflowFilter,
): Promise<WorkflowRow[]> {
  const newest = sql
    .selectDistinctOn([workflows.workflowPermanentId])
    .from(workflows)
    .where(and(eq(workflows.organizationId, organizationId), isNull(workflows.deletedAt)))
    .orderBy(workflows.workflowPermanentId, desc(workflows.version))
    .as('newest');
  return sql
    .select()
    .from(newest)
    .where(
      and(
        inArray(newest.status, [...filter.statuses]),
        filter.search === undefined
          ? undefined
          : ilike(newest.title, `%${escapeLike(filter.search)}%`),
        filter.savedTasks === undefined
          ? undefined
          : raw`coalesce((${newest.settings} ->> 'is_saved_task')::boolean, false) = ${filter.savedTasks}`,
      ),
    )
    .orderBy(desc(newest.createdAt), desc(newest.workflowPermanentId))
    .limit(filter.pageSize)
    .offset((filter.page - 1) * filter.pageSize);
}

export async function markDeleted(
  sql: Sql,
  organizationId: string,
  permanentId: string,
): Promise<void> {
  const now = new Date();
  await sql
    .update(workflows)
    .set({ deletedAt: now, modifiedAt: now })
    .where(
      and(
        eq(workflows.workflowPermanentId, permanentId),
        eq(workflows.organizationId, organizationId),
        isNull(workflows.deletedAt),
      ),
    );
}

/** Claims an idempotency key. False when it is taken: then nothing was written. */
export async function claimKey(
  sql: Sql,
  row: typeof idempotencyKeys.$inferInsert,
): Promise<boolean> {
  const rows = await sql.insert(idempotencyKeys).values(row).onConflictDoNothing().returning();
  return rows.length === 1;
}

/** The first version that was created under a key, deleted or not. */
export async function findByKey(
  sql: Sql,
  organizationId: string,
  key: string,
): Promise<WorkflowRow | undefined> {
  const rows = await sql
    .select({ workflow: workflows })
    .from(idempotencyKeys)
    .innerJoin(workflows, eq(workflows.workflowId, idempotencyKeys.resourceId))
    .where(
      and(
        eq(idempotencyKeys.organizationId, organizationId),
        eq(idempotencyKeys.scope, 'workflow'),
        eq(idempotencyKeys.key, key),
      ),
    );
  return rows[0]?.workflow;
}
