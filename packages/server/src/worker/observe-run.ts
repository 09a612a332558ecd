import type { BlockOutcome, BlockVisit, Journal } from '@lapwing/workflow';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Attributes, Span, SpanScope, Tracer } from '../telemetry/tracer.ts';

/** Where a worker tells what it does. */
export interface Telemetry {
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  /** Runs are carried out within it. */
  readonly scope: SpanScope;
  readonly log: Log;
}

/** A run as it is taken up, as far as it is observed. */
export interface ObservedRun {
  readonly runId: string;
  readonly workflowPermanentId: string;
  /** 1 in its first life. */
  readonly attempt: number;
  readonly createdAt: Date;
  readonly startedAt: Date;
  readonly traceParent: string | null;
}

/** One life of a run, told to metrics and traces. */
export interface RunObservation {
  /** The same journal, which tells of blocks that it is asked and told about. */
  journal(journal: Journal): Journal;
  /** The life is over: the first call says how. @param status How the run ended; null when it did not. */
  end(status: string | null): void;
}

/** A block that is being carried out. */
interface OpenBlock {
  readonly span: Span;
  readonly startedAt: number;
  /** The block within which it is carried out. */
  readonly outer: OpenBlock | null;
}

/** Begins to observe a life of a run: its span, its wait, its blocks. */
export function observeRun(telemetry: Telemetry, run: ObservedRun): RunObservation {
  const { metrics, scope, log } = telemetry;
  const { attempt } = run;
  const startedAt = performance.now();
  if (attempt === 1)
    metrics.runStarted(Math.max(0, run.startedAt.getTime() - run.createdAt.getTime()) / 1000);
  else log.info({ attempt }, 'A run is taken up again');
  const span = telemetry.tracer.start(
    'run',
    { seed: run.runId, traceParent: run.traceParent },
    {
      kind: 'internal',
      attributes: {
        'lapwing.run.id': run.runId,
        'lapwing.workflow.id': run.workflowPermanentId,
        'lapwing.run.attempt': attempt,
      },
    },
  );
  scope.enter(span);
  const blocks = new OpenBlocks(telemetry, run.runId, span);
  let isOver = false;
  return {
    journal: (journal) => observed(journal, blocks),
    end: (status) => {
      if (isOver) return;
      isOver = true;
      blocks.abandon();
      scope.enter(null);
      span.end({
        failed: status !== null && status !== 'completed',
        attributes: status === null ? {} : { 'lapwing.run.status': status },
      });
      const seconds = Math.round(performance.now() - startedAt) / 1000;
      if (status === null) log.info({ attempt, seconds }, 'A run is let go of unfinished');
      else log.info({ status, attempt, seconds }, 'A run has ended');
    },
  };
}

/**
 * Shows work for a run beside its lives, in the same trace.
 * @param work Answers with what went wrong, or null.
 */
export async function observeWork<T extends { readonly failure: string | null }>(
  { tracer, scope }: Pick<Telemetry, 'tracer' | 'scope'>,
  about: {
    readonly name: string;
    readonly run: Pick<ObservedRun, 'runId' | 'traceParent'>;
    readonly attributes: Attributes;
  },
  work: () => Promise<T>,
): Promise<T> {
  const { runId, traceParent } = about.run;
  const span = tracer.start(
    about.name,
    { seed: runId, traceParent },
    { kind: 'internal', attributes: { 'lapwing.run.id': runId, ...about.attributes } },
  );
  return scope.run(async () => {
    scope.enter(span);
    let failed = true;
    try {
      const result = await work();
      failed = result.failure !== null;
      return result;
    } finally {
      span.end({ failed });
    }
  });
}

function observed(journal: Journal, blocks: OpenBlocks): Journal {
  return {
    begin: async (visit) => {
      const start = await journal.begin(visit);
      if (start.finished === null) blocks.begin(visit);
      return start;
    },
    note: (visit, notes) => journal.note(visit, notes),
    progress: (visit, output) => journal.progress(visit, output),
    finish: async (visit, outcome) => {
      await journal.finish(visit, outcome);
      blocks.finish(visit, outcome);
    },
  };
}

/** The blocks of a run that have begun and not ended: one within the other, as a run does one thing at a time. */
class OpenBlocks {
  readonly #telemetry: Telemetry;
  readonly #runId: string;
  readonly #runSpan: Span;
  readonly #byPath = new Map<string, OpenBlock>();
  #innermost: OpenBlock | null = null;

  constructor(telemetry: Telemetry, runId: string, runSpan: Span) {
    this.#telemetry = telemetry;
    this.#runId = runId;
    this.#runSpan = runSpan;
  }

  begin({ block, path, iteration }: BlockVisit): void {
    const outer = this.#innermost;
    const span = (outer?.span ?? this.#runSpan).child(block.block_type, {
      kind: 'internal',
      attributes: {
        'lapwing.run.id': this.#runId,
        'lapwing.block.label': block.label,
        'lapwing.block.type': block.block_type,
        'lapwing.block.path': path,
        ...(iteration !== null && { 'lapwing.block.iteration': iteration.index }),
      },
    });
    const open = { span, startedAt: performance.now(), outer };
    this.#byPath.set(path, open);
    this.#enter(open);
  }

  finish({ block, path }: BlockVisit, { status }: BlockOutcome): void {
    const open = this.#byPath.get(path);
    if (open === undefined) return;
    const seconds = (performance.now() - open.startedAt) / 1000;
    this.#telemetry.metrics.blockEnded({ type: block.block_type, status }, seconds);
    this.#close(path, open, status);
  }

  /** Those that were cut off end with the life of their run. */
  abandon(): void {
    for (const [path, open] of [...this.#byPath].reverse()) this.#close(path, open, 'interrupted');
  }

  #close(path: string, open: OpenBlock, status: string): void {
    const failed = !['completed', 'skipped', 'interrupted'].includes(status);
    open.span.end({ failed, attributes: { 'lapwing.block.status': status } });
    this.#byPath.delete(path);
    this.#enter(open.outer);
  }

  #enter(open: OpenBlock | null): void {
    this.#innermost = open;
    this.#telemetry.scope.enter(open?.span ?? this.#runSpan);
  }
}
