import { setTimeout as delay } from 'node:timers/promises';
import { isConnectionLost } from './errors.ts';

/** So long a database may be out of reach before whoever waits for it is told. */
const patienceMs = 5 * 60_000;
const firstPauseMs = 100;
const longestPauseMs = 2_000;

/**
 * Does `work` again while the database is out of reach, for up to five minutes. What was under way when the connection was
 * lost may have been committed: `work` must bear to be done twice.
 * @param signal Ends the waiting; what the database said last is thrown then.
 */
export async function outlastOutage<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const givenUpAt = performance.now() + patienceMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await work();
    } catch (error) {
      const isOver = signal.aborted || performance.now() > givenUpAt;
      if (isOver || !isConnectionLost(error)) throw error;
    }
    await delay(pauseMs, undefined, { signal }).catch(() => {});
  }
}
