import type { Readable } from 'node:stream';

/** Bytes to keep: in memory, or a file by its absolute path (copied, not moved). */
export type StorageSource = Uint8Array | { readonly path: string };

export interface StoredObject {
  /** Bytes. */
  readonly size: number;
  /** SHA-256, hex. */
  readonly checksum: string;
}

/** Where the bytes of artifacts are kept, by key (`o_1/wr_2/a_3`). */
export interface Storage {
  /** Durable when it resolves; a key is written once. */
  put(key: string, source: StorageSource): Promise<StoredObject>;
  /** A range counts from 0, both ends included. Rejects with LapwingError `not_found`. */
  open(
    key: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<{ readonly stream: Readable }>;
  /** What is not there is removed already. */
  remove(key: string): Promise<void>;
}
