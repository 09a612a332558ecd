import type {
  BlockOutcome,
  BlockVisit,
  Journal,
  JsonObject,
  JsonValue,
  RunError,
  VisitStart,
} from '@lapwing/workflow';
import type { Database, Sql } from '../../db/database.ts';
import { newId } from '../../lib/ids.ts';
import { wireTime } from '../../lib/time.ts';
import type { RunFeed } from './feed.ts';
import { storable } from './storable.ts';
import * as store from './store.ts';

function outcomeOf(row: store.RunBlockRow): BlockOutcome | null {
  if (row.status === 'running') return null;
  return {
    status: row.status as BlockOutcome['status'],
    ...(row.output !== null && { output: row.output.value as JsonValue }),
    failureReason: row.failureReason,
    errors: row.errors as RunError[],
    details: row.details as JsonObject,
  };
}

/** The journal of one run: the rows of its blocks, and the events that tell of them. */
export class RunJournal implements Journal {
  readonly #database: Database;
  readonly #feed: RunFeed;
  readonly #runId: string;
  /** What an earlier life of the run has written, by path; read at the first block. */
  #known: Promise<ReadonlyMap<string, store.RunBlockRow>> | null = null;
  /** Ids and starts of the rows that this life of the run has seen, by path. */
  readonly #rows = new Map<string, { blockId: string; startedAt: Date }>();
  readonly #beforeBlock: () => void;

  /** @param beforeBlock Called before each block; it throws to stop the run there. */
  constructor(options: {
    database: Database;
    feed: RunFeed;
    runId: string;
    beforeBlock: () => void;
  }) {
    this.#database = options.database;
    this.#feed = options.feed;
    this.#runId = options.runId;
    this.#beforeBlock = options.beforeBlock;
  }

  async begin(visit: BlockVisit): Promise<VisitStart> {
    const known = (await this.#earlier()).get(visit.path);
    if (known !== undefined) {
      this.#rows.set(visit.path, { blockId: known.blockId, startedAt: known.createdAt });
      const finished = outcomeOf(known);
      if (finished === null) this.#beforeBlock();
      return { blockId: known.blockId, finished, notes: known.notes as JsonObject };
    }
    this.#beforeBlock();
    const blockId = newId('wrb');
    const startedAt = new Date();
    await this.#write(async (tx) => {
      await store.insertBlock(tx, this.#rowOf(visit, blockId, startedAt));
      await store.appendEvent(tx, this.#runId, 'block.started', {
        ...eventOf(visit, blockId),
        created_at: wireTime(startedAt),
      });
    });
    this.#rows.set(visit.path, { blockId, startedAt });
    return { blockId, finished: null, notes: {} };
  }

  #earlier(): Promise<ReadonlyMap<string, store.RunBlockRow>> {
    this.#known ??= store
      .listBlocks(this.#database.sql, this.#runId)
      .then((rows) => new Map(rows.map((row) => [row.path, row])));
    return this.#known;
  }

  #rowOf(visit: BlockVisit, blockId: string, startedAt: Date) {
    return {
      blockId,
      runId: this.#runId,
      path: visit.path,
      parentBlockId:
        visit.parentPath === null ? null : (this.#rows.get(visit.parentPath)?.blockId ?? null),
      label: visit.block.label,
      blockType: visit.block.block_type,
      status: 'running',
      continueOnFailure: visit.block.continue_on_failure,
      currentIndex: visit.iteration?.index ?? null,
      currentValue: visit.iteration === null ? null : { value: storable(visit.iteration.value) },
      createdAt: startedAt,
    };
  }

  async note(visit: BlockVisit, notes: JsonObject): Promise<void> {
    await store.updateBlock(this.#database.sql, this.#row(visit).blockId, {
      notes: storable({ ...notes }),
    });
  }

  async progress(visit: BlockVisit, output: JsonValue): Promise<void> {
    await store.updateBlock(this.#database.sql, this.#row(visit).blockId, {
      output: { value: storable(output) },
    });
  }

  async finish(visit: BlockVisit, outcome: BlockOutcome): Promise<void> {
    const { blockId, startedAt } = this.#row(visit);
    const finishedAt = new Date();
    const durationSeconds = (finishedAt.getTime() - startedAt.getTime()) / 1000;
    await this.#write(async (tx) => {
      await store.updateBlock(tx, blockId, {
        status: outcome.status,
        output: outcome.output === undefined ? null : { value: storable(outcome.output) },
        failureReason: storable(outcome.failureReason),
        errors: storable([...outcome.errors]),
        details: storable({ ...outcome.details }),
        finishedAt,
        durationSeconds,
      });
      await store.appendEvent(tx, this.#runId, 'block.finished', {
        ...eventOf(visit, blockId),
        status: outcome.status,
        duration: durationSeconds,
        failure_reason: storable(outcome.failureReason),
        created_at: wireTime(finishedAt),
      });
    });
  }

  #row(visit: BlockVisit): { blockId: string; startedAt: Date } {
    const row = this.#rows.get(visit.path);
    if (row === undefined)
      throw new Error(`The journal was told of block ${visit.path} before it began`);
    return row;
  }

  async #write(work: (tx: Sql) => Promise<void>): Promise<void> {
    await this.#database.transaction(async (tx) => {
      await work(tx);
      await this.#feed.announce(tx, this.#runId);
    });
  }
}

function eventOf(visit: BlockVisit, blockId: string) {
  return {
    workflow_run_block_id: blockId,
    label: visit.block.label,
    block_type: visit.block.block_type,
    current_index: visit.iteration?.index ?? null,
  };
}
