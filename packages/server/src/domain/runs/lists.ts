import type {
  RunListItem,
  RunRequestEcho,
  RunStatus,
  TriggerType,
  WorkflowRun,
} from '@lapwing/protocol';
import { LapwingError } from '../../errors.ts';
import { wireTime, wireTimeOrNull } from '../../lib/time.ts';
import { parseTagFilter } from '../tags/service.ts';
import { type ListedRun, listRuns, type RunPlace } from './list-store.ts';
import type { RunParts } from './parts.ts';

/** Rows, newest first, and where the rest goes on; null at the end. */
export interface RunPage<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** What is listed, and which part of it. */
export interface RunListQuery {
  readonly page: number;
  readonly page_size: number;
  readonly cursor?: string | undefined;
  readonly status?: readonly RunStatus[] | undefined;
  readonly search_key?: string | undefined;
  readonly error_code?: string | undefined;
  readonly workflow_permanent_id?: readonly string[] | undefined;
  /** Terms of a tag filter. */
  readonly tags?: readonly string[] | undefined;
  readonly created_at_start?: Date | undefined;
  readonly created_at_end?: Date | undefined;
  /** Runs that other runs started. */
  readonly include_child_runs?: boolean | undefined;
}

/** Rows of one answer, however many were asked for: the cursor leads on. */
const maxPageSize = 1000;
/** With a filter that is dear to page through, the reference serves so many rows; the cursor has no such end. */
const maxFilteredOffset = 1000;

/** Lists of runs. Whatever the filter, newest first. */
export class RunLists {
  readonly #parts: Pick<RunParts, 'database'>;

  constructor(parts: Pick<RunParts, 'database'>) {
    this.#parts = parts;
  }

  /** GET /v1/runs. @throws LapwingError `invalid_parameters` for a page too far behind, or a cursor that is none. */
  async runs(organizationId: string, query: RunListQuery): Promise<RunPage<RunListItem>> {
    const isFiltered = query.search_key !== undefined || query.workflow_permanent_id !== undefined;
    const offset = (query.page - 1) * query.page_size;
    if (isFiltered && query.cursor === undefined && offset >= maxFilteredOffset) {
      throw new LapwingError(
        'invalid_parameters',
        `page ${query.page} of ${query.page_size} rows begins at row ${offset}: with search_key or workflow_permanent_id only the first ${maxFilteredOffset} have pages; go on with the cursor of x-next-cursor`,
      );
    }
    return this.#page(organizationId, query, listItem);
  }

  /** GET /v1/agents/runs and the lists of one workflow. @throws LapwingError `invalid_parameters` */
  async workflowRuns(organizationId: string, query: RunListQuery): Promise<RunPage<WorkflowRun>> {
    return this.#page(organizationId, query, workflowRun);
  }

  async #page<T>(
    organizationId: string,
    query: RunListQuery,
    view: (row: ListedRun) => T,
  ): Promise<RunPage<T>> {
    const size = Math.min(query.page_size, maxPageSize);
    const after = query.cursor === undefined ? null : readCursor(query.cursor);
    const rows = await listRuns(this.#parts.database.sql, {
      organizationId,
      statuses: query.status,
      workflowIds: query.workflow_permanent_id,
      // A text that is all blanks says nothing.
      search: query.search_key?.trim() || undefined,
      errorCode: query.error_code || undefined,
      tags: query.tags === undefined ? undefined : parseTagFilter(query.tags),
      createdFrom: query.created_at_start,
      createdBefore: query.created_at_end,
      children: query.include_child_runs === true,
      after,
      offset: after === null ? (query.page - 1) * size : 0,
      // One more tells whether there are more.
      limit: size + 1,
    });
    const last = rows[size - 1];
    return {
      items: rows.slice(0, size).map(view),
      nextCursor: rows.length > size && last !== undefined ? writeCursor(last) : null,
    };
  }
}

function writeCursor({ createdAt, runId }: RunPlace): string {
  return Buffer.from(`${createdAt.getTime()} ${runId}`).toString('base64url');
}

function readCursor(text: string): RunPlace {
  const match = /^(\d{1,14}) ([\w-]+)$/.exec(Buffer.from(text, 'base64url').toString('utf8'));
  if (match === null) {
    throw new LapwingError(
      'invalid_parameters',
      `cursor ${text} is none: send the value of x-next-cursor as it came`,
    );
  }
  return { createdAt: new Date(Number(match[1])), runId: match[2] ?? '' };
}

function listItem(row: ListedRun): RunListItem {
  return {
    task_run_id: row.runId.replace(/^wr_/, 'tr_'),
    run_id: row.runId,
    task_run_type: 'workflow_run',
    status: row.status,
    title: row.title,
    started_at: wireTimeOrNull(row.startedAt),
    finished_at: wireTimeOrNull(row.finishedAt),
    created_at: wireTime(row.createdAt),
    workflow_permanent_id: row.workflowPermanentId,
    workflow_deleted: row.workflowDeleted,
    script_run: false,
    trigger_type: row.triggerType as TriggerType,
  };
}

function workflowRun(row: ListedRun): WorkflowRun {
  const echo = row.request as RunRequestEcho;
  return {
    workflow_run_id: row.runId,
    workflow_id: row.workflowId,
    workflow_permanent_id: row.workflowPermanentId,
    organization_id: row.organizationId,
    agent_id: row.workflowPermanentId,
    agent_run_id: row.runId,
    browser_session_id: null,
    browser_profile_id: null,
    browser_seed_source: null,
    browser_sink_profile_id: null,
    start_fresh_browser: echo.start_fresh_browser,
    reuse_browser_session: echo.reuse_browser_session,
    debug_session_id: row.debugSessionId,
    status: row.status as RunStatus,
    extra_http_headers: echo.extra_http_headers,
    cdp_connect_headers: echo.cdp_connect_headers,
    proxy_location: echo.proxy_location,
    webhook_callback_url: row.webhookUrl,
    webhook_failure_reason: row.webhookFailureReason,
    totp_verification_url: echo.totp_url,
    totp_identifier: echo.totp_identifier,
    failure_reason: row.failureReason,
    failure_category: null,
    retried_from_workflow_run_id: null,
    fallback_attempt: null,
    parent_workflow_run_id: row.parentRunId,
    workflow_title: row.title,
    max_screenshot_scrolls: echo.max_screenshot_scrolls,
    max_elapsed_time_minutes: echo.max_elapsed_time_minutes,
    browser_address: echo.browser_address,
    run_with: echo.run_with ?? 'agent',
    script_run: null,
    job_id: null,
    depends_on_workflow_run_id: null,
    sequential_key: row.sequentialKey,
    sequential_credential_id: null,
    ai_fallback: echo.ai_fallback,
    code_gen: null,
    trigger_type: row.triggerType as TriggerType,
    workflow_schedule_id: row.workflowScheduleId,
    ignore_inherited_workflow_system_prompt: false,
    copilot_session_id: null,
    credits_used: 0,
    cached_credits_used: 0,
    queued_at: wireTimeOrNull(row.queuedAt),
    started_at: wireTimeOrNull(row.startedAt),
    finished_at: wireTimeOrNull(row.finishedAt),
    created_at: wireTime(row.createdAt),
    modified_at: wireTime(row.modifiedAt),
  };
}
