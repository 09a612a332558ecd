import { isFinalStatus, type RunRequestEcho, type RunStatus } from '@lapwing/protocol';
import type { JsonValue, PartialRun, RunResult, StoredDefinition } from '@lapwing/workflow';
import { wireTime } from '../../lib/time.ts';
import { endBlock, endBlocksOf } from './block-ends.ts';
import { cancelAwaited } from './cancel.ts';
import { RunJournal } from './journal.ts';
import { journaledResult } from './journaled.ts';
import { missingRun, type RunParts, webhookRun, writeStatus } from './parts.ts';
import { type BrowserFate, resumeVerdict } from './resume.ts';
import { storable } from './storable.ts';
import * as store from './store.ts';
import { windUp } from './wind-up.ts';

/** A run that a worker has taken up. */
export interface TakenRun {
  readonly runId: string;
  readonly organizationId: string;
  readonly workflowId: string;
  readonly workflowPermanentId: string;
  readonly title: string;
  readonly request: RunRequestEcho;
  readonly parameters: Readonly<Record<string, JsonValue>>;
  readonly cdpHeaders: Readonly<Record<string, string>> | null;
  readonly maxElapsedMinutes: number;
  readonly startedAt: Date;
  readonly definition: StoredDefinition;
  /** How many levels of runs are above it: 0 unless a block of another run started it. */
  readonly depth: number;
  /** Null: the whole workflow runs. */
  readonly partial: PartialRun | null;
  /** Saved state of its browser, from an earlier life. */
  readonly browserState: string | null;
}

/** What became of the browser of a run that goes back to the queue; `saved` with the text of its state. */
export type LeftBrowser =
  | { readonly kind: 'none' }
  | { readonly kind: 'saved'; readonly state: string }
  | { readonly kind: 'lost' };

