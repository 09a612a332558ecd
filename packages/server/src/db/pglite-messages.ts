/** What the main thread and the thread of the embedded database say to each other. */

/** What the thread is started with. */
export interface PgliteWorkerData {
  /** The data directory of PostgreSQL. */
  readonly directory: string;
  /** A packed database to begin with; null initialises an empty one. Ignored where a database is. */
  readonly seedFile: string | null;
}

export type PgliteRequest =
  /** Whole protocol messages up to a Sync, or one simple query. */
  | { readonly id: number; readonly kind: 'protocol'; readonly bytes: Uint8Array }
  /** The startup packet of a new client: whatever the last one left open is rolled back. */
  | { readonly id: number; readonly kind: 'connect'; readonly bytes: Uint8Array }
  /** The whole database, packed, as written to a seed. */
  | { readonly id: number; readonly kind: 'pack' }
  | { readonly id: number; readonly kind: 'close' };

export type PgliteReply =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly error: string };

/** Sent once, with id 0, when the database answers. */
export const readyId = 0;
