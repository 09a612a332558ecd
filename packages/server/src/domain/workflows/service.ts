import { createHash } from 'node:crypto';
import type { Workflow, WorkflowBody, WorkflowStatus } from '@lapwing/protocol';
import type { StoredDefinition, WorkflowRequest } from '@lapwing/workflow';
import { LRUCache } from 'lru-cache';
import type { Database, Sql } from '../../db/database.ts';
import { isUniqueViolation } from '../../db/errors.ts';
import { LapwingError } from '../../errors.ts';
import { newId } from '../../lib/ids.ts';
import type { Seal } from '../../lib/seal.ts';
import { parseTagFilter } from '../tags/service.ts';
import { readDefinition } from './document.ts';
import * as store from './store.ts';
import { versionRow } from './version-row.ts';
import { workflowView } from './view.ts';

/** Refuses an address that nothing may be sent to. @throws LapwingError `invalid_url`, `blocked_host` */
export type UrlCheck = (url: string) => Promise<unknown>;

/** A version of a workflow, ready to run. */
export interface WorkflowVersion {
  readonly workflowId: string;
  readonly workflowPermanentId: string;
  readonly title: string;
  readonly settings: Partial<Workflow>;
  readonly definition: StoredDefinition;
}

export interface WorkflowQuery {
  readonly page: number;
  readonly page_size: number;
  readonly search_key?: string | undefined;
  readonly title?: string | undefined;
  readonly folder_id?: string | undefined;
  readonly status?: readonly WorkflowStatus[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly only_saved_tasks?: boolean | undefined;
  readonly only_workflows?: boolean | undefined;
  readonly only_templates?: boolean | undefined;
  readonly template?: boolean | undefined;
}

/** Characters of all definitions that are kept at hand. */
const maxCachedLength = 32 * 2 ** 20;

const missing = (permanentId: string) =>
  new LapwingError('not_found', `Workflow ${permanentId} not found`);

const excludeEachOther = (one: string, other: string) =>
  new LapwingError('invalid_state', `${one} and ${other} exclude each other: send one of them`);

function versionOf(row: store.WorkflowRow): WorkflowVersion {
  return {
    workflowId: row.workflowId,
    workflowPermanentId: row.workflowPermanentId,
    title: row.title,
    settings: row.settings as Partial<Workflow>,
    definition: row.definition as unknown as StoredDefinition,
  };
}

/** Which workflow of an organization is meant; with `template` the one that the server offers to everybody. */
interface WorkflowChoice {
  readonly version?: number | undefined;
  readonly template?: boolean | undefined;
}

/** Workflows and their versions. */
export class WorkflowsService {
  readonly #database: Database;
  readonly #seal: Seal;
  readonly #checkUrl: UrlCheck;
  readonly #templates: readonly string[];
  /** Versions that were read lately: a version never changes. */
  readonly #versions = new LRUCache<string, WorkflowVersion>({
    max: 1_000,
    maxSize: maxCachedLength,
    sizeCalculation: ({ definition }) => JSON.stringify(definition).length,
  });

  /** @param options.templates The workflows (`wpid_…`) that every organization may read and run as templates. */
  constructor(options: {
    readonly database: Database;
    readonly seal: Seal;
    readonly checkUrl: UrlCheck;
    readonly templates: readonly string[];
  }) {
    this.#database = options.database;
    this.#seal = options.seal;
    this.#checkUrl = options.checkUrl;
    this.#templates = options.templates;
  }

  /**
   * Stores a new workflow.
   * @param options.idempotencyKey The same key again answers with the workflow that it created first, whatever the
   *   body says.
   * @param options.folderId Where it goes; wins over the definition's `folder_id`.
   * @throws LapwingError `invalid_definition`, `invalid_parameters`, `invalid_url`, `blocked_host`.
   */
  async create(
    organizationId: string,
    body: WorkflowBody,
    options: {
      readonly idempotencyKey?: string | undefined;
      readonly folderId?: string | undefined;
    } = {},
  ): Promise<Workflow> {
    const { idempotencyKey } = options;
    const request = readDefinition(body);
    const folderId = options.folderId ?? request.folder_id;
    await this.#checkUrls(request);
    const permanentId =
      idempotencyKey === undefined ? newId('wpid') : keyedId(organizationId, idempotencyKey);
    const row = await this.#database.transaction(async (tx) => {
      const workflowId = newId('w');
      if (idempotencyKey !== undefined) {
        const claim = {
          organizationId,
          scope: 'workflow',
          key: idempotencyKey,
          requestHash: '',
          resourceId: workflowId,
        };
        if (!(await store.claimKey(tx, claim)))
          return store.findByKey(tx, organizationId, idempotencyKey);
      }
      await holdFolder(tx, organizationId, folderId);
      const save = {
        organizationId,
        permanentId,
        workflowId,
        version: 1,
        request,
        before: null,
        place: { folderId, isTemplate: false },
      };
      return store.insertWorkflow(tx, versionRow(save, this.#seal));
    });
    if (row === undefined)
      throw new LapwingError(
        'conflict',
        `A create under this Idempotency-Key is still in progress`,
      );
    return workflowView(row);
  }

  /** Stores the next version. @throws LapwingError as create, `not_found`, `conflict` when another save won. */
  async update(organizationId: string, permanentId: string, body: WorkflowBody): Promise<Workflow> {
    const before = await this.#find(organizationId, permanentId);
    const request = readDefinition(body);
    await this.#checkUrls(request);
    const insertion = {
      organizationId,
      permanentId,
      workflowId: newId('w'),
      version: before.version + 1,
      request,
      before,
    };
    try {
      const row = await this.#changing(organizationId, permanentId, (tx, place) =>
        store.insertWorkflow(tx, versionRow({ ...insertion, place }, this.#seal)),
      );
      return workflowView(row);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new LapwingError(
        'conflict',
        `Concurrent update detected: ${permanentId} was saved by somebody else, read it again`,
        {
          cause: error,
        },
      );
    }
  }

  /** @throws LapwingError `not_found` */
  async get(
    organizationId: string,
    permanentId: string,
    choice: WorkflowChoice = {},
  ): Promise<Workflow> {
    const owner = this.#owner(organizationId, permanentId, choice);
    return workflowView(await this.#find(owner, permanentId, choice.version));
  }

  /** Newest first. @throws LapwingError `not_found` */
  async versions(
    organizationId: string,
    permanentId: string,
    choice: Pick<WorkflowChoice, 'template'> = {},
  ): Promise<Workflow[]> {
    const owner = this.#owner(organizationId, permanentId, choice);
    const rows = await store.listVersions(this.#database.sql, owner, permanentId);
    if (rows.length === 0) throw missing(permanentId);
    return rows.map(workflowView);
  }

  async list(organizationId: string, query: WorkflowQuery): Promise<Workflow[]> {
    if (query.only_saved_tasks === true && query.only_workflows === true)
      throw excludeEachOther('only_saved_tasks', 'only_workflows');
    if (query.template === true && query.tags !== undefined)
      throw excludeEachOther('template', 'tags');
    const tags = query.tags === undefined ? undefined : parseTagFilter(query.tags);
    const listed =
      query.template === true ? { permanentIds: this.#templates } : { organizationId, tags };
    const rows = await store.listWorkflows(this.#database.sql, listed, {
      page: query.page,
      pageSize: query.page_size,
      statuses: query.status ?? ['published', 'draft'],
      search: query.search_key ?? query.title,
      folderId: query.folder_id,
      templates: query.only_templates === true ? true : undefined,
      savedTasks:
        query.only_saved_tasks === true ? true : query.only_workflows === true ? false : undefined,
    });
    return rows.map(workflowView);
  }

  async delete(organizationId: string, permanentId: string): Promise<void> {
    await this.#database.transaction(async (tx) => {
      const place = await store.lockWorkflow(tx, organizationId, permanentId);
      if (place !== undefined) await markDeleted(tx, organizationId, [permanentId]);
    });
  }

  /**
   * Moves a workflow into a folder, or out of the one it is in.
   * @throws LapwingError `not_found`, `invalid_parameters` when there is no such folder.
   */
  async move(
    organizationId: string,
    permanentId: string,
    folderId: string | null,
  ): Promise<Workflow> {
    // First, because it is a 404 whatever the folder is.
    await this.#find(organizationId, permanentId);
    await this.#database.transaction(async (tx) => {
      await holdFolder(tx, organizationId, folderId);
      const place = await store.lockWorkflow(tx, organizationId, permanentId);
      if (place === undefined) throw missing(permanentId);
      await store.updateWorkflows(tx, organizationId, [permanentId], { folderId });
    });
    return this.get(organizationId, permanentId);
  }

  /** Says whether a workflow is a template of its organization. @throws LapwingError `not_found` */
  async markTemplate(
    organizationId: string,
    permanentId: string,
    isTemplate: boolean,
  ): Promise<Workflow> {
    await this.#changing(organizationId, permanentId, (tx) =>
      store.updateWorkflows(tx, organizationId, [permanentId], { isTemplate }),
    );
    return this.get(organizationId, permanentId);
  }

  /** Empties a folder that the caller has locked. @returns how many workflows were deleted. */
  async emptyFolder(
    tx: Sql,
    folder: { readonly organizationId: string; readonly folderId: string },
    becomes: 'moved out' | 'deleted',
  ): Promise<number> {
    const { organizationId, folderId } = folder;
    const ids = await store.lockWorkflowsIn(tx, organizationId, folderId);
    await store.updateWorkflows(tx, organizationId, ids, { folderId: null });
    if (becomes === 'moved out') return 0;
    await markDeleted(tx, organizationId, ids);
    return ids.length;
  }

  /** All that the server offers as templates. */
  async templates(): Promise<Workflow[]> {
    return this.list('', { page: 1, page_size: this.#templates.length + 1, template: true });
  }

  /** The newest version, to be run. @throws LapwingError `not_found` */
  async newest(organizationId: string, permanentId: string): Promise<WorkflowVersion> {
    return versionOf(await this.#find(organizationId, permanentId));
  }

  /**
   * The version that is meant, to be run.
   * @throws LapwingError `not_found`, `invalid_state` for a template that is none.
   */
  async chosen(
    organizationId: string,
    permanentId: string,
    choice: WorkflowChoice,
  ): Promise<WorkflowVersion> {
    if (choice.template === true && !this.#templates.includes(permanentId)) {
      throw new LapwingError(
        'invalid_state',
        `Workflow ${permanentId} is no template of this server: run it without template=true`,
      );
    }
    const owner = this.#owner(organizationId, permanentId, choice);
    return versionOf(await this.#find(owner, permanentId, choice.version));
  }

  /** @throws LapwingError `not_found` for a workflow that was deleted, or that is a template no more. */
  async assertThere(organizationId: string, permanentId: string): Promise<void> {
    const template = this.#templates.includes(permanentId);
    await this.#find(template ? null : organizationId, permanentId);
  }

  /** One version as the API shows it, by its `w_…`; there even after the workflow was deleted. */
  async versionView(workflowId: string): Promise<Workflow> {
    const row = await store.findVersion(this.#database.sql, workflowId);
    if (row === undefined) throw missing(workflowId);
    return workflowView(row);
  }

  /** The version that a run was started with; there even after the workflow was deleted. */
  async version(workflowId: string): Promise<WorkflowVersion> {
    const known = this.#versions.get(workflowId);
    if (known !== undefined) return known;
    const row = await store.findVersion(this.#database.sql, workflowId);
    if (row === undefined) throw missing(workflowId);
    const version = versionOf(row);
    this.#versions.set(workflowId, version);
    return version;
  }

  /** The opened values of a version's `cdp_connect_headers`. */
  cdpHeaders(version: WorkflowVersion): Record<string, string> | null {
    const sealed = version.settings.cdp_connect_headers ?? null;
    if (sealed === null) return null;
    return Object.fromEntries(
      Object.entries(sealed).map(([name, value]) => [name, this.#seal.open(value)]),
    );
  }

  /** Whose workflow is looked for; null for a template, which may be anybody's. @throws LapwingError `not_found` */
  #owner(
    organizationId: string,
    permanentId: string,
    { template = false }: Pick<WorkflowChoice, 'template'>,
  ): string | null {
    if (!template) return organizationId;
    if (this.#templates.includes(permanentId)) return null;
    throw missing(permanentId);
  }

  async #find(
    organizationId: string | null,
    permanentId: string,
    version?: number,
  ): Promise<store.WorkflowRow> {
    const row = await store.findWorkflow(this.#database.sql, organizationId, permanentId, version);
    if (row === undefined)
      throw missing(version === undefined ? permanentId : `${permanentId} version ${version}`);
    return row;
  }

  /** A transaction in which nobody else changes the workflow. @throws LapwingError `not_found` */
  async #changing<T>(
    organizationId: string,
    permanentId: string,
    change: (tx: Sql, place: store.WorkflowPlace) => Promise<T>,
  ): Promise<T> {
    return this.#database.transaction(async (tx) => {
      const place = await store.lockWorkflow(tx, organizationId, permanentId);
      if (place === undefined) throw missing(permanentId);
      return change(tx, place);
    });
  }

  async #checkUrls(request: WorkflowRequest): Promise<void> {
    for (const url of [request.webhook_callback_url, request.totp_verification_url]) {
      if (url != null && url !== '') await this.#checkUrl(url);
    }
  }
}

async function markDeleted(tx: Sql, organizationId: string, ids: readonly string[]): Promise<void> {
  await store.updateWorkflows(tx, organizationId, ids, { deletedAt: new Date() });
  await store.deleteSchedules(tx, organizationId, ids);
}

/** Keeps the folder that a workflow goes into. @throws LapwingError `invalid_parameters` when it is not there. */
async function holdFolder(tx: Sql, organizationId: string, folderId: string | null): Promise<void> {
  if (folderId === null || (await store.holdFolder(tx, organizationId, folderId))) return;
  throw new LapwingError('invalid_parameters', `Folder ${folderId} not found`);
}

/** The permanent id of a workflow that is created under a key: the same for the same key (api.md §4). */
function keyedId(organizationId: string, key: string): string {
  const digest = createHash('sha256')
    .update(['create_workflow', organizationId, key].join('\0'))
    .digest('hex');
  return `wpid_${digest}`;
}
