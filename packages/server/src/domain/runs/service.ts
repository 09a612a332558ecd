import {
  type BlockRunRequest,
  type CancelManyResponse,
  isFinalStatus,
  type LegacyRun,
  type RunRequest,
  type RunResponse,
  type RunStatus,
  type TimelineItem,
  type Workflow,
} from '@lapwing/protocol';
import { blockNamed, type PartialRun } from '@lapwing/workflow';
import type { Sql } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import { runJob as jobName } from '../admission/service.ts';
import type { WebhookRun } from '../webhooks/service.ts';
import type { WorkflowsService, WorkflowVersion } from '../workflows/service.ts';
import { cancelRun } from './cancel.ts';
import { childArtifacts, RunChildren } from './children.ts';
import { RunExecution } from './execution.ts';
import { RunLists } from './lists.ts';
import { missingRun, type RunParts, webhookRun } from './parts.ts';
import { RunPauses } from './pauses.ts';
import { retryRequest } from './retry.ts';
import {
  type PreparedRun,
  prepareRun,
  type RunOrigin,
  type RunStart,
  startPrepared,
  startRun,
} from './start.ts';
import * as store from './store.ts';
import { timeLimitReason as limitReason } from './time-limit.ts';
import { timelineView } from './timeline.ts';
import { RunUpkeep } from './upkeep.ts';
import { legacyView, type RunWithFiles, runView, webhookView } from './view.ts';

export type { RunPage } from './lists.ts';
export type { PreparedRun, RunOrigin } from './start.ts';

/** Why a run ends whose minutes are over. */
export const timeLimitReason: typeof limitReason = limitReason;

/** The queue's name for a run; its data is `{ run_id }`. */
export const runJob: string = jobName;

/** Whether its runs would begin in a browser that was kept, which this version does not. */
const isDegraded = ({ settings }: WorkflowVersion) => settings.persist_browser_session === true;

/** An event of a run as it is kept. */
export interface RunEvent {
  readonly sequence: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Whether a run has ended and its output, files and events are complete. */
const isWoundUp = (run: store.RunRow) =>
  isFinalStatus(run.status as RunStatus) && run.stepCount !== null;

/** Runs as the API sees them: created, read, followed, canceled. */
export class RunsService {
  /** What workers do with runs. */
  readonly execution: RunExecution;
  readonly lists: RunLists;
  readonly pauses: RunPauses;
  /** What blocks do with other runs. */
  readonly children: RunChildren;
  readonly upkeep: RunUpkeep;
  readonly #parts: RunParts;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.execution = new RunExecution(parts);
    this.lists = new RunLists(parts);
    this.pauses = new RunPauses(parts);
    this.children = new RunChildren(parts);
    this.upkeep = new RunUpkeep(parts, this.execution);
  }

  /** How many runs this process has ended, by status. */
  get endings(): ReadonlyMap<RunStatus, number> {
    return this.#parts.feed.endings;
  }

  /** How many runs have not ended, of all organizations, by status. */
  openCounts(): Promise<ReadonlyMap<string, number>> {
    return store.countOpenRuns(this.#parts.database.sql);
  }

  /**
   * Starts a run of the newest version of a workflow.
   * @param choice Another version, or a template of the server.
   * @throws LapwingError `not_found`, `invalid_state` for a template that is none, and as {@link startRun}.
   */
  async create(
    request: RunRequest,
    origin: RunOrigin,
    choice: Parameters<WorkflowsService['chosen']>[2] = {},
  ): Promise<RunResponse> {
    const workflow = await this.#parts.workflows.chosen(
      origin.principal.organizationId,
      request.agent_id ?? request.workflow_id ?? '',
      choice,
    );
    return this.#start(origin, { request, workflow });
  }

