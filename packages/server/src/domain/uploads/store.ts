import { and, eq, lte } from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { uploadedFiles } from '../../db/tables/files.ts';

export type UploadRow = typeof uploadedFiles.$inferSelect;

export async function insertUpload(
  sql: Sql,
  row: typeof uploadedFiles.$inferInsert,
): Promise<void> {
  await sql.insert(uploadedFiles).values(row);
}

export async function findUpload(
  sql: Sql,
  organizationId: string,
  fileId: string,
): Promise<UploadRow | undefined> {
  const rows = await sql
    .select()
    .from(uploadedFiles)
    .where(and(eq(uploadedFiles.fileId, fileId), eq(uploadedFiles.organizationId, organizationId)));
  return rows[0];
}

/** Files whose time is over, those that have waited longest first. */
export async function listExpired(sql: Sql, now: Date, limit: number): Promise<UploadRow[]> {
  return sql
    .select()
    .from(uploadedFiles)
    .where(lte(uploadedFiles.expiresAt, now))
    .orderBy(uploadedFiles.expiresAt)
    .limit(limit);
}
