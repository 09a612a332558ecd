import { setTimeout as sleep } from 'node:timers/promises';
import type { RunsService } from '../domain/runs/service.ts';
import type { SchedulesService } from '../domain/schedules/service.ts';
import type { Log } from '../lib/log.ts';
import { WakeUp } from '../queue/wake-up.ts';

/** Longest time between two looks at the clock: a schedule that was saved meanwhile is late by as much. */
const lookMs = 1_000;
/** Runs that end in quick succession are noted together. */
const gatherMs = 200;
/** Longest time between two looks at ended runs: a notification that the database lost costs so much. */
const lookAtEndsMs = 15_000;
/** News about more runs than these are a reason to look at all. */
const maxNews = 1_000;
const repairMs = 30_000;
/** After the database was lost. */
const pauseMs = 2_000;

interface SchedulerParts {
  readonly schedules: SchedulesService;
  readonly runs: RunsService;
  readonly log: Log;
}

/**
 * Fires schedules and heeds how their runs end, until it is stopped. Every worker has one: whoever locks a schedule first
 * fires it. The returned function stops it and waits for the work at hand.
 */
export function startScheduler(parts: SchedulerParts): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loops = [
    repeat(() => watchClock(parts, signal), parts.log, signal),
    repeat(() => watchEnds(parts, signal), parts.log, signal),
    repeat(() => watchDog(parts, signal), parts.log, signal),
  ];
  return async () => {
    stopping.abort();
    await Promise.all(loops);
  };
}

/** Works again and again; what goes wrong is logged and costs a pause. */
async function repeat(work: () => Promise<void>, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, 'Schedules could not be looked at');
      await pause(pauseMs, signal);
    }
  }
}

/** Resolves when the time is over, or the signal fires. */
const pause = (milliseconds: number, signal: AbortSignal) =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined);

async function watchClock({ schedules, log }: SchedulerParts, signal: AbortSignal): Promise<void> {
  const fired = await schedules.firing.fireDue(signal);
  for (const { scheduleId, error } of fired.problems)
    log.error({ err: error, schedule_id: scheduleId }, 'A schedule could not be fired');
  if (fired.late > 0) {
    const seconds = Math.round(fired.longestLateMs / 1000);
    log.warn({ schedules: fired.late, seconds }, 'Schedules were late and have been fired');
  }
  const next = await schedules.firing.nextAt();
  const wait = next === null ? lookMs : Math.min(lookMs, next.getTime() - Date.now());
  // What is due still could not be fired just now.
  await pause(wait > 0 ? wait : lookMs, signal);
}

async function watchEnds({ schedules, runs }: SchedulerParts, signal: AbortSignal): Promise<void> {
  const news = new Set<string>();
  const arrived = new WakeUp();
  const wake = () => arrived.signal();
  const stop = runs.onNews((runId) => {
    if (!schedules.ends.concerns(runId)) return;
    news.add(runId);
    wake();
  });
  signal.addEventListener('abort', wake);
  try {
    await schedules.ends.note(null, signal);
    const everything = performance.now() + lookAtEndsMs;
    while (!signal.aborted && performance.now() < everything) {
      await arrived.wait(everything - performance.now());
      await pause(gatherMs, signal);
      if (signal.aborted || news.size > maxNews) return;
      const runIds = [...news];
      news.clear();
      if (runIds.length > 0) await schedules.ends.note(runIds, signal);
    }
  } finally {
    stop();
    signal.removeEventListener('abort', wake);
  }
}

async function watchDog({ schedules, log }: SchedulerParts, signal: AbortSignal): Promise<void> {
  const repaired = await schedules.firing.repair();
  if (repaired.length > 0)
    log.warn({ schedule_ids: repaired }, 'Schedules had no next instant and have been given one');
  await pause(repairMs, signal);
}
