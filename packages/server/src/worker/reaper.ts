import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reapOrphans } from '../browser/orphans.ts';
import type { RunsService } from '../domain/runs/service.ts';
import type { Log } from '../lib/log.ts';

/** How often a worker looks for what dead workers of its host have left behind. */
const intervalMs = 30_000;
/** A worker may still be winding up a run that has ended. */
const windingUpMs = 3_600_000;

export interface ReaperOptions {
  /** Folder of the browsers' user-data directories. */
  readonly browsers: string;
  /** Folder of the runs' folders. */
  readonly runFolders: string;
  readonly runs: RunsService;
  readonly log: Log;
}

/**
 * Ends the browsers of dead workers, and removes their folders, now and on a timer: but for runs that may still be taken up
 * again. Resolves after the first time; the returned function stops it.
 */
export async function startReaper(options: ReaperOptions): Promise<() => Promise<void>> {
  const { log } = options;
  const reap = () =>
    reapOnce(options).catch((error: unknown) =>
      log.warn({ err: error }, 'What dead workers left behind could not be cleared away'),
    );
  let running = reap();
  await running;
  const timer = setInterval(() => {
    running = running.then(reap);
  }, intervalMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

async function reapOnce({ browsers, runFolders, runs, log }: ReaperOptions): Promise<void> {
  const { execution } = runs;
  const ended = await reapOrphans(browsers, (runIds) => execution.openPlaces(runIds));
  if (ended > 0) log.warn({ browsers: ended }, 'Ended browsers that a dead worker left behind');
  const names = await readdir(runFolders).catch(() => []);
  if (names.length === 0) return;
  for (const runId of await execution.endedBefore(names, new Date(Date.now() - windingUpMs)))
    await rm(join(runFolders, runId), { recursive: true, force: true });
}
