import { Worker } from 'node:worker_threads';
import { DocumentError } from './document-error.ts';

/** What a thread answers: its value, or what is wrong with the file. */
export type ThreadAnswer<T> = { readonly value: T } | { readonly problem: string };

export interface ThreadOptions {
  readonly signal?: AbortSignal;
  /** Longest time for one file. Default 60. */
  readonly seconds?: number;
  /** Largest heap for one file, in MiB. Default 512. */
  readonly heapMegabytes?: number;
}

function startWorker(
  script: URL,
  task: { readonly bytes: Uint8Array<ArrayBuffer> },
  heapMegabytes: number,
): Worker {
  return new Worker(script, {
    workerData: task,
    transferList: [task.bytes.buffer],
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    env: {},
    execArgv: [],
    // Parsers write warnings about odd files; they are not for our log.
    stdout: true,
    stderr: true,
  });
}

function crashOf(error: unknown, heapMegabytes: number): DocumentError {
  const isMemory =
    error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  const text = isMemory
    ? `reading it needs more than ${heapMegabytes} MB of memory`
    : `its reader failed: ${error instanceof Error ? error.message : String(error)}`;
  return new DocumentError(text, { cause: error });
}

/**
 * Works on a file in a thread of its own, bounded in time and memory, because a hostile file can keep a parser busy for
 * ever. Rejects with {@link DocumentError}, or with the signal's reason.
 * @param script Reads the task from `workerData` and posts one {@link ThreadAnswer}.
 * @param task Its `bytes` are handed over: the caller must not use them again.
 */
export async function workInThread<T>(
  script: URL,
  task: { readonly bytes: Uint8Array<ArrayBuffer> },
  options: ThreadOptions,
): Promise<T> {
  const { signal, seconds = 60, heapMegabytes = 512 } = options;
  signal?.throwIfAborted();
  const worker = startWorker(script, task, heapMegabytes);
  const { promise, resolve, reject } = Promise.withResolvers<ThreadAnswer<T>>();
  const stop = () => reject(signal?.reason);
  const late = () => reject(new DocumentError(`reading it took longer than ${seconds} seconds`));
  const timer = setTimeout(late, seconds * 1000);
  signal?.addEventListener('abort', stop, { once: true });
  worker.once('message', resolve);
  worker.once('error', (error) => reject(crashOf(error, heapMegabytes)));
  worker.once('exit', (code) => reject(crashOf(`exit code ${code}`, heapMegabytes)));
  try {
    const answer = await promise;
    if ('problem' in answer) throw new DocumentError(answer.problem);
    return answer.value;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
