import { Worker } from 'node:worker_threads';
import type { DocumentType, FileContent, JsonValue } from '@lapwing/workflow';
import { DocumentError } from './document-error.ts';

/** What the worker thread is given. */
export interface ParseTask {
  readonly type: DocumentType;
  readonly filename: string;
  readonly bytes: Uint8Array;
}

/** What it answers. */
export type ParseAnswer = { readonly value: JsonValue } | { readonly problem: string };

export interface ParseOptions {
  readonly signal?: AbortSignal;
  /** Longest time for one file. Default 60. */
  readonly seconds?: number;
  /** Largest heap for one file, in MiB. Default 512. */
  readonly heapMegabytes?: number;
}

function startWorker(file: FileContent, type: DocumentType, heapMegabytes: number): Worker {
  // A Buffer's slice() would be a view on memory that other buffers share, and transferring takes it from them.
  const bytes = new Uint8Array(file.bytes);
  const task: ParseTask = { type, filename: file.filename, bytes };
  return new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: task,
    transferList: [bytes.buffer],
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
 * Turns a file into data (shapes: blocks.md §4.12). Runs in a thread of its own, bounded in time and memory, because a
 * hostile file can keep a parser busy for ever. Rejects with {@link DocumentError}, or with the signal's reason.
 */
export async function parseDocument(
  file: FileContent,
  type: DocumentType,
  options: ParseOptions = {},
): Promise<JsonValue> {
  const { signal, seconds = 60, heapMegabytes = 512 } = options;
  signal?.throwIfAborted();
  const worker = startWorker(file, type, heapMegabytes);
  const { promise, resolve, reject } = Promise.withResolvers<ParseAnswer>();
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
