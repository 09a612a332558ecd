import {
  type CancelManyResponse,
  isFinalStatus,
  type RunRequest,
  type RunResponse,
  type RunStatus,
  type TimelineItem,
} from '@lapwing/protocol';
import type { Sql } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import { newId } from '../../lib/ids.ts';
import type { Principal } from '../organizations/service.ts';
import type { WebhookRun } from '../webhooks/service.ts';
import { RunExecution } from './execution.ts';
import { missingRun, type RunParts, webhookRun, writeStatus } from './parts.ts';
import { checkRequest, requestHash } from './request.ts';
import { storable } from './storable.ts';
import * as store from './store.ts';
import { timelineView } from './timeline.ts';
import { type RunWithFiles, runView, webhookView } from './view.ts';
import { windUp } from './wind-up.ts';

/** The queue's name for a run; its data is `{ run_id }`. */
export const runJob = 'run';

export interface RunOrigin {
  readonly principal: Principal;
  readonly triggerType: 'manual' | 'mcp' | 'api';
  readonly idempotencyKey: string | undefined;
}

/** An event of a run as it is kept. */
export interface RunEvent {
  readonly sequence: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Longest wait for a notification before a reader looks by itself. */
const lookAgainMs = 5_000;

/** Whether a run has ended and its output, files and events are complete. */
const isWoundUp = (run: store.RunRow) =>
  isFinalStatus(run.status as RunStatus) && run.stepCount !== null;

/** Runs as the API sees them: created, read, followed, canceled. */
export class RunsService {
  /** What workers do with runs. */
  readonly execution: RunExecution;
  readonly #parts: RunParts;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.execution = new RunExecution(parts);
  }

  /**
   * Starts a run of the newest version of a workflow: row and job in one transaction.
   * @throws LapwingError `not_found`, `not_supported`, `invalid_parameters`, `invalid_url`, `blocked_host`,
   *   `idempotency_conflict`. Nothing is left behind by any of them.
   */
  async create(request: RunRequest, origin: RunOrigin): Promise<RunResponse> {
    const { organizationId, apiKeyId } = origin.principal;
    const { workflows, database, seal } = this.#parts;
    const workflow = await workflows.newest(
      organizationId,
      request.agent_id ?? request.workflow_id ?? '',
    );
    const checked = checkRequest(request, workflow, workflows.cdpHeaders(workflow));
    const browserUrl = request.browser_address?.replace(/^ws/i, 'http');
    for (const url of [checked.webhookUrl, browserUrl, checked.echo.totp_url]) {
      if (url != null) await this.#parts.checkUrl(url);
    }
    const runId = newId('wr');
    const now = new Date();
    const row = {
      runId,
      organizationId,
      workflowId: workflow.workflowId,
      workflowPermanentId: workflow.workflowPermanentId,
      title: storable(checked.echo.title),
      status: 'queued',
      request: storable(checked.echo),
      parameters: storable(checked.parameters),
      cdpHeadersSealed:
        checked.cdpHeaders === null ? null : seal.seal(JSON.stringify(checked.cdpHeaders)),
      apiKeyId,
      triggerType: origin.triggerType,
      webhookUrl: storable(checked.webhookUrl),
      maxElapsedMinutes: checked.maxElapsedMinutes,
      createdAt: now,
      modifiedAt: now,
      queuedAt: now,
    };
    const earlier = await database.transaction(async (tx) => {
      const before = await this.#claimKey(tx, origin, request, runId);
      if (before !== null) return before;
      await store.insertRun(tx, row);
      await writeStatus(tx, this.#parts.feed, runId, { status: 'queued', failureReason: null });
      await this.#parts.queue.enqueue(tx, runJob, { data: { run_id: runId } });
      return null;
    });
    if (earlier !== null) return this.get(organizationId, earlier);
    const created = await this.get(organizationId, runId);
    return {
      ...created,
      status: 'created',
      queued_at: null,
      started_at: null,
      finished_at: null,
      errors: null,
    };
  }

  /** The run that an idempotency key belongs to already; null when the key is free or none was sent. */
  async #claimKey(
    tx: Sql,
    origin: RunOrigin,
    request: RunRequest,
    runId: string,
  ): Promise<string | null> {
    if (origin.idempotencyKey === undefined) return null;
    const claim = {
      organizationId: origin.principal.organizationId,
      scope: 'run',
      key: origin.idempotencyKey,
      requestHash: requestHash(request),
      resourceId: runId,
    };
    const holder = await store.claimKey(tx, claim);
    if (holder === undefined) return null;
    if (holder.requestHash === claim.requestHash) return holder.resourceId;
    throw new LapwingError(
      'idempotency_conflict',
      `Idempotency-Key ${origin.idempotencyKey} was used for run ${holder.resourceId} with another body: send a new key`,
    );
  }

  /** @throws LapwingError `not_found`, also for a run of another organization. */
  async get(organizationId: string, runId: string): Promise<RunResponse> {
    return runView(
      await this.#read(await this.#find(organizationId, runId)),
      this.#parts.artifacts,
    );
  }