  /** As {@link create}, but only some blocks run. @throws LapwingError `not_found` for a label too. */
  async createOfBlocks(request: BlockRunRequest, origin: RunOrigin): Promise<RunResponse> {
    const { block_labels: labels, block_outputs: outputs, debug_session_id, ...rest } = request;
    const workflow = await this.#parts.workflows.newest(
      origin.principal.organizationId,
      request.agent_id ?? request.workflow_id ?? '',
    );
    const { blocks } = workflow.definition;
    const missing = labels.filter((label) => blockNamed(blocks, label) === undefined);
    if (missing.length > 0) {
      throw new LapwingError(
        'not_found',
        `Workflow ${workflow.workflowPermanentId} has no block ${missing.join(', ')}`,
      );
    }
    const partial = {
      labels,
      outputs: (outputs ?? {}) as PartialRun['outputs'],
      debugSessionId: debug_session_id ?? null,
    };
    return this.#start(origin, { request: rest, workflow, partial });
  }

  /**
   * Starts the version of an ended run once more, with what that run was started with.
   * @throws LapwingError `not_found`, `invalid_state`, and as {@link startRun}.
   */
  async retry(runId: string, origin: RunOrigin): Promise<RunResponse> {
    const { organizationId } = origin.principal;
    const { workflows, seal } = this.#parts;
    const run = await this.#find(organizationId, runId);
    const sealed = run.cdpHeadersSealed;
    const request = retryRequest(run, {
      cdpHeaders: sealed === null ? null : JSON.parse(seal.open(sealed)),
      metadata: await this.#metadataOf(run),
    });
    // A workflow that was deleted is not run again.
    await workflows.assertThere(organizationId, run.workflowPermanentId);
    return this.#start(origin, { request, workflow: await workflows.version(run.workflowId) });
  }

  /** The grouped tags of a run, as the metadata that would set them; labels have no place in it. */
  async #metadataOf({ organizationId, runId }: store.RunRow): Promise<Record<string, string>> {
    const tags = await this.#parts.tags.ofMany('run', organizationId, [runId]);
    const grouped = (tags[runId] ?? []).flatMap(({ key, value }): [string, string][] =>
      key === null ? [] : [[key, value]],
    );
    return Object.fromEntries(grouped);
  }

  /**
   * Checks a run of this version of a workflow; it may be started any number of times by {@link startIn}.
   * @throws LapwingError as {@link prepareRun}.
   */
  async prepare(
    request: RunRequest,
    origin: RunOrigin,
    workflow: WorkflowVersion,
  ): Promise<PreparedRun> {
    return prepareRun(this.#parts, origin, { request, workflow });
  }

  /** Starts a prepared run of a schedule in the caller's transaction. @throws LapwingError as {@link startPrepared}. */
  async startIn(
    tx: Sql,
    prepared: PreparedRun,
    scheduled: { readonly runId: string; readonly workflowScheduleId: string },
  ): Promise<void> {
    const row = { ...prepared.row, ...scheduled };
    await startPrepared(tx, this.#parts, { ...prepared, row });
  }

  /** Ends a run, if it is still open, because another takes its place. */
  async replace(runId: string, becomes: 'canceled' | 'terminated', reason: string): Promise<void> {
    const failureReason = becomes === 'terminated' ? reason : null;
    await cancelRun(this.#parts, runId, undefined, { status: becomes, failureReason });
  }

  /** Calls back with the id of a run whenever something has happened in it. Returns what stops it. */
  onNews(callback: (runId: string) => void): () => void {
    return this.#parts.feed.onAny(callback);
  }

  /** The answer to a start shows the run as it was before anything could have become of it. */
  async #start(origin: RunOrigin, start: RunStart): Promise<RunResponse> {
    const { runId, written } = await startRun(this.#parts, origin, start);
    if (written === null) return this.get(origin.principal.organizationId, runId);
    const { workflow } = start;
    const created = runView(
      { run: await written, artifacts: [], childArtifacts: [], degraded: isDegraded(workflow) },
      this.#parts.artifacts,
    );
    return {
      ...created,
      status: 'created',
      queued_at: null,
      started_at: null,
      finished_at: null,
      errors: null,
    };
  }

  /** @throws LapwingError `not_found`, also for a run of another organization. */
  async get(organizationId: string, runId: string): Promise<RunResponse> {
    return runView(
      await this.#read(await this.#find(organizationId, runId)),
      this.#parts.artifacts,
    );
  }

  /** A run in the shape of the legacy reads. @throws LapwingError `not_found`, for another workflow's run too. */
  async getLegacy(organizationId: string, runId: string, permanentId?: string): Promise<LegacyRun> {
    const run = await this.#find(organizationId, runId);
    if (permanentId !== undefined && run.workflowPermanentId !== permanentId)
      throw missingRun(runId);
    return legacyView(await this.#read(run), this.#parts.artifacts);
  }

  /** The version of the workflow that a run was started with. @throws LapwingError `not_found` */
  async workflowOf(organizationId: string, runId: string): Promise<Workflow> {
    const run = await this.#find(organizationId, runId);
    return this.#parts.workflows.versionView(run.workflowId);
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
        await watch.next(left, signal);
      }
    } finally {
      watch.close();
    }
  }

  /**
   * Cancels a run and those that its blocks have started; one that has ended stays as it is.
   * @throws LapwingError `not_found`
   */
  async cancel(organizationId: string, runId: string): Promise<void> {
    await this.#find(organizationId, runId);
    await cancelRun(this.#parts, runId);
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
   * @throws LapwingError `not_found`
   */
  async events(
    organizationId: string,
    runId: string,
    after: number,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<RunEvent>> {
    await this.#find(organizationId, runId);
    return this.#follow(organizationId, runId, after, signal);
  }

  async *#follow(
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
        await watch.next(null, signal);
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
    return (await this.webhookSubject(runId)).payload;
  }

  /** The webhook's body, and the `traceparent` of the request that created the run. @throws LapwingError `not_found` */
  async webhookSubject(runId: string): Promise<{
    readonly payload: Record<string, unknown>;
    readonly traceParent: string | null;
  }> {
    const run = await store.findRun(this.#parts.database.sql, runId);
    if (run === undefined) throw missingRun(runId);
    const payload = webhookView(await this.#read(run), this.#parts.artifacts);
    return { payload, traceParent: run.traceParent };
  }

  /** Keeps what came of the last attempt: empty when it was delivered. */
  async noteWebhook(
    runId: string,
    failure: string | null,
    sql: Sql = this.#parts.database.sql,
  ): Promise<void> {
    await store.updateRun(sql, runId, { webhookFailureReason: failure ?? '' });
  }

  async #find(organizationId: string, runId: string): Promise<store.RunRow> {
    const run = await store.findRun(this.#parts.database.sql, runId);
    if (run === undefined || run.organizationId !== organizationId) throw missingRun(runId);
    return run;
  }

  async #read(run: store.RunRow): Promise<RunWithFiles> {
    const artifacts = await this.#parts.artifacts.ofRun(run.runId);
    const version = await this.#parts.workflows.version(run.workflowId);
    return {
      run,
      artifacts,
      childArtifacts: await childArtifacts(this.#parts, run, artifacts),
      degraded: isDegraded(version),
    };
  }
}
