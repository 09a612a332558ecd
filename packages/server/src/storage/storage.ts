import type { Readable } from 'node:stream';

/** Bytes to keep: in memory, or a file by its absolute path (copied, not moved). */
export type StorageSource = Uint8Array | { readonly path: string };

export interface StoredObject {
  /** Bytes. */
  readonly size: number;
  /** SHA-256, hex. */
  readonly checksum: string;
}

/** From 0, both ends included. */
export interface StorageRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the bytes of artifacts are kept, by key (`o_1/wr_2/a_3`). A storage that is reached over a network rejects with
 * LapwingError `unavailable` when it stays out of reach or refuses. A signal that fires rejects what waits with its reason.
 */
export interface Storage {
  /** Durable and whole when it resolves; nothing is kept when it rejects. A key is written once. */
  put(key: string, source: StorageSource, signal?: AbortSignal): Promise<StoredObject>;
  /**
   * The stream holds nothing back in memory; the signal ends it too. What lies behind the end is left out. Rejects with
   * LapwingError `not_found`.
   */
  open(
    key: string,
    range?: StorageRange,
    signal?: AbortSignal,
  ): Promise<{ readonly stream: Readable }>;
  /** What is not there is removed already. */
  remove(key: string, signal?: AbortSignal): Promise<void>;
  /**
   * The same for work that cannot be told to come back later: it waits minutes, not seconds, for a storage that is out of
   * reach. It gives up when the signal fires.
   */
  patient(signal: AbortSignal): Storage;
}

const keyPattern = /^[\w-]+(?:\/[\w-]+)*$/;

/** @throws when it is no key: one could lead to a foreign place. */
export function checkKey(key: string): void {
  if (!keyPattern.test(key)) throw new Error(`${JSON.stringify(key)} is no storage key`);
}
