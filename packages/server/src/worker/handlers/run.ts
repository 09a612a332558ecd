import { interpret, type RunEnvironment, RunStopped } from '@lapwing/workflow';
import { z } from 'zod';
import type { RunsService } from '../../domain/runs/service.ts';
import { type HostTools, RunHost } from '../../host/run-host.ts';
import { newId } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import { type ClaimedJob, JobInterrupted, type JobSlot, type JobVerdict } from '../../queue/job.ts';

const Data = z.object({ run_id: z.string() });

type TakenRun = NonNullable<Awaited<ReturnType<RunsService['execution']['take']>>>;

export interface RunHandlerParts {
  readonly tools: HostTools;
  readonly log: Log;
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
    const run = await execution.take(runId);
    if (run === null) return { kind: 'done' };
    const stop = new RunStop(run, lease);
    const unwatch = execution.onEnded(runId, () => stop.now('canceled', 'The run was canceled'));
    const host = new RunHost(parts.tools, run, {
      signal: stop.signal,
      draining: parts.draining,
      lendSlot: (waiting) => slot.lend(waiting),
    });
    try {
      await host.files.load();
      await carryOut(parts, run, host, stop.signal);
      return { kind: 'done' };
    } catch (error) {
      if (isLost(lease)) return await letGo(host);
      return await giveUp(parts, run, host, error);
    } finally {
      unwatch();
      stop.dispose();
    }
  };
}

/** Another worker may have the run by now: nothing of it may be written here. */
const isLost = (lease: AbortSignal) =>
  lease.reason instanceof JobInterrupted && lease.reason.why === 'lease_lost';

async function letGo(host: RunHost): Promise<JobVerdict> {
  await host.abandon();
  return { kind: 'again' };
}

async function carryOut(
  parts: RunHandlerParts,
  run: TakenRun,
  host: RunHost,
  signal: AbortSignal,
): Promise<void> {
  const { execution } = parts.tools.runs;
  const result = await interpret(run.definition, environmentOf(parts, run, host, signal));
  await host.close();
  await execution.end(run.runId, result);
}

function environmentOf(
  parts: RunHandlerParts,
  run: TakenRun,
  host: RunHost,
  signal: AbortSignal,
): RunEnvironment {
  return {
    runId: run.runId,
    workflowId: run.workflowId,
    workflowPermanentId: run.workflowPermanentId,
    title: run.title,
    parameters: run.parameters,
    browserSessionId: null,
    partial: run.partial,
    journal: parts.tools.runs.execution.journal(run.runId, () => parts.draining.throwIfAborted()),
    capabilities: (blockId) => host.capabilities(blockId),
    newId,
    signal,
  };
}

/** A run that was interrupted goes back to the queue; one that met an error of ours ends, saying so. */
async function giveUp(
  parts: RunHandlerParts,
  run: TakenRun,
  host: RunHost,
  error: unknown,
): Promise<JobVerdict> {
  const { execution } = parts.tools.runs;
  if (error instanceof RunStopped && error.kind === 'interrupted') {
    const left = await host.leaveBrowser();
    await host.close();
    await execution.giveBack(run.runId, left);
    return { kind: 'again' };
  }
  parts.log.error({ err: error, run_id: run.runId }, 'A run ended by an error of Lapwing');
  const reason = `Unexpected error: ${error instanceof Error ? error.message : String(error)}`;
  await host
    .close()
    .catch((closing) =>
      parts.log.error({ err: closing, run_id: run.runId }, 'A run was not wound up'),
    );
  await execution.fail(run.runId, reason);
  return { kind: 'done' };
}

/** The signal of a run: fires when it is canceled, when its time is over, or when its worker has to let go of it. */
class RunStop {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #unlink: () => void;

  constructor(run: TakenRun, lease: AbortSignal) {
    const limit = run.maxElapsedMinutes;
    const left = run.startedAt.getTime() + limit * 60_000 - Date.now();
    const late = `Workflow run exceeded max elapsed runtime limit of ${limit} minutes.`;
    this.#timer = setTimeout(() => this.now('timed_out', late), Math.max(0, left));
    const release = () => this.now('interrupted', 'The worker has to let go of the run');
    lease.addEventListener('abort', release, { once: true });
    this.#unlink = () => lease.removeEventListener('abort', release);
    if (lease.aborted) release();
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
