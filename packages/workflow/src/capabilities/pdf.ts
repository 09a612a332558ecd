import type { JsonValue } from '../json.ts';
import type { FileContent } from './files.ts';

/** A form that was filled. */
export interface FilledPdf {
  readonly bytes: Uint8Array;
  /** The document's fields that were set, with the values that they have now. */
  readonly fields: Readonly<Record<string, JsonValue>>;
  /** Values that went nowhere. */
  readonly skipped: readonly SkippedField[];
  /** Every field of the form. */
  readonly names: readonly string[];
}

export interface SkippedField {
  readonly name: string;
  readonly reason: string;
}

/** What `pages` writes for one part: page numbers from 1, and null for "to the end". */
export interface PageRange {
  readonly from: number;
  readonly to: number | null;
}

export interface SplitPdf {
  readonly pageCount: number;
  /** One for each part that was asked for, in that order; null when it names a page that is not there. */
  readonly parts: readonly (SplitPart | null)[];
}

export interface SplitPart {
  readonly bytes: Uint8Array;
  readonly firstPage: number;
  readonly lastPage: number;
  readonly pageCount: number;
}

/** Changes PDF files. Every call rejects with BlockFailure saying what is wrong with the file. */
export interface PdfCapability {
  /** Sets fields of the document's form by name; null when the document has no form. */
  fill(file: FileContent, values: Readonly<Record<string, JsonValue>>): Promise<FilledPdf | null>;
  /** Copies pages into new documents. */
  split(file: FileContent, parts: readonly (readonly PageRange[])[]): Promise<SplitPdf>;
}
