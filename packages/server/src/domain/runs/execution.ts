import { isFinalStatus, type RunRequestEcho, type RunStatus } from '@lapwing/protocol';
import type { JsonValue, PartialRun, RunResult, StoredDefinition } from '@lapwing/workflow';
import type { RunBrowserPlace } from '../../db/tables/runs.ts';
import { wireTime } from '../../lib/time.ts';
import { JobInterrupted } from '../../queue/job.ts';
import { endBlock, endBlocksOf } from './block-ends.ts';
import { cancelAwaited } from './cancel.ts';
import { type JournalHooks, RunJournal } from './journal.ts';
import { journaledResult } from './journaled.ts';
import { missingRun, type RunParts, webhookRun, writeStatus } from './parts.ts';
import { doubtfulBlocks } from './resume.ts';
import { storable } from './storable.ts';
import * as store from './store.ts';
import { windUp } from './wind-up.ts';

/** A run that a worker has taken up. */
export interface TakenRun {
  readonly runId: string;
  readonly organizationId: string;
  /** Signs what is sent for the run; null: any valid key of the organization. */
  readonly apiKeyId: string | null;
  readonly workflowId: string;
  readonly workflowPermanentId: string;
  readonly title: string;
  readonly request: RunRequestEcho;
  readonly parameters: Readonly<Record<string, JsonValue>>;
  readonly cdpHeaders: Readonly<Record<string, string>> | null;
  readonly maxElapsedMinutes: number;
  readonly createdAt: Date;
  readonly startedAt: Date;
  /** W3C `traceparent` of the request that created it. */
  readonly traceParent: string | null;
  readonly definition: StoredDefinition;
  /** How many levels of runs are above it: 0 unless a block of another run started it. */
  readonly depth: number;
  /** Null: the whole workflow runs. */
  readonly partial: PartialRun | null;
  /** 1 in its first life, one more in each that follows. */
  readonly attempt: number;
  /** What an earlier life left of its browser; null when it had none. */
  readonly browser: LeftBrowser | null;
  /** Rows of blocks that were cut off and are run again. */
  readonly repeated: ReadonlySet<string>;
}

/** The browser of a run that lost its worker. */
export interface LeftBrowser {
  /** Where it was, and may still be; null when it was closed. */
  readonly place: RunBrowserPlace | null;
  /** How it stood after the last finished block; null when none of them had worked in it. */
  readonly state: string | null;
}

/** A database that did not say how a run stands is asked again. */
const askAgainMs = 1_000;

/** Runs as a worker sees them: taken up, journaled, ended or given back. */
export class RunExecution {
  readonly #parts: RunParts;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /**
   * A worker takes a run up: for the first time, or after another worker was lost.
   * Null when there is nothing to do: it has ended, or it ends here because it cannot go on.
   */
  async take(runId: string): Promise<TakenRun | null> {
    const { workflows, seal } = this.#parts;
    const taken = await this.#markRunning(runId);
    if (taken === null) {
      await this.windUp(runId);
      return null;
    }
    const { run, browser } = taken;
    const version = await workflows.version(run.workflowId);
    const repeated =
      run.attempts > 1 ? await this.#settleDoubts(run, version.definition) : new Set<string>();
    return {
      runId,
      organizationId: run.organizationId,
      apiKeyId: run.apiKeyId,
      workflowId: run.workflowId,
      workflowPermanentId: run.workflowPermanentId,
      title: version.title,
      request: run.request as RunRequestEcho,
      parameters: run.parameters as Record<string, JsonValue>,
      cdpHeaders:
        run.cdpHeadersSealed === null ? null : JSON.parse(seal.open(run.cdpHeadersSealed)),
      maxElapsedMinutes: run.maxElapsedMinutes,
      createdAt: run.createdAt,
      startedAt: run.startedAt ?? new Date(),
      traceParent: run.traceParent,
      definition: version.definition,
      depth: run.depth,
      partial: run.partial as PartialRun | null,
      attempt: run.attempts,
      browser,
      repeated,
    };
  }