  /** Whether there is such a run, and it is this organization's. */
  async exists(organizationId: string, runId: string): Promise<boolean> {
    const run = await store.findRun(this.#parts.database.sql, runId);
    return run?.organizationId === organizationId;
  }

  /** As {@link get}, but holds the answer until the run is final and complete, or the seconds are over. */
  async wait(
    organizationId: string,
    runId: string,
    seconds: number,
    signal: AbortSignal,
  ): Promise<RunResponse> {
    const deadline = performance.now() + seconds * 1000;
    const watch = this.#parts.feed.watch(runId);
    try {
      for (;;) {
        const run = await this.#find(organizationId, runId);
        const left = deadline - performance.now();
        if (isWoundUp(run) || left <= 0 || signal.aborted) {
          return runView(await this.#read(run), this.#parts.artifacts);
        }
        await watch.next(Math.min(left, lookAgainMs), signal);
      }
    } finally {
      watch.close();
    }
  }

  /** Cancels a run; one that has ended stays as it is. @throws LapwingError `not_found` */
  async cancel(organizationId: string, runId: string): Promise<void> {
    const { database, feed, workflows } = this.#parts;
    const { workflowId } = await this.#find(organizationId, runId);
    const { definition } = await workflows.version(workflowId);
    await database.transaction(async (tx) => {
      const waiting = await store.cancelWaitingRun(tx, runId);
      // A run that a worker has is wound up by it, which sends the webhook when the files are kept.
      const run =
        waiting ??
        (await store.updateOpenRun(tx, runId, {
          status: 'canceled',
          finishedAt: new Date(),
          errors: [],
        }));
      if (run === undefined) return;
      await writeStatus(tx, feed, runId, { status: 'canceled', failureReason: null });
      if (waiting !== undefined) await windUp(tx, this.#parts, waiting, definition);
    });
  }

  async cancelMany(organizationId: string, runIds: readonly string[]): Promise<CancelManyResponse> {
    const result: CancelManyResponse = { cancelled: [], failed: [] };
    for (const runId of new Set(runIds)) {
      try {
        await this.cancel(organizationId, runId);
        result.cancelled.push(runId);
      } catch (error) {
        if (!(error instanceof LapwingError)) throw error;
        result.failed.push(runId);
      }
    }
    return result;
  }

  async timeline(organizationId: string, runId: string): Promise<TimelineItem[]> {
    await this.#find(organizationId, runId);
    const { sql } = this.#parts.database;
    const blocks = await store.listBlocks(sql, runId);
    const logs = await store.listEvents(sql, runId, 0, { type: 'log', limit: 10_000 });
    return timelineView(organizationId, blocks, logs);
  }

  /**
   * The events of a run behind number `after`, as they come; ends behind the one that makes the run final.
   * @throws LapwingError `not_found` before the first event.
   */
  async *events(
    organizationId: string,
    runId: string,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<RunEvent> {
    let last = after;
    const watch = this.#parts.feed.watch(runId);
    try {
      while (!signal.aborted) {
        const run = await this.#find(organizationId, runId);
        const batch = await store.listEvents(this.#parts.database.sql, runId, last, { limit: 500 });
        for (const event of batch) {
          yield event;
          last = event.sequence;
        }
        if (batch.length > 0) continue;
        if (isWoundUp(run)) return;
        await watch.next(lookAgainMs, signal);
      }
    } finally {
      watch.close();
    }
  }

  /** Who and where to send the webhook of a run. @throws LapwingError `not_found`, `invalid_state` */
  async endedRun(organizationId: string, runId: string): Promise<WebhookRun> {
    const run = await this.#find(organizationId, runId);
    if (!isFinalStatus(run.status as RunStatus)) {
      throw new LapwingError(
        'invalid_state',
        `Run ${runId} is ${run.status}: its webhook can be sent when it has ended`,
      );
    }
    return webhookRun(run);
  }

  /** The webhook's body. @throws LapwingError `not_found` */
  async webhookPayload(runId: string): Promise<Record<string, unknown>> {
    const run = await store.findRun(this.#parts.database.sql, runId);
    if (run === undefined) throw missingRun(runId);
    return webhookView(await this.#read(run), this.#parts.artifacts);
  }

  /** Keeps what came of the last attempt: empty when it was delivered. */
  async noteWebhook(runId: string, failure: string | null): Promise<void> {
    await store.updateRun(this.#parts.database.sql, runId, { webhookFailureReason: failure ?? '' });
  }

  async #find(organizationId: string, runId: string): Promise<store.RunRow> {
    const run = await store.findRun(this.#parts.database.sql, runId);
    if (run === undefined || run.organizationId !== organizationId) throw missingRun(runId);
    return run;
  }

  async #read(run: store.RunRow): Promise<RunWithFiles> {
    const artifacts = await this.#parts.artifacts.ofRun(run.runId);
    const version = await this.#parts.workflows.version(run.workflowId);
    return { run, artifacts, degraded: version.settings.persist_browser_session === true };
  }
}
