import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { artifacts } from '../../db/tables/files.ts';

export type ArtifactRow = typeof artifacts.$inferSelect;

/** A row that is there already was written by this very call, whose answer was lost. */
export async function insertArtifact(
  sql: Sql,
  row: typeof artifacts.$inferInsert,
): Promise<ArtifactRow> {
  const rows = await sql
    .insert(artifacts)
    .values(row)
    .onConflictDoUpdate({ target: artifacts.artifactId, set: { artifactId: row.artifactId } })
    .returning();
  const inserted = rows[0];
  if (inserted === undefined)
    throw new Error('The database returned no row for an inserted artifact');
  return inserted;
}

export async function findArtifact(sql: Sql, artifactId: string): Promise<ArtifactRow | undefined> {
  const rows = await sql.select().from(artifacts).where(eq(artifacts.artifactId, artifactId));
  return rows[0];
}

export async function findArtifacts(
  sql: Sql,
  artifactIds: readonly string[],
): Promise<ArtifactRow[]> {
  return sql
    .select()
    .from(artifacts)
    .where(inArray(artifacts.artifactId, [...artifactIds]));
}

/** The artifacts of a run, oldest first; of some types only when they are named. */
export async function listArtifacts(
  sql: Sql,
  runId: string,
  types: readonly string[] | undefined,
): Promise<ArtifactRow[]> {
  const ofRun = eq(artifacts.runId, runId);
  return sql
    .select()
    .from(artifacts)
    .where(types === undefined ? ofRun : and(ofRun, inArray(artifacts.artifactType, [...types])))
    .orderBy(asc(artifacts.position));
}

/** The artifacts of one block row, oldest first; of some types only when they are named. */
export async function listBlockArtifacts(
  sql: Sql,
  block: { readonly organizationId: string; readonly blockId: string },
  types: readonly string[] | undefined,
): Promise<ArtifactRow[]> {
  return sql
    .select()
    .from(artifacts)
    .where(
      and(
        eq(artifacts.blockId, block.blockId),
        eq(artifacts.organizationId, block.organizationId),
        types && inArray(artifacts.artifactType, [...types]),
      ),
    )
    .orderBy(asc(artifacts.position));
}

/** What tells of the artifact goes with it. */
export async function deleteArtifact(sql: Sql, artifactId: string): Promise<void> {
  await sql.delete(artifacts).where(eq(artifacts.artifactId, artifactId));
}