  async #markRunning(
    runId: string,
  ): Promise<{ run: store.RunRow; browser: LeftBrowser | null } | null> {
    return this.#parts.database.transaction(async (tx) => {
      const run = await store.markRunning(tx, runId);
      if (run === undefined) return null;
      if (run.before !== run.status)
        await writeStatus(tx, this.#parts.feed, runId, { status: 'running', failureReason: null });
      const facts = run.attempts > 1 ? await store.findBrowser(tx, runId) : undefined;
      await this.#parts.admission.taken(tx, run);
      if (facts === undefined) return { run, browser: null };
      const { place, stateSealed: sealed } = facts;
      const state = sealed === null ? null : this.#parts.seal.open(sealed);
      return { run, browser: { place, state } };
    });
  }

  /** Ends what the lost worker left open and nobody may do again. The rows of the others are returned. */
  async #settleDoubts(
    run: store.RunRow,
    definition: StoredDefinition,
  ): Promise<ReadonlySet<string>> {
    const { database, feed } = this.#parts;
    const blocks = await store.listUnfinishedBlocks(database.sql, run.runId);
    const doubtful = doubtfulBlocks(blocks, definition);
    const reasons = new Map(doubtful.map(({ blockId, reason }) => [blockId, reason]));
    if (doubtful.length > 0) {
      await database.transaction(async (tx) => {
        const life = { runId: run.runId, attempt: run.attempts };
        if (!(await store.holdLife(tx, life))) throw new JobInterrupted('lease_lost');
        for (const row of blocks) {
          const reason = reasons.get(row.blockId);
          if (reason !== undefined) await endBlock(tx, feed, row, { status: 'failed', reason });
        }
      });
    }
    return new Set(blocks.map(({ blockId }) => blockId).filter((id) => !reasons.has(id)));
  }

  journal(life: store.RunLifeRef, hooks: JournalHooks): RunJournal {
    const { database, feed, seal } = this.#parts;
    return new RunJournal({ database, feed, seal, life, hooks });
  }

  /** Keeps where the browser of a run is, for whoever takes the run up after this worker. */
  async openedBrowser(life: store.RunLifeRef, place: RunBrowserPlace): Promise<void> {
    await this.#parts.database.transaction(async (tx) => {
      if (!(await store.holdLife(tx, life))) throw new JobInterrupted('lease_lost');
      await store.saveBrowser(tx, life.runId, { place });
    });
  }

  /** The places of the browsers of those of these runs that have not ended: each may still be taken up again. */
  async openPlaces(
    runIds: readonly string[],
  ): Promise<ReadonlyMap<string, RunBrowserPlace | null>> {
    if (runIds.length === 0) return new Map();
    const rows = await store.listOpenPlaces(this.#parts.database.sql, runIds);
    return new Map(rows.map(({ runId, place }) => [runId, place]));
  }

  /** Those of these runs that ended before an instant. */
  async endedBefore(runIds: readonly string[], instant: Date): Promise<readonly string[]> {
    return store.listEndedBefore(this.#parts.database.sql, runIds, instant);
  }

  /**
   * Calls back once when the run is ended by somebody else from now on, by a cancel for instance. Returns a function that
   * stops looking.
   */
  onEnded(runId: string, callback: () => void): () => void {
    const watching = new AbortController();
    const { signal } = watching;
    const watch = this.#parts.feed.watchEnd(runId);
    const look = async () => {
      let isOver: boolean | null = false;
      do {
        await watch.next(isOver === null ? askAgainMs : null, signal);
        if (signal.aborted) return;
        isOver = await this.#isOver(runId);
      } while (isOver !== true);
      if (!signal.aborted) callback();
    };
    void look().finally(() => watch.close());
    return () => watching.abort();
  }

  /** Null when the database does not answer now: only an answer ends a run. */
  async #isOver(runId: string): Promise<boolean | null> {
    try {
      const status = await store.findStatus(this.#parts.database.sql, runId);
      return status === undefined || isFinalStatus(status as RunStatus);
    } catch {
      return null;
    }
  }

  /**
   * Ends a run: status, output, events and webhook job in one transaction, and what it had goes to those that wait. Whoever
   * ended it first has decided.
   * @param journal What it has not written yet is written too.
   * @throws JobInterrupted when another worker has taken the run up.
   */
  async end(life: store.RunLifeRef, result: RunResult, journal?: RunJournal): Promise<void> {
    const { runId, attempt } = life;
    const { database, feed, webhooks, admission } = this.#parts;
    const failureReason = storable(result.failureReason);
    const facts = {
      output: storable(result.output),
      errors: storable(result.errors.slice(0, 100)),
      stepCount: result.stepCount,
      admission: 'over',
    } as const;
    const { isEndedHere, children } = await database.transaction(async (tx) => {
      const change = { status: result.status, failureReason, finishedAt: new Date() };
      const [before, ended, events, unfinished, children] = await Promise.all([
        // The run before its blocks, as everybody takes them.
        store.lockRun(tx, runId),
        store.updateOpenRun(tx, life, { ...facts, ...change }),
        journal?.writeLast(tx) ?? [],
        store.listUnfinishedBlocks(tx, runId),
        store.listOpenChildren(tx, runId),
      ]);
      const run = ended ?? before;
      if (run === undefined) throw missingRun(runId);
      if (attempt !== null && run.attempts !== attempt) throw new JobInterrupted('lease_lost');
      if (ended === undefined) await store.updateRun(tx, runId, facts);
      for (const event of events) await feed.append(tx, { runId, ...event });
      await endBlocksOf(tx, feed, run, unfinished);
      await database.sendAlong(tx, store.deleteBrowser(tx, runId));
      if (ended !== undefined)
        await writeStatus(tx, feed, runId, { status: result.status, failureReason });
      else await feed.announce(tx, runId);
      await webhooks.queueFor(tx, webhookRun(run));
      await admission.leave(tx, run);
      return { isEndedHere: ended !== undefined, children };
    });
    if (isEndedHere) feed.noteEnd(result.status);
    await cancelAwaited(this.#parts, runId, children);
  }

  /** Ends a run that failed by no block of its own; what its blocks have recorded stays. */
  async fail(
    life: store.RunLifeRef,
    failureReason: string,
    status: 'failed' | 'timed_out' = 'failed',
  ): Promise<void> {
    const { runId } = life;
    const { database, workflows } = this.#parts;
    const run = await store.findRun(database.sql, runId);
    if (run === undefined) throw missingRun(runId);
    const version = await workflows.version(run.workflowId);
    const blocks = await store.listBlocks(database.sql, runId);
    const result = journaledResult(blocks, version.definition);
    await this.end(life, { ...result, status, failureReason });
  }

  /**
   * Gives a run back unfinished, its browser closed, to be taken up again by its job.
   * @param state How the browser stood; null when it stands as the last finished block left it.
   */
  async giveBack(life: store.RunLifeRef, state: string | null): Promise<void> {
    const { runId } = life;
    const { database, feed, seal } = this.#parts;
    await database.transaction(async (tx) => {
      const run = await store.markQueued(tx, life);
      if (run === undefined) return;
      const sealed = state === null ? {} : { stateSealed: seal.seal(state) };
      await store.saveBrowser(tx, runId, { place: null, ...sealed });
      if (run.status === 'queued')
        await writeStatus(tx, feed, runId, { status: 'queued', failureReason: null });
    });
  }

  /** Adds an event to the stream of a run. */
  async record(
    runId: string,
    type: 'screenshot' | 'log',
    data: Record<string, unknown>,
  ): Promise<void> {
    const event = { runId, type, data: { ...storable(data), created_at: wireTime(new Date()) } };
    await this.#parts.database.transaction((tx) => this.#parts.feed.append(tx, event));
  }

  /** A run that was canceled while its worker was lost has its end still to come. */
  async windUp(runId: string): Promise<void> {
    const { database, workflows } = this.#parts;
    const run = await store.findRun(database.sql, runId);
    if (run === undefined || !isFinalStatus(run.status as RunStatus)) return;
    const version = await workflows.version(run.workflowId);
    await database.transaction(async (tx) => {
      const held = await store.lockRun(tx, runId);
      if (held !== undefined) await windUp(tx, this.#parts, held, version.definition);
    });
  }
}
