import { bigint, bigserial, index, pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, instant, modifiedAt } from './columns.ts';

export const artifacts = pgTable(
  'artifacts',
  {
    artifactId: text('artifact_id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    /** Null for a file that was uploaded. */
    runId: text('run_id'),
    blockId: text('workflow_run_block_id'),
    position: bigserial('position', { mode: 'number' }).notNull(),
    artifactType: text('artifact_type').notNull(),
    storageKey: text('storage_key').notNull(),
    filename: text('filename').notNull(),
    contentType: text('content_type').notNull(),
    checksum: text('checksum').notNull(),
    fileSize: bigint('file_size', { mode: 'number' }).notNull(),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
  },
  (t) => [
    index('artifacts_run').on(t.runId, t.artifactType, t.position),
    index('artifacts_block').on(t.blockId, t.position),
  ],
);

/** Files that users sent; their bytes are artifacts without a run. */
export const uploadedFiles = pgTable(
  'uploaded_files',
  {
    fileId: text('file_id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    artifactId: text('artifact_id')
      .notNull()
      .references(() => artifacts.artifactId, { onDelete: 'cascade' }),
    /** Null: it stays until it is deleted. */
    expiresAt: instant('expires_at'),
    createdAt: createdAt(),
  },
  (t) => [index('uploaded_files_expiry').on(t.expiresAt)],
);
