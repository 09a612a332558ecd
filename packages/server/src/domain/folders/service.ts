import type { Folder, FolderCreate, FolderDeleted, FolderUpdate } from '@lapwing/protocol';
import type { Database } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import { newId } from '../../lib/ids.ts';
import { wireTime } from '../../lib/time.ts';
import type { WorkflowsService } from '../workflows/service.ts';
import * as store from './store.ts';

export interface FolderQuery {
  readonly page: number;
  readonly page_size: number;
  readonly search?: string | undefined;
}

const missing = (folderId: string) => new LapwingError('not_found', `Folder ${folderId} not found`);

const folderView = (row: store.FolderRow, workflowCount: number): Folder => ({
  folder_id: row.folderId,
  organization_id: row.organizationId,
  title: row.title,
  description: row.description,
  workflow_count: workflowCount,
  created_at: wireTime(row.createdAt),
  modified_at: wireTime(row.modifiedAt),
});

/** Folders of workflows. */
export class FoldersService {
  readonly #database: Database;
  readonly #workflows: WorkflowsService;

  constructor(database: Database, workflows: WorkflowsService) {
    this.#database = database;
    this.#workflows = workflows;
  }

  async create(organizationId: string, request: FolderCreate): Promise<Folder> {
    const row = await store.insertFolder(this.#database.sql, {
      folderId: newId('fld'),
      organizationId,
      title: request.title,
      description: request.description ?? null,
    });
    return folderView(row, 0);
  }

  /** The one changed last first. */
  async list(organizationId: string, query: FolderQuery): Promise<Folder[]> {
    const { sql } = this.#database;
    const rows = await store.listFolders(sql, organizationId, query);
    const counts = await store.countWorkflows(
      sql,
      rows.map(({ folderId }) => folderId),
    );
    return rows.map((row) => folderView(row, counts.get(row.folderId) ?? 0));
  }

  /** @throws LapwingError `not_found` */
  async get(organizationId: string, folderId: string): Promise<Folder> {
    return this.#view(
      folderId,
      await store.findFolder(this.#database.sql, organizationId, folderId),
    );
  }

  /** What is left out stays. @throws LapwingError `not_found` */
  async update(organizationId: string, folderId: string, request: FolderUpdate): Promise<Folder> {
    const row = await store.updateFolder(this.#database.sql, organizationId, folderId, {
      ...(request.title != null && { title: request.title }),
      ...(request.description !== undefined && { description: request.description }),
    });
    return this.#view(folderId, row);
  }

  /** Deletes a folder; its workflows are moved out, or deleted with it. @throws LapwingError `not_found` */
  async delete(
    organizationId: string,
    folderId: string,
    deleteWorkflows: boolean,
  ): Promise<FolderDeleted> {
    return this.#database.transaction(async (tx) => {
      if (!(await store.lockFolder(tx, organizationId, folderId))) throw missing(folderId);
      const workflowsDeleted = await this.#workflows.emptyFolder(
        tx,
        { organizationId, folderId },
        deleteWorkflows ? 'deleted' : 'moved out',
      );
      await store.deleteFolder(tx, organizationId, folderId);
      return { status: 'deleted', folder_id: folderId, workflows_deleted: workflowsDeleted };
    });
  }

  async #view(folderId: string, row: store.FolderRow | undefined): Promise<Folder> {
    if (row === undefined) throw missing(folderId);
    const counts = await store.countWorkflows(this.#database.sql, [folderId]);
    return folderView(row, counts.get(folderId) ?? 0);
  }
}
