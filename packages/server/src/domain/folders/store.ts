import { and, count, desc, eq, ilike, inArray, isNull, or } from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { folders, workflows } from '../../db/tables/workflows.ts';

export type FolderRow = typeof folders.$inferSelect;

export async function insertFolder(sql: Sql, row: typeof folders.$inferInsert): Promise<FolderRow> {
  const [inserted] = await sql.insert(folders).values(row).returning();
  if (inserted === undefined) throw new Error('The database returned no row for a new folder');
  return inserted;
}

const one = (organizationId: string, folderId: string) =>
  and(eq(folders.folderId, folderId), eq(folders.organizationId, organizationId));

export async function findFolder(
  sql: Sql,
  organizationId: string,
  folderId: string,
): Promise<FolderRow | undefined> {
  return (await sql.select().from(folders).where(one(organizationId, folderId)))[0];
}

/** Nothing comes into the folder any more until the transaction ends. False when it is not there. */
export async function lockFolder(
  tx: Sql,
  organizationId: string,
  folderId: string,
): Promise<boolean> {
  const rows = await tx
    .select({ id: folders.folderId })
    .from(folders)
    .where(one(organizationId, folderId))
    .for('update');
  return rows.length > 0;
}

const escapeLike = (text: string) => text.replace(/[\\%_]/g, (character) => `\\${character}`);

/** The one changed last first. */
export async function listFolders(
  sql: Sql,
  organizationId: string,
  query: { page: number; page_size: number; search?: string | undefined },
): Promise<FolderRow[]> {
  const pattern = query.search === undefined ? undefined : `%${escapeLike(query.search)}%`;
  return sql
    .select()
    .from(folders)
    .where(
      and(
        eq(folders.organizationId, organizationId),
        pattern === undefined
          ? undefined
          : or(ilike(folders.title, pattern), ilike(folders.description, pattern)),
      ),
    )
    .orderBy(desc(folders.modifiedAt), desc(folders.folderId))
    .limit(query.page_size)
    .offset((query.page - 1) * query.page_size);
}

/** How many workflows are in each folder; folders without any are left out. */
export async function countWorkflows(
  sql: Sql,
  folderIds: readonly string[],
): Promise<Map<string | null, number>> {
  if (folderIds.length === 0) return new Map();
  const rows = await sql
    .select({ id: workflows.folderId, count: count() })
    .from(workflows)
    .where(
      and(
        inArray(workflows.folderId, [...folderIds]),
        eq(workflows.version, 1),
        isNull(workflows.deletedAt),
      ),
    )
    .groupBy(workflows.folderId);
  return new Map(rows.map((row) => [row.id, row.count]));
}

export async function updateFolder(
  sql: Sql,
  organizationId: string,
  folderId: string,
  change: Partial<Pick<FolderRow, 'title' | 'description'>>,
): Promise<FolderRow | undefined> {
  const rows = await sql
    .update(folders)
    .set({ ...change, modifiedAt: new Date() })
    .where(one(organizationId, folderId))
    .returning();
  return rows[0];
}

export async function deleteFolder(
  tx: Sql,
  organizationId: string,
  folderId: string,
): Promise<void> {
  await tx.delete(folders).where(one(organizationId, folderId));
}
