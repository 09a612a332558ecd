import { BlockFailure, type PdfCapability } from '@lapwing/workflow';
import { DocumentError } from '../documents/document-error.ts';
import { fillPdf, splitPdf } from '../documents/pdf-edit.ts';

/** PDF files, changed in threads of their own until the signal fires. */
export function pdfCapability(signal: AbortSignal): PdfCapability {
  return {
    fill: (file, values) => explained(fillPdf(file, values, { signal })),
    split: (file, parts) => explained(splitPdf(file, parts, { signal })),
  };
}

async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new BlockFailure(error.message, { cause: error });
  }
}
