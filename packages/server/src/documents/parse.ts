import type { DocumentType, FileContent, JsonValue } from '@lapwing/workflow';
import { type ThreadOptions, workInThread } from './thread.ts';

/** What the worker thread is given. */
export interface ParseTask {
  readonly type: DocumentType;
  readonly filename: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Turns a file into data (shapes: blocks.md §4.12), in a thread of its own. Rejects with DocumentError, or with the
 * signal's reason.
 */
export async function parseDocument(
  file: FileContent,
  type: DocumentType,
  options: ThreadOptions = {},
): Promise<JsonValue> {
  // A Buffer's slice() would be a view on memory that other buffers share, and transferring takes it from them.
  const bytes = new Uint8Array(file.bytes);
  const task: ParseTask = { type, filename: file.filename, bytes };
  return await workInThread<JsonValue>(new URL('./worker.ts', import.meta.url), task, options);
}