/** Longest wait for a notification before a watcher looks by itself: a cancel is to be noticed within two seconds. */
const lookAgainMs = 1_000;

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
      await this.#windUp(runId);
      return null;
    }
    const { run, left } = taken;
    const version = await workflows.version(run.workflowId);
    if (run.attempts > 1 && !(await this.#resume(run, version.definition, left))) return null;
    return {
      runId,
      organizationId: run.organizationId,
      workflowId: run.workflowId,
      workflowPermanentId: run.workflowPermanentId,
      title: version.title,
      request: run.request as RunRequestEcho,
      parameters: run.parameters as Record<string, JsonValue>,
      cdpHeaders:
        run.cdpHeadersSealed === null ? null : JSON.parse(seal.open(run.cdpHeadersSealed)),
      maxElapsedMinutes: run.maxElapsedMinutes,
      startedAt: run.startedAt ?? new Date(),
      definition: version.definition,
      depth: run.depth,
      partial: run.partial as PartialRun | null,
      browserState: left?.kind === 'saved' ? left.state : null,
    };
  }

  /** `left` is what an earlier worker wrote of the browser when it gave the run back; null when it wrote nothing. */
  async #markRunning(
    runId: string,
  ): Promise<{ run: store.RunRow; left: LeftBrowser | null } | null> {
    return this.#parts.database.transaction(async (tx) => {
      const before = await store.findRun(tx, runId);
      const run = await store.markRunning(tx, runId);
      if (before === undefined || run === undefined) return null;
      if (before.status !== run.status)
        await writeStatus(tx, this.#parts.feed, runId, { status: 'running', failureReason: null });
      const sealed = before.browserStateSealed;
      const left = sealed === null ? null : JSON.parse(this.#parts.seal.open(sealed));
      return { run, left };
    });
  }

  /** Settles what the lost worker left open. False when the run cannot go on: it has ended then. */
  async #resume(
    run: store.RunRow,
    definition: StoredDefinition,
    left: LeftBrowser | null,
  ): Promise<boolean> {
    const { database, feed } = this.#parts;
    const blocks = await store.listBlocks(database.sql, run.runId);
    const verdict = resumeVerdict(blocks, definition, await this.#fate(run.runId, left));
    if (verdict.kind === 'fail') {
      await this.fail(run.runId, verdict.reason);
      return false;
    }
    const reasons = new Map(verdict.doubtful.map(({ blockId, reason }) => [blockId, reason]));
    await database.transaction(async (tx) => {
      for (const row of blocks) {
        const reason = reasons.get(row.blockId);
        if (reason !== undefined) await endBlock(tx, row, { status: 'failed', reason });
      }
      await feed.announce(tx, run.runId);
    });
    return true;
  }

  /** A worker that was killed wrote nothing down, but whatever showed a page left a picture. */
  async #fate(runId: string, left: LeftBrowser | null): Promise<BrowserFate> {
    if (left !== null) return left.kind === 'lost' ? 'gone' : 'kept';
    const pictures = await this.#parts.artifacts.ofRun(runId, ['screenshot_final']);
    return pictures.length > 0 ? 'gone' : 'unknown';
  }

  /** @param beforeBlock Called before each block; it throws to stop the run there. */
  journal(runId: string, beforeBlock: () => void): RunJournal {
    return new RunJournal({
      database: this.#parts.database,
      feed: this.#parts.feed,
      runId,
      beforeBlock,
    });
  }

  /**
   * Calls back once when the run has ended, by a cancel for instance, while a worker carries it out. Returns a function
   * that stops looking.
   */
  onEnded(runId: string, callback: () => void): () => void {
    const watching = new AbortController();
    const watch = this.#parts.feed.watch(runId);
    const look = async () => {
      while (!watching.signal.aborted) {
        if ((await this.#isOver(runId)) && !watching.signal.aborted) {
          callback();
          return;
        }
        await watch.next(lookAgainMs, watching.signal);
      }
    };
    void look().finally(() => watch.close());
    return () => watching.abort();
  }

  /** A database that does not answer now is asked again: only an answer ends a run. */
  async #isOver(runId: string): Promise<boolean> {
    try {
      const run = await store.findRun(this.#parts.database.sql, runId);
      return run === undefined || isFinalStatus(run.status as RunStatus);
    } catch {
      return false;
    }
  }

  /** Ends a run: status, output, events and webhook job in one transaction. Whoever ended it first has decided. */
  async end(runId: string, result: RunResult): Promise<void> {
    const { database, feed, webhooks } = this.#parts;
    const failureReason = storable(result.failureReason);
    const facts = {
      output: storable(result.output),
      errors: storable(result.errors.slice(0, 100)),
      stepCount: result.stepCount,
      browserStateSealed: null,
    };
    await database.transaction(async (tx) => {
      const ended = await store.updateOpenRun(tx, runId, {
        ...facts,
        status: result.status,
        failureReason,
        finishedAt: new Date(),
      });
      if (ended === undefined) await store.updateRun(tx, runId, facts);
      const run = ended ?? (await store.findRun(tx, runId));
      if (run === undefined) throw missingRun(runId);
      await endBlocksOf(tx, run);
      if (ended !== undefined)
        await writeStatus(tx, feed, runId, { status: result.status, failureReason });
      await webhooks.queueFor(tx, webhookRun(run));
      await feed.announce(tx, runId);
    });
    await cancelAwaited(this.#parts, runId);
  }

  /** Ends a run as failed by no block of its own; what its blocks have recorded stays. */
  async fail(runId: string, failureReason: string): Promise<void> {
    const { database, workflows } = this.#parts;
    const run = await store.findRun(database.sql, runId);
    if (run === undefined) throw missingRun(runId);
    const version = await workflows.version(run.workflowId);
    const blocks = await store.listBlocks(database.sql, runId);
    const result = journaledResult(blocks, version.definition);
    await this.end(runId, { ...result, status: 'failed', failureReason });
  }

  /** Gives a run back unfinished, with what became of its browser, to be taken up again by its job. */
  async giveBack(runId: string, left: LeftBrowser): Promise<void> {
    await this.#parts.database.transaction(async (tx) => {
      const run = await store.markQueued(tx, runId, this.#parts.seal.seal(JSON.stringify(left)));
      if (run?.status === 'queued')
        await writeStatus(tx, this.#parts.feed, runId, { status: 'queued', failureReason: null });
    });
  }

  /** Adds an event to the stream of a run. */
  async record(
    runId: string,
    type: 'screenshot' | 'log',
    data: Record<string, unknown>,
  ): Promise<void> {
    await this.#parts.database.transaction(async (tx) => {
      await store.appendEvent(tx, runId, type, {
        ...storable(data),
        created_at: wireTime(new Date()),
      });
      await this.#parts.feed.announce(tx, runId);
    });
  }

  /** A run that was canceled while its worker was lost has its end still to come. */
  async #windUp(runId: string): Promise<void> {
    const { database, workflows } = this.#parts;
    const run = await store.findRun(database.sql, runId);
    if (run === undefined || !isFinalStatus(run.status as RunStatus)) return;
    const version = await workflows.version(run.workflowId);
    await database.transaction((tx) => windUp(tx, this.#parts, run, version.definition));
  }
}
