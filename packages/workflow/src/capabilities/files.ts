import type { JsonValue } from '../json.ts';

/** A file kept for the run, in the wire shape of `FileInfo` (openapi.json). */
export interface StoredFile {
  /** Signed address of the content; signed anew whenever the run is read. */
  readonly url: string;
  /** SHA-256, hex. */
  readonly checksum: string;
  readonly filename: string;
  /** Bytes. */
  readonly file_size: number;
  /** Naive UTC time, ISO 8601. */
  readonly modified_at: string;
  readonly artifact_id: string;
}

export interface FileContent {
  readonly filename: string;
  readonly contentType: string | null;
  readonly bytes: Uint8Array;
}

/** The files of the run: downloads of its browser and what its blocks made. */
export interface FilesCapability {
  /**
   * Reads a file that a block names: an address of one of this run's files, any http(s) address (egress policy
   * applies), or `file_path` of a file of this run. Rejects with BlockFailure naming the reference.
   */
  read(reference: string, options: { readonly maxBytes: number }): Promise<FileContent>;
  /**
   * Fetches what a block names, as {@link read} does, to where code finds it. Resolves with its path, which `read` knows
   * too: as long as this life of the run lasts, unless it is a file of the run.
   */
  fetch(reference: string, options: { readonly maxBytes: number }): Promise<string>;
  /** Keeps bytes as a file of the run. A name already taken gets `_1`, `_2`, … before its extension. */
  save(file: FileContent): Promise<StoredFile>;
  /**
   * Every file of the run so far, oldest first. Waits for downloads that have begun, 30 s at most and once for each.
   */
  list(): Promise<readonly StoredFile[]>;
  /** The path under which later blocks may name a file: `downloads/<filename>`. */
  path(file: StoredFile): string;
}

export type DocumentType = 'csv' | 'excel' | 'pdf' | 'docx' | 'json' | 'zip' | 'text';

/** Turns bytes into data (reference: blocks.md §4.12). */
export interface DocumentsCapability {
  /** The type by content and name; null when it is none of {@link DocumentType}. */
  detect(file: FileContent): DocumentType | null;
  /** Rejects with BlockFailure saying what is wrong with the file. */
  parse(file: FileContent, type: DocumentType): Promise<JsonValue>;
}
