import { isFinalStatus, type RunRequestEcho, type RunStatus } from '@lapwing/protocol';
import type { JsonValue, RunResult, StoredDefinition } from '@lapwing/workflow';
import { wireTime } from '../../lib/time.ts';
import { RunJournal } from './journal.ts';
import { missingRun, type RunParts, webhookRun, writeStatus } from './parts.ts';
import { resumeVerdict } from './resume.ts';
import * as store from './store.ts';

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
  /** Saved state of its browser, from an earlier life. */
  readonly browserState: string | null;
}

/** Longest wait for a notification before a watcher looks by itself. */
const lookAgainMs = 5_000;

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
    const { database, workflows, seal } = this.#parts;
    const run = await database.transaction(async (tx) => {
      const taken = await store.markRunning(tx, runId);
      if (taken?.attempts === 1)
        await writeStatus(tx, this.#parts.feed, runId, { status: 'running', failureReason: null });
      return taken;
    });
    if (run === undefined) {
      await this.#settleWebhook(runId);
      return null;
    }
    const version = await workflows.version(run.workflowId);
    const rows = run.attempts === 1 ? [] : await store.listBlocks(database.sql, runId);
    const verdict = resumeVerdict(version.definition, rows, run.browserStateSealed !== null);
    if (verdict.kind === 'fail') {
      await this.end(runId, {
        status: 'failed',
        failureReason: verdict.reason,
        output: null,
        errors: [],
        stepCount: 0,
      });
      return null;
    }
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
      browserState: run.browserStateSealed === null ? null : seal.open(run.browserStateSealed),
    };
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
    const look = async () => {
      while (!watching.signal.aborted) {
        const run = await store.findRun(this.#parts.database.sql, runId);
        if (run === undefined || isFinalStatus(run.status as RunStatus)) {
          if (!watching.signal.aborted) callback();
          return;
        }
        await this.#parts.feed.next(runId, lookAgainMs, watching.signal);
      }
    };
    // A database that does not answer is noticed by the run's own writes.
    look().catch(() => undefined);
    return () => watching.abort();
  }

  /** Ends a run: status, output, events and webhook job in one transaction. Whoever ended it first has decided. */
  async end(runId: string, result: RunResult): Promise<void> {
    const errors = result.errors.slice(0, 100);
    const facts = {
      output: result.output,
      errors,
      stepCount: result.stepCount,
      browserStateSealed: null,
    };
    await this.#parts.database.transaction(async (tx) => {
      const ended = await store.updateOpenRun(tx, runId, {
        ...facts,
        status: result.status,
        failureReason: result.failureReason,
        finishedAt: new Date(),
      });
      if (ended === undefined) await store.updateRun(tx, runId, facts);
      else
        await writeStatus(tx, this.#parts.feed, runId, {
          status: result.status,
          failureReason: result.failureReason,
        });
      const run = ended ?? (await store.findRun(tx, runId));
      if (run === undefined) throw missingRun(runId);
      await store.closeBlocks(
        tx,
        runId,
        blockEnd(run.status),
        run.failureReason ?? `The run ended as ${run.status}`,
      );
      await this.#parts.webhooks.queueFor(tx, webhookRun(run));
      await this.#parts.feed.announce(tx, runId);
    });
  }

  /** Gives a run back unfinished, with the state of its browser, to be taken up again by its job. */
  async giveBack(runId: string, browserState: string | null): Promise<void> {
    await store.updateOpenRun(this.#parts.database.sql, runId, {
      status: 'queued',
      browserStateSealed: browserState === null ? null : this.#parts.seal.seal(browserState),
    });
  }

  /** Adds an event to the stream of a run. */
  async record(
    runId: string,
    type: 'screenshot' | 'log',
    data: Record<string, unknown>,
  ): Promise<void> {
    await this.#parts.database.transaction(async (tx) => {
      await store.appendEvent(tx, runId, type, { ...data, created_at: wireTime(new Date()) });
      await this.#parts.feed.announce(tx, runId);
    });
  }

  /** A run that was canceled while its worker was lost still owes its webhook and its blocks' ends. */
  async #settleWebhook(runId: string): Promise<void> {
    const run = await store.findRun(this.#parts.database.sql, runId);
    if (run === undefined || !isFinalStatus(run.status as RunStatus)) return;
    await this.#parts.database.transaction(async (tx) => {
      if (run.stepCount === null) await store.updateRun(tx, runId, { stepCount: 0 });
      await store.closeBlocks(tx, runId, blockEnd(run.status), `The run ended as ${run.status}`);
      await this.#parts.webhooks.queueFor(tx, webhookRun(run));
      await this.#parts.feed.announce(tx, runId);
    });
  }
}

/** How a block ends whose run ended around it. */
function blockEnd(status: string): string {
  return status === 'canceled' || status === 'timed_out' ? status : 'failed';
}
