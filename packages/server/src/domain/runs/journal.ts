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
import type { Seal } from '../../lib/seal.ts';
import { wireTime } from '../../lib/time.ts';
import { JobInterrupted } from '../../queue/job.ts';
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

/** What a journal is told about its run. */
export interface JournalHooks {
  /** Called before each block; it throws to stop the run there. */
  readonly beforeBlock: () => void;
  /** Called after each block: how the run's browser stands now; null when it stands as it did. */
  readonly browserState: () => Promise<string | null>;
}

/** Something that is written into the journal. */
interface Entry {
  /** False when it stands there already: the transaction that wrote it was committed, though nobody was told. */
  readonly write: (tx: Sql) => Promise<boolean>;
  /** Told if it is written now. */
  readonly event: JournalEvent | null;
}

/** What is told of something that was written. */
export interface JournalEvent {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/**
 * The journal of one run: the rows of its blocks, the events that tell of them, and where its browser stood after each.
 * The end of a block is written together with the beginning of the next: one transaction for each block.
 */
export class RunJournal implements Journal {
  readonly #database: Database;
  readonly #feed: RunFeed;
  readonly #life: store.RunLifeRef;
  /** What an earlier life of the run has written, by path; read at the first block. */
  #known: Promise<ReadonlyMap<string, store.RunBlockRow>> | null = null;
  /** Ids and starts of the rows that this life of the run has seen, by path. */
  readonly #rows = new Map<string, { blockId: string; startedAt: Date }>();
  /** Ends of blocks that are still to be written. */
  #pending: readonly Entry[] = [];
  readonly #seal: Seal;
  readonly #hooks: JournalHooks;

  constructor(options: {
    database: Database;
    feed: RunFeed;
    seal: Seal;
    life: store.RunLifeRef;
    hooks: JournalHooks;
  }) {
    this.#database = options.database;
    this.#feed = options.feed;
    this.#seal = options.seal;
    this.#life = options.life;
    this.#hooks = options.hooks;
  }

  async begin(visit: BlockVisit): Promise<VisitStart> {
    const known = (await this.#earlier()).get(visit.path);
    if (known !== undefined) {
      this.#rows.set(visit.path, { blockId: known.blockId, startedAt: known.createdAt });
      const finished = outcomeOf(known);
      if (finished === null) {
        this.#hooks.beforeBlock();
        await this.settle();
      }
      return { blockId: known.blockId, finished, notes: known.notes as JsonObject };
    }
    this.#hooks.beforeBlock();
    const blockId = newId('wrb');
    const startedAt = new Date();
    await this.#write({
      write: (tx) => store.insertBlock(tx, this.#rowOf(visit, blockId, startedAt)),
      event: {
        type: 'block.started',
        data: { ...eventOf(visit, blockId), created_at: wireTime(startedAt) },
      },
    });
    this.#rows.set(visit.path, { blockId, startedAt });
    return { blockId, finished: null, notes: {} };
  }

  /** A run in its first life has none. */
  async #earlier(): Promise<ReadonlyMap<string, store.RunBlockRow>> {
    if (this.#life.attempt === 1) return new Map();
    this.#known ??= store
      .listBlocks(this.#database.sql, this.#life.runId)
      .then((rows) => new Map(rows.map((row) => [row.path, row])));
    return this.#known;
  }

  #rowOf(visit: BlockVisit, blockId: string, startedAt: Date) {
    return {
      blockId,
      runId: this.#life.runId,
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
    await this.#change(visit, { notes: storable({ ...notes }) });
  }

  async progress(visit: BlockVisit, output: JsonValue): Promise<void> {
    await this.#change(visit, { output: { value: storable(output) } });
  }

  async #change(visit: BlockVisit, change: Parameters<typeof store.updateBlock>[2]): Promise<void> {
    const { blockId } = this.#row(visit);
    const write = (tx: Sql) => store.updateBlock(tx, blockId, change).then(() => true);
    await this.#write({ write, event: null });
  }

  async finish(visit: BlockVisit, outcome: BlockOutcome): Promise<void> {
    const { blockId, startedAt } = this.#row(visit);
    const finishedAt = new Date();
    const durationSeconds = (finishedAt.getTime() - startedAt.getTime()) / 1000;
    const state = await this.#hooks.browserState();
    const finished = {
      status: outcome.status,
      output: outcome.output === undefined ? null : { value: storable(outcome.output) },
      failureReason: storable(outcome.failureReason),
      errors: storable([...outcome.errors]),
      details: storable({ ...outcome.details }),
      finishedAt,
      durationSeconds,
    };
    const { status, failureReason } = finished;
    const data = {
      ...eventOf(visit, blockId),
      ...{ status, duration: durationSeconds, failure_reason: failureReason },
      created_at: wireTime(finishedAt),
    };
    this.#pending = [
      ...this.#pending,
      {
        write: async (tx) => {
          if (state !== null) await this.#saveBrowser(tx, state);
          return store.finishBlock(tx, blockId, finished);
        },
        event: { type: 'block.finished', data },
      },
    ];
  }

  #saveBrowser(tx: Sql, state: string): Promise<void> {
    const saving = store.saveBrowser(tx, this.#life.runId, {
      stateSealed: this.#seal.seal(state),
    });
    return this.#database.sendAlong(tx, saving);
  }

  #row(visit: BlockVisit): { blockId: string; startedAt: Date } {
    const row = this.#rows.get(visit.path);
    if (row === undefined)
      throw new Error(`The journal was told of block ${visit.path} before it began`);
    return row;
  }

  /** Resolves when all that was told is durable. */
  async settle(): Promise<void> {
    if (this.#pending.length > 0) await this.#write();
  }

  /**
   * Writes what is pending in the transaction that ends the run.
   * @returns The events to be told of it there.
   */
  writeLast(tx: Sql): Promise<readonly JournalEvent[]> {
    return writeAll(tx, this.#pending);
  }

  /**
   * What is pending goes first. When the transaction fails it stays pending.
   * @throws JobInterrupted when another worker has taken the run up: nothing is written then.
   */
  async #write(...more: readonly Entry[]): Promise<void> {
    const { runId } = this.#life;
    const entries = [...this.#pending, ...more];
    await this.#database.transaction(async (tx) => {
      const [isOurs, events] = await Promise.all([
        store.holdLife(tx, this.#life),
        writeAll(tx, entries),
      ]);
      if (!isOurs) throw new JobInterrupted('lease_lost');
      for (const event of events) await this.#feed.append(tx, { runId, ...event });
      if (entries.some(({ event }) => event === null)) await this.#feed.announce(tx, runId);
    });
    this.#pending = [];
  }
}

/** Writes entries, none of which waits for another. @returns The events of those that are news. */
async function writeAll(tx: Sql, entries: readonly Entry[]): Promise<readonly JournalEvent[]> {
  const written = await Promise.all(
    entries.map(async ({ write, event }) => ((await write(tx)) ? event : null)),
  );
  return written.filter((event) => event !== null);
}

function eventOf(visit: BlockVisit, blockId: string) {
  return {
    workflow_run_block_id: blockId,
    label: visit.block.label,
    block_type: visit.block.block_type,
    current_index: visit.iteration?.index ?? null,
  };
}
