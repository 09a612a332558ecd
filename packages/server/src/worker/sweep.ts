import { setTimeout as delay } from 'node:timers/promises';
import type { RunsService } from '../domain/runs/service.ts';
import type { UploadsService } from '../domain/uploads/service.ts';
import type { Log } from '../lib/log.ts';

const filesMs = 10 * 60_000;
const runsMs = 5_000;

interface Chore {
  readonly everyMs: number;
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** What is logged when it fails. */
  readonly failure: string;
}

/**
 * Removes expired files and mends runs that nobody would go on with, now and again and again. The returned function stops
 * it and waits for what is at hand.
 */
export function startSweep(parts: {
  readonly uploads: UploadsService;
  readonly runs: RunsService;
  readonly log: Log;
}): () => Promise<void> {
  const { uploads, runs, log } = parts;
  const stopping = new AbortController();
  const chores: readonly Chore[] = [
    {
      everyMs: filesMs,
      failure: 'Expired files could not be removed',
      work: async (signal) => {
        const files = await uploads.removeExpired(signal);
        if (files > 0) log.info({ files }, 'Removed files whose time was over');
      },
    },
    {
      everyMs: runsMs,
      failure: 'Runs that nobody goes on with could not be looked for',
      work: async (signal) => {
        for (const [runId, remedy] of await runs.upkeep.mend(signal))
          log.warn({ run_id: runId, remedy }, 'Nobody would have gone on with a run');
      },
    },
  ];
  const running = chores.map((chore) => repeat(chore, stopping.signal, log));
  return async () => {
    stopping.abort();
    await Promise.all(running);
  };
}

async function repeat({ everyMs, work, failure }: Chore, signal: AbortSignal, log: Log) {
  while (!signal.aborted) {
    await work(signal).catch((error: unknown) => log.warn({ err: error }, failure));
    // Not all workers at the same time.
    const pause = everyMs * (0.8 + 0.4 * Math.random());
    await delay(pause, undefined, { signal, ref: false }).catch(() => {});
  }
}
