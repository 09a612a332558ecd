import { z } from 'zod';
import { boundedCount, Page, QueryBoolean } from '../fields.ts';
import { Folder, FolderCreate, FolderDeleted, FolderUpdate, WorkflowFolder } from '../folders.ts';
import { agent, agentTwins, json, legacyTwin, type Route, reference } from '../route.ts';
import { Workflow } from '../workflows.ts';

const folders = '/v1/folders';
const folder = `${folders}/{folder_id}`;

/** Folders of workflows (reference: api.md §18). */
export const folderRoutes = {
  createFolder: {
    ...reference,
    method: 'POST',
    path: folders,
    twins: legacyTwin('POST', folders),
    tag: 'Folders',
    summary: 'Create a folder',
    body: FolderCreate,
    answer: json(Folder),
    errors: ['validation_failed'],
  },
  listFolders: {
    ...reference,
    method: 'GET',
    path: folders,
    twins: legacyTwin('GET', folders),
    tag: 'Folders',
    summary: 'List folders, the one changed last first',
    query: z.object({
      page: Page,
      page_size: boundedCount(500).default(100),
      search: z.string().optional().meta({ description: 'In title and description' }),
    }),
    answer: json(z.array(Folder)),
    errors: ['validation_failed'],
  },
  getFolder: {
    ...reference,
    method: 'GET',
    path: folder,
    twins: legacyTwin('GET', folder),
    tag: 'Folders',
    summary: 'Read a folder',
    answer: json(Folder),
    errors: ['not_found'],
  },
  updateFolder: {
    ...reference,
    method: 'PUT',
    path: folder,
    twins: legacyTwin('PUT', folder),
    tag: 'Folders',
    summary: 'Change title or description of a folder',
    body: FolderUpdate,
    answer: json(Folder),
    errors: ['not_found', 'validation_failed'],
  },
  deleteFolder: {
    ...reference,
    method: 'DELETE',
    path: folder,
    twins: legacyTwin('DELETE', folder),
    tag: 'Folders',
    summary: 'Delete a folder; its workflows are moved out, or deleted too when asked for',
    query: z.object({ delete_workflows: QueryBoolean.default(false) }),
    answer: json(FolderDeleted),
    errors: ['not_found', 'validation_failed'],
  },
  moveWorkflow: {
    ...reference,
    method: 'PUT',
    path: `${agent}/folder`,
    twins: agentTwins('PUT', `${agent}/folder`, true),
    tag: 'Folders',
    summary: 'Move a workflow into a folder, or out of its folder',
    body: WorkflowFolder,
    answer: json(Workflow),
    errors: ['not_found', 'invalid_parameters', 'validation_failed'],
  },
} as const satisfies Record<string, Route>;
