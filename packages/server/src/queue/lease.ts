import { setTimeout as delay } from 'node:timers/promises';

export interface LeaseOptions {
  /** How long the lease lasts without a beat. */
  readonly seconds: number;
  /**
   * How long it may go without one while the database is out of reach: nobody else can take the job then, or its new
   * holder has it by number and refuses what this one writes. At least `seconds` count.
   */
  readonly patienceSeconds?: number | undefined;
  /** Renews it; false when it is no longer ours. */
  readonly renew: () => Promise<boolean>;
  /** Called once, when it was lost, or when nothing was heard of it for too long. */
  readonly onLost: () => void;
  readonly onError: (error: unknown) => void;
}

/** A lease that could not be renewed is renewed as soon as the database is back: others wait for that only so long. */
const longestRetryMs = 1_000;

/** Renews a lease three times in its life until the returned function is called. */
export function holdLease(options: LeaseOptions): () => void {
  const lifeMs = options.seconds * 1_000;
  const silenceMs = Math.max(options.seconds, options.patienceSeconds ?? 0) * 1_000;
  const beatMs = lifeMs / 3;
  const ended = new AbortController();
  const lose = () => {
    ended.abort();
    options.onLost();
  };
  let deadline = setTimeout(lose, silenceMs);
  ended.signal.addEventListener('abort', () => clearTimeout(deadline));

  const beat = async (): Promise<void> => {
    const sentAt = Date.now();
    const renewed = await options.renew();
    if (ended.signal.aborted) return;
    if (!renewed) return lose();
    clearTimeout(deadline);
    deadline = setTimeout(lose, sentAt + silenceMs - Date.now());
  };
  const pause = (ms: number) => delay(ms, undefined, { signal: ended.signal }).catch(() => {});
  const keepBeating = async (): Promise<void> => {
    let waitMs = beatMs;
    while (!ended.signal.aborted) {
      await pause(waitMs);
      if (ended.signal.aborted) return;
      // A beat that never comes back must not keep the next one from being tried.
      const beaten = beat().then(
        () => true,
        (error: unknown) => {
          options.onError(error);
          return false;
        },
      );
      waitMs = (await Promise.race([beaten, pause(beatMs)]))
        ? beatMs
        : Math.min(beatMs, longestRetryMs);
    }
  };
  void keepBeating();
  return () => ended.abort();
}
