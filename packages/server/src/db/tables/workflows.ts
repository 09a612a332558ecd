import { sql } from 'drizzle-orm';
import { boolean, index, integer, json, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { createdAt, instant, modifiedAt } from './columns.ts';

/** One row for each version of a workflow. */
export const workflows = pgTable(
  'workflows',
  {
    workflowId: text('workflow_id').primaryKey(),
    workflowPermanentId: text('workflow_permanent_id').notNull(),
    organizationId: text('organization_id').notNull(),
    version: integer('version').notNull(),
    title: text('title').notNull(),
    description: text('description'),
    status: text('status').notNull(),
    /** The same on every version, as is `is_template`. */
    folderId: text('folder_id'),
    isTemplate: boolean('is_template').notNull().default(false),
    /** The remaining top-level fields of the wire object, as given. */
    settings: json('settings').notNull().$type<Record<string, unknown>>(),
    /** The expanded `workflow_definition`. */
    definition: json('definition').notNull().$type<Record<string, unknown>>(),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
    deletedAt: instant('deleted_at'),
  },
  (t) => [
    uniqueIndex('workflows_version').on(t.workflowPermanentId, t.version),
    index('workflows_organization').on(t.organizationId, t.createdAt),
    index('workflows_folder')
      .on(t.folderId)
      .where(sql`version = 1 and folder_id is not null and deleted_at is null`),
  ],
);

/** Folders of workflows. */
export const folders = pgTable(
  'folders',
  {
    folderId: text('folder_id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    title: text('title').notNull(),
    description: text('description'),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
  },
  (t) => [index('folders_organization').on(t.organizationId, t.modifiedAt)],
);
