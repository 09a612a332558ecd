import { interpret, type RunEnvironment, RunStopped } from '@lapwing/workflow';
import { z } from 'zod';
import { type RunsService, timeLimitReason } from '../../domain/runs/service.ts';
import { type HostTools, RunHost } from '../../host/run-host.ts';
import { newId } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import { type ClaimedJob, JobInterrupted, type JobSlot, type JobVerdict } from '../../queue/job.ts';
import { observeRun, type RunObservation, type Telemetry } from '../observe-run.ts';

const Data = z.object({ run_id: z.string() });

type RunJournal = ReturnType<RunsService['execution']['journal']>;
type TakenRun = NonNullable<Awaited<ReturnType<RunsService['execution']['take']>>>;

export interface RunHandlerParts {
  readonly tools: HostTools;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /**
   * Fires when the worker shuts down, with a RunStopped: no further block begins, those that work have their time, those
   * that only wait for somebody are left at once.
   */
  readonly draining: AbortSignal;
}

/** Carries out one run: takes it up, interprets it, ends it; or gives it back when the worker stops. */
export function runHandler(parts: RunHandlerParts) {
  const { execution } = parts.tools.runs;
  return async (job: ClaimedJob, lease: AbortSignal, slot: JobSlot): Promise<JobVerdict> => {
    const { run_id: runId } = Data.parse(job.data);
    const stop = new RunStop(lease);
    const unwatch = execution.onEnded(runId, () => stop.now('canceled', 'The run was canceled'));
    try {
      const run = await execution.take(runId);
      if (run === null) return { kind: 'done' };
      stop.limit(run);
      return await carry(parts, run, { stop, lease, slot, unwatch });
    } finally {
      unwatch();
      stop.dispose();
    }
  };
}

/** How a run that was taken up may be stopped. */
interface Stops {
  readonly stop: RunStop;
  readonly lease: AbortSignal;
  readonly slot: JobSlot;
  /** Heeds no more that others end the run: it is over. */
  readonly unwatch: () => void;
}

/** Carries a run out that was taken up. */
async function carry(parts: RunHandlerParts, run: TakenRun, stops: Stops): Promise<JobVerdict> {
  const { stop, lease, slot } = stops;
  const { execution } = parts.tools.runs;
  const observation = observeRun(parts.telemetry, run);
  const host = new RunHost(parts.tools, run, {
    signal: stop.signal,
    draining: parts.draining,
    lendSlot: (waiting) => slot.lend(waiting),
  });
  const journal = execution.journal(run, {
    beforeBlock: () => parts.draining.throwIfAborted(),
    browserState: () => host.browser.changedState(),
  });
  const inHand = { run, host, journal, observation };
  try {
    await host.resume();
    await carryOut(parts, inHand, stops);
    return { kind: 'done' };
  } catch (error) {
    if (isLost(lease.reason) || isLost(error)) return await letGo(host);
    return await giveUp(parts, inHand, error);
  } finally {
    observation.end(null);
  }
}

/** Another worker may have the run by now: nothing of it may be written here. */
const isLost = (reason: unknown) => reason instanceof JobInterrupted && reason.why === 'lease_lost';

async function letGo(host: RunHost): Promise<JobVerdict> {
  await host.abandon();
  return { kind: 'again' };
}

/** A run that is being carried out. */
interface RunInHand {
  readonly run: TakenRun;
  readonly host: RunHost;
  readonly journal: RunJournal;
  readonly observation: RunObservation;
}

async function carryOut(parts: RunHandlerParts, inHand: RunInHand, stops: Stops): Promise<void> {
  const { run, host, journal, observation } = inHand;
  const { execution } = parts.tools.runs;
  const result = await interpret(run.definition, environmentOf(inHand, stops.stop.signal));
  stops.unwatch();
  // Until a browser has been wound up, time goes by; otherwise the last block is written with the end of the run.
  if (host.browser.isOpen) await journal.settle();
  await host.close();
  await execution.end(run, result, journal);
  observation.end(result.status);
}

function environmentOf(inHand: RunInHand, signal: AbortSignal): RunEnvironment {
  const { run, host, journal, observation } = inHand;
  return {
    runId: run.runId,
    workflowId: run.workflowId,
    workflowPermanentId: run.workflowPermanentId,
    title: run.title,
    parameters: run.parameters,
    browserSessionId: null,
    partial: run.partial,
    journal: observation.journal(journal),
    capabilities: (blockId) => host.capabilities(blockId),
    newId,
    signal,
  };
}

/** A run that was interrupted goes back to the queue; one that met an error of ours ends, saying so. */
async function giveUp(
  parts: RunHandlerParts,
  { run, host, journal, observation }: RunInHand,
  error: unknown,
): Promise<JobVerdict> {
  const { execution } = parts.tools.runs;
  if (error instanceof RunStopped && error.kind === 'interrupted') {
    await journal.settle();
    await execution.giveBack(run, await host.giveBack());
    return { kind: 'again' };
  }
  parts.log.error({ err: error }, 'A run ended by an error of Lapwing');
  const reason = `Unexpected error: ${error instanceof Error ? error.message : String(error)}`;
  await host
    .close()
    .catch((closing) => parts.log.error({ err: closing }, 'A run was not wound up'));
  await journal.settle().catch(() => {});
  await execution.fail(run, reason);
  observation.end('failed');
  return { kind: 'done' };
}

/** The signal of a run: fires when it is canceled, when its time is over, or when its worker has to let go of it. */
class RunStop {
  readonly #controller = new AbortController();
  readonly #unlink: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(lease: AbortSignal) {
    const release = () => this.now('interrupted', 'The worker has to let go of the run');
    lease.addEventListener('abort', release, { once: true });
    this.#unlink = () => lease.removeEventListener('abort', release);
    if (lease.aborted) release();
  }

  /** Ends the run when its time is over. */
  limit({ maxElapsedMinutes, startedAt }: TakenRun): void {
    const left = startedAt.getTime() + maxElapsedMinutes * 60_000 - Date.now();
    const end = () => this.now('timed_out', timeLimitReason(maxElapsedMinutes));
    this.#timer = setTimeout(end, Math.max(0, left));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  now(kind: RunStopped['kind'], message: string): void {
    this.#controller.abort(new RunStopped(kind, message));
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#unlink();
  }
}
