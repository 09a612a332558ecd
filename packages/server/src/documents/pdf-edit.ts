import type { FileContent, FilledPdf, JsonValue, PageRange, SplitPdf } from '@lapwing/workflow';
import { type ThreadOptions, workInThread } from './thread.ts';

/** What the thread is given. */
export type PdfTask =
  | {
      readonly kind: 'fill';
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly values: Readonly<Record<string, JsonValue>>;
    }
  | {
      readonly kind: 'split';
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly parts: readonly (readonly PageRange[])[];
    };

const script = () => new URL('./pdf-worker.ts', import.meta.url);

/**
 * Sets fields of a PDF's form, in a thread of its own; null when it has no form. Rejects with DocumentError, or with the
 * signal's reason.
 */
export async function fillPdf(
  file: FileContent,
  values: Readonly<Record<string, JsonValue>>,
  options: ThreadOptions = {},
): Promise<FilledPdf | null> {
  const task: PdfTask = { kind: 'fill', bytes: new Uint8Array(file.bytes), values };
  return await workInThread<FilledPdf | null>(script(), task, options);
}

/** Copies pages of a PDF into new ones, in a thread of its own. Rejects as {@link fillPdf}. */
export async function splitPdf(
  file: FileContent,
  parts: readonly (readonly PageRange[])[],
  options: ThreadOptions = {},
): Promise<SplitPdf> {
  const task: PdfTask = { kind: 'split', bytes: new Uint8Array(file.bytes), parts };
  return await workInThread<SplitPdf>(script(), task, options);
}
