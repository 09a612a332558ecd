import type { UploadsService } from '../domain/uploads/service.ts';
import type { Log } from '../lib/log.ts';

const intervalMs = 10 * 60_000;

/** Removes expired files, now and on a timer. The returned function stops it and waits for the file at hand. */
export function startSweep(parts: {
  readonly uploads: UploadsService;
  readonly log: Log;
}): () => Promise<void> {
  const stopping = new AbortController();
  const sweep = () =>
    parts.uploads.removeExpired(stopping.signal).then(
      (files) => {
        if (files > 0) parts.log.info({ files }, 'Removed files whose time was over');
      },
      (error: unknown) => parts.log.warn({ err: error }, 'Expired files could not be removed'),
    );
  let running = sweep();
  const timer = setInterval(() => {
    running = running.then(sweep);
  }, intervalMs);
  timer.unref();
  return async () => {
    stopping.abort();
    clearInterval(timer);
    await running;
  };
}
