import type { WriteStream } from 'node:fs';

/** Ends a file that is being written, and resolves when all of it is there. */
export async function endOf(file: WriteStream | null): Promise<void> {
  if (file === null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  file.on('close', resolve);
  if (file.closed) resolve();
  file.end();
  await promise;
}
