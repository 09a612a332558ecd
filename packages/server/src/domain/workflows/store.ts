import { and, asc, desc, eq, ilike, inArray, isNull, or, sql as raw, type SQL } from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { idempotencyKeys } from '../../db/tables/runs.ts';
import { workflowSchedules } from '../../db/tables/schedules.ts';
import { folders, workflows } from '../../db/tables/workflows.ts';
import { carriesTags, type TagFilter } from '../tags/service.ts';

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

/** Null: whosever it is. */
type Owner = string | null;

const ownedBy = (organizationId: Owner) =>
  organizationId === null ? undefined : eq(workflows.organizationId, organizationId);

/** The newest version, or the one asked for; deleted workflows are not found. */
export async function findWorkflow(
  sql: Sql,
  organizationId: Owner,
  permanentId: string,
  version?: number,
): Promise<WorkflowRow | undefined> {
  const rows = await sql
    .select()
    .from(workflows)
    .where(
      and(
        eq(workflows.workflowPermanentId, permanentId),
        ownedBy(organizationId),
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
  organizationId: Owner,
  permanentId: string,
): Promise<WorkflowRow[]> {
  return sql
    .select()
    .from(workflows)
    .where(
      and(
        eq(workflows.workflowPermanentId, permanentId),
        ownedBy(organizationId),
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
  readonly folderId: string | undefined;
  readonly savedTasks: boolean | undefined;
  /** Undefined: whether they are or not. */
  readonly templates: true | undefined;
}

/** Which workflows are listed: an organization's, or these, whosever they are. */
type Listed =
  | { readonly organizationId: string; readonly tags: TagFilter | undefined }
  | { readonly permanentIds: readonly string[] };

function among(sql: Sql, listed: Listed): SQL | undefined {
  if ('permanentIds' in listed)
    return inArray(workflows.workflowPermanentId, [...listed.permanentIds]);
  const { organizationId, tags } = listed;
  const subject = { kind: 'workflow', organizationId, id: workflows.workflowPermanentId } as const;
  return and(
    eq(workflows.organizationId, organizationId),
    tags === undefined ? undefined : carriesTags(sql, subject, tags),
  );
}

const escapeLike = (text: string) => text.replace(/[\\%_]/g, (character) => `\\${character}`);

/** Newest version of each workflow, the workflow created last first. */
export async function listWorkflows(
  sql: Sql,
  listed: Listed,
  filter: WorkflowFilter,
): Promise<WorkflowRow[]> {
  const newest = sql
    .selectDistinctOn([workflows.workflowPermanentId])
    .from(workflows)
    .where(
      and(
        among(sql, listed),
        isNull(workflows.deletedAt),
        filter.folderId === undefined ? undefined : eq(workflows.folderId, filter.folderId),
        filter.templates === undefined ? undefined : eq(workflows.isTemplate, filter.templates),
      ),
    )
    .orderBy(workflows.workflowPermanentId, desc(workflows.version))
    .as('newest');
  const pattern = filter.search === undefined ? undefined : `%${escapeLike(filter.search)}%`;
  return sql
    .select()
    .from(newest)
    .where(
      and(
        inArray(newest.status, [...filter.statuses]),
        pattern === undefined
          ? undefined
          : or(
              ilike(newest.title, pattern),
              raw`exists (select 1 from ${folders}
                where ${folders.folderId} = ${newest.folderId} and ${folders.title} ilike ${pattern})`,
              raw`exists (select 1 from json_array_elements(${newest.definition} -> 'parameters') as parameter
                where parameter ->> 'parameter_type' = 'workflow' and (parameter ->> 'key' ilike ${pattern}
                  or parameter ->> 'description' ilike ${pattern} or parameter ->> 'default_value' ilike ${pattern}))`,
            ),
        filter.savedTasks === undefined
          ? undefined
          : raw`coalesce((${newest.settings} ->> 'is_saved_task')::boolean, false) = ${filter.savedTasks}`,
      ),
    )
    .orderBy(desc(newest.createdAt), desc(newest.workflowPermanentId))
    .limit(filter.pageSize)
    .offset((filter.page - 1) * filter.pageSize);
}

/** What is true of a workflow, not of one of its versions. */
export type WorkflowPlace = Pick<WorkflowRow, 'folderId' | 'isTemplate'>;

const living = (organizationId: string, permanentIds: readonly string[]) =>
  and(
    inArray(workflows.workflowPermanentId, [...permanentIds]),
    eq(workflows.organizationId, organizationId),
    isNull(workflows.deletedAt),
  );

/**
 * Keeps others from changing a workflow, by its first version, until the transaction ends. Undefined when it is not there.
 * Whoever locks a folder too locks that before.
 */
export async function lockWorkflow(
  tx: Sql,
  organizationId: string,
  permanentId: string,
): Promise<WorkflowPlace | undefined> {
  const rows = await tx
    .select({ folderId: workflows.folderId, isTemplate: workflows.isTemplate })
    .from(workflows)
    .where(and(living(organizationId, [permanentId]), eq(workflows.version, 1)))
    .for('no key update');
  return rows[0];
}

/** As {@link lockWorkflow}, for all that are in a folder. @returns their permanent ids. */
export async function lockWorkflowsIn(
  tx: Sql,
  organizationId: string,
  folderId: string,
): Promise<string[]> {
  const rows = await tx
    .select({ id: workflows.workflowPermanentId })
    .from(workflows)
    .where(
      and(
        eq(workflows.folderId, folderId),
        eq(workflows.organizationId, organizationId),
        eq(workflows.version, 1),
        isNull(workflows.deletedAt),
      ),
    )
    .orderBy(asc(workflows.workflowPermanentId))
    .for('no key update');
  return rows.map(({ id }) => id);
}

/** Changes every version of locked workflows. */
export async function updateWorkflows(
  tx: Sql,
  organizationId: string,
  permanentIds: readonly string[],
  change: Partial<WorkflowPlace> | { readonly deletedAt: Date },
): Promise<void> {
  if (permanentIds.length === 0) return;
  await tx
    .update(workflows)
    .set({ ...change, modifiedAt: new Date() })
    .where(living(organizationId, permanentIds));
}

/** Deletes the schedules of workflows; their runs go on. */
export async function deleteSchedules(
  tx: Sql,
  organizationId: string,
  permanentIds: readonly string[],
): Promise<void> {
  if (permanentIds.length === 0) return;
  const now = new Date();
  await tx
    .update(workflowSchedules)
    .set({ deletedAt: now, modifiedAt: now })
    .where(
      and(
        eq(workflowSchedules.organizationId, organizationId),
        inArray(workflowSchedules.workflowPermanentId, [...permanentIds]),
        isNull(workflowSchedules.deletedAt),
      ),
    );
}

/** Keeps a folder from being deleted until the transaction ends. False when it is not there. */
export async function holdFolder(
  tx: Sql,
  organizationId: string,
  folderId: string,
): Promise<boolean> {
  const rows = await tx
    .select({ id: folders.folderId })
    .from(folders)
    .where(and(eq(folders.folderId, folderId), eq(folders.organizationId, organizationId)))
    .for('key share');
  return rows.length > 0;
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
