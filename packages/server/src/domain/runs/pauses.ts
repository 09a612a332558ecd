import type { AnswerLinks } from '@lapwing/workflow';
import { LapwingError } from '../../errors.ts';
import type { SignedAnswer } from './answer-addresses.ts';
import { cancelRun } from './cancel.ts';
import { type RunParts, writeStatus } from './parts.ts';
import * as store from './store.ts';
import { shownDetails } from './timeline.ts';

/** Longest wait for a notification before a waiting run looks by itself. */
const lookAgainMs = 5_000;

/** What a person is asked. */
export interface Question {
  readonly title: string | null;
  readonly instructions: string;
  /** What the decision of the address is called. */
  readonly descriptor: string;
}

/** Runs that wait for people. */
export class RunPauses {
  readonly #parts: RunParts;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /** The addresses under which this pause of the run is answered, before `until`. */
  links(runId: string, blockId: string, until: Date): AnswerLinks {
    return this.#parts.answers.of(runId, blockId, until);
  }

  /** A running run waits for people from now on. */
  async pause(runId: string): Promise<void> {
    await this.#change(runId, 'running', 'paused');
  }

  /** A paused run goes on. False when it is not paused. */
  async goOn(runId: string): Promise<boolean> {
    return this.#change(runId, 'paused', 'running');
  }

  /**
   * Waits until a run is not paused any more and returns its status then. Null when `until` came first: it goes on, and the
   * block says so whenever it is asked again. Rejects with the signal's reason.
   */
  async answer(
    asking: { readonly runId: string; readonly blockId: string; readonly until: Date },
    signal: AbortSignal,
  ): Promise<string | null> {
    const { runId, blockId, until } = asking;
    const { sql } = this.#parts.database;
    const watch = this.#parts.feed.watch(runId);
    try {
      for (;;) {
        const run = await store.findRun(sql, runId);
        if (run?.status !== 'paused') {
          // Nobody approved it: that the run goes on may be an earlier life's doing, whose block did not get to its end.
          const block = await store.findBlock(sql, blockId);
          return isExpired(block) ? null : (run?.status ?? 'canceled');
        }
        signal.throwIfAborted();
        const left = until.getTime() - Date.now();
        if (left > 0) await watch.next(Math.min(left, lookAgainMs), signal);
        else await this.#expire(runId, blockId);
      }
    } finally {
      watch.close();
    }
  }

  /** A paused run goes on because nobody has answered, which stays known. */
  async #expire(runId: string, blockId: string): Promise<void> {
    const { database, feed } = this.#parts;
    await database.transaction(async (tx) => {
      const run = await store.updateRunIn(tx, runId, ['paused'], { status: 'running' });
      const block = await store.findBlock(tx, blockId);
      if (run === undefined || block === undefined) return;
      await store.updateBlock(tx, blockId, { notes: { ...block.notes, [expired]: true } });
      await writeStatus(tx, feed, runId, { status: 'running', failureReason: null });
    });
  }

  /** Approves a paused run. @throws LapwingError `not_found`, also for a run that is not paused (api.md §7). */
  async continue(organizationId: string, runId: string): Promise<void> {
    const run = await store.findRun(this.#parts.database.sql, runId);
    if (run?.organizationId !== organizationId || !(await this.goOn(runId)))
      throw new LapwingError('not_found', `There is no paused run ${runId}`);
  }

  /** What an answer is about. @throws LapwingError `invalid_credentials`, `not_found` when it is not asked any more. */
  async question(answer: SignedAnswer): Promise<Question> {
    if (!this.#parts.answers.verifies(answer, new Date())) {
      throw new LapwingError(
        'invalid_credentials',
        'This address is wrong, or its time is over: open the one of the e-mail',
      );
    }
    const { sql } = this.#parts.database;
    const run = await store.findRun(sql, answer.runId);
    const block = await store.findBlock(sql, answer.blockId);
    const isOpen = run?.status === 'paused' && block?.status === 'running';
    if (!isOpen || block.runId !== run.runId) throw answered();
    const shown = shownDetails(block);
    const descriptor =
      answer.decision === 'approve' ? shown.positive_descriptor : shown.negative_descriptor;
    return {
      title: run.title,
      instructions: String(shown.instructions ?? ''),
      descriptor: String(descriptor ?? answer.decision),
    };
  }

  /** Gives an answer: the run goes on, or is canceled. @throws LapwingError as {@link question} */
  async decide(answer: SignedAnswer): Promise<Question> {
    const question = await this.question(answer);
    const { runId } = answer;
    const done =
      answer.decision === 'approve'
        ? await this.goOn(runId)
        : await cancelRun(this.#parts, runId, 'paused');
    if (!done) throw answered();
    return question;
  }

  async #change(
    runId: string,
    from: 'running' | 'paused',
    to: 'running' | 'paused',
  ): Promise<boolean> {
    const { database, feed } = this.#parts;
    return database.transaction(async (tx) => {
      const run = await store.updateRunIn(tx, runId, [from], { status: to });
      if (run === undefined) return false;
      await writeStatus(tx, feed, runId, { status: to, failureReason: null });
      return true;
    });
  }
}

/** The note of a block whose question nobody has answered in time. */
const expired = 'unanswered';

const isExpired = (block: store.RunBlockRow | undefined) =>
  (block?.notes as Record<string, unknown> | undefined)?.[expired] === true;

const answered = () =>
  new LapwingError(
    'not_found',
    'Nobody is asked this any more: it was answered already, or the run has ended',
  );
