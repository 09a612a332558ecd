import { z } from 'zod';
import { WireTime } from './fields.ts';

const title = z.string().min(1).max(255);

/** Body of POST /v1/folders. */
export const FolderCreate = z
  .object({ title, description: z.string().nullish() })
  .meta({ id: 'FolderCreate' });
export type FolderCreate = z.infer<typeof FolderCreate>;

/** Body of PUT /v1/folders/{folder_id}: what is left out stays; a title of null stays too. */
export const FolderUpdate = z
  .object({ title: title.nullish(), description: z.string().nullish() })
  .meta({ id: 'FolderUpdate' });
export type FolderUpdate = z.infer<typeof FolderUpdate>;

/** A folder of workflows (reference: api.md §18). */
export const Folder = z
  .object({
    folder_id: z.string().meta({ description: '`fld_…`' }),
    organization_id: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    workflow_count: z.number().int(),
    created_at: WireTime,
    modified_at: WireTime,
  })
  .meta({ id: 'Folder' });
export type Folder = z.infer<typeof Folder>;

/** What became of a deleted folder. */
export const FolderDeleted = z
  .object({
    status: z.literal('deleted'),
    folder_id: z.string(),
    workflows_deleted: z
      .number()
      .int()
      .meta({ description: '0 unless delete_workflows was true: then they were moved out' }),
  })
  .meta({ id: 'FolderDeleted' });
export type FolderDeleted = z.infer<typeof FolderDeleted>;

/** Body of PUT /v1/agents/{workflow_permanent_id}/folder: null moves the workflow out of its folder. */
export const WorkflowFolder = z.object({ folder_id: z.string().nullish() });
