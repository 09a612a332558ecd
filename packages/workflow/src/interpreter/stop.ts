import { RunStopped } from '../errors.ts';

/** The stop that was asked for from outside; null while the run may go on. */
export function stopOf(signal: AbortSignal): RunStopped | null {
  if (!signal.aborted) {
    return null;
  }
  return signal.reason instanceof RunStopped
    ? signal.reason
    : new RunStopped('canceled', String(signal.reason));
}

/**
 * The same, for a place that can end the run: a run that is only interrupted has no end to report.
 * @throws RunStopped of kind `interrupted`
 */
export function finalStopOf(
  signal: AbortSignal,
): { readonly kind: 'canceled' | 'timed_out'; readonly message: string } | null {
  const stop = stopOf(signal);
  if (stop === null) {
    return null;
  }
  if (stop.kind === 'interrupted') {
    throw stop;
  }
  return { kind: stop.kind, message: stop.message };
}
