import { setTimeout as delay } from 'node:timers/promises';

export interface LeaseOptions {
  /** How long the lease lasts without a beat. */
  readonly seconds: number;
  /** Renews it; false when it is no longer ours. */
  readonly renew: () => Promise<boolean>;
  /** Called once, when it was lost or may have been: the database was out of reach for all its time. */
  readonly onLost: () => void;
  readonly onError: (error: unknown) => void;
}

/** Renews a lease three times in its life until the returned function is called. */
export function holdLease(options: LeaseOptions): () => void {
  const lifeMs = options.seconds * 1_000;
  const ended = new AbortController();
  const lose = () => {
    ended.abort();
    options.onLost();
  };
  let deadline = setTimeout(lose, lifeMs);
  ended.signal.addEventListener('abort', () => clearTimeout(deadline));

  const beat = async (): Promise<void> => {
    const sentAt = Date.now();
    const renewed = await options.renew();
    if (ended.signal.aborted) return;
    if (!renewed) return lose();
    clearTimeout(deadline);
    deadline = setTimeout(lose, sentAt + lifeMs - Date.now());
  };
  const keepBeating = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await delay(lifeMs / 3, undefined, { signal: ended.signal }).catch(() => {});
      if (!ended.signal.aborted) await beat().catch(options.onError);
    }
  };
  void keepBeating();
  return () => ended.abort();
}
