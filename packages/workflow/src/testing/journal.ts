import type { BlockOutcome, BlockVisit, Journal, VisitStart } from '../interpreter/journal.ts';
import type { JsonObject, JsonValue } from '../json.ts';

/** One thing that the journal was told, in order. */
export type JournalEvent =
  | { readonly kind: 'begin'; readonly path: string; readonly parentPath: string | null }
  | { readonly kind: 'note'; readonly path: string; readonly notes: JsonObject }
  | { readonly kind: 'progress'; readonly path: string; readonly output: JsonValue }
  | { readonly kind: 'finish'; readonly path: string; readonly outcome: BlockOutcome };

/** A journal in memory, for tests. */
export interface MemoryJournal extends Journal {
  /** What was recorded; events that repeat what is known already (a replayed `begin`) are left out. */
  readonly events: readonly JournalEvent[];
  /** How the visit with this path ended; undefined while it has not. */
  outcome(path: string): BlockOutcome | undefined;
  /** A journal as a crash would leave it: it knows the first `count` events only. */
  after(count: number): MemoryJournal;
}

/** An empty journal, or one that knows some events already. */
export function memoryJournal(known: readonly JournalEvent[] = []): MemoryJournal {
  const events: JournalEvent[] = [];
  const rows = new Map<string, VisitStart>();

  function change(path: string, fields: Partial<VisitStart>): void {
    const row = rows.get(path);
    if (row === undefined) {
      throw new Error(`${path} was not begun`);
    }
    if (row.finished !== null) {
      throw new Error(`${path} is finished and cannot change`);
    }
    rows.set(path, { ...row, ...fields });
  }

  function apply(event: JournalEvent): void {
    if (event.kind === 'begin') {
      rows.set(event.path, { blockId: `wrb_${rows.size + 1}`, finished: null, notes: {} });
    } else if (event.kind === 'finish') {
      change(event.path, { finished: event.outcome });
    } else {
      change(event.path, event.kind === 'note' ? { notes: event.notes } : {});
    }
    events.push(event);
  }

  for (const event of known) {
    apply(event);
  }
  return {
    events,
    outcome: (path) => rows.get(path)?.finished ?? undefined,
    after: (count) => memoryJournal(events.slice(0, count)),
    async begin({ path, parentPath }: BlockVisit) {
      if (!rows.has(path)) {
        apply({ kind: 'begin', path, parentPath });
      }
      return rows.get(path) as VisitStart;
    },
    async note({ path }, notes) {
      apply({ kind: 'note', path, notes });
    },
    async progress({ path }, output) {
      apply({ kind: 'progress', path, output });
    },
    async finish({ path }, outcome) {
      apply({ kind: 'finish', path, outcome });
    },
  };
}
