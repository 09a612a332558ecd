import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** A drizzle handle: the database itself or a transaction in it. The same type on both drivers. */
export type Sql = PgDatabase<PgQueryResultHKT, Record<string, never>>;

/** What a queue needs to speak SQL inside somebody's transaction (pg-boss's `db` option). */
export interface SqlExecutor {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** The database behind every role: PGlite in the data directory, or a PostgreSQL server. Same SQL on both. */
export interface Database {
  readonly kind: 'pglite' | 'postgres';
  readonly sql: Sql;
  /** Runs `work` in one transaction. On PGlite only the given handle may be used inside: the outer one deadlocks. */
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
  /**
   * Sends a statement whose answer nobody needs. Within a transaction it goes on to the next at once: the commit waits for
   * the answer, and fails as the statement fails.
   */
  sendAlong(handle: Sql, statement: PromiseLike<unknown>): Promise<void>;
  /**
   * The same database for those who cannot be told to come back later: while it is out of reach, their statements and
   * transactions wait, for up to five minutes. One that was under way when the connection was lost is done again, though
   * it may have been committed.
   * @param signal Ends the waiting: they fail at once then.
   */
  patient(signal: AbortSignal): Database;
  /** Does `work` while no other process of this database is at it: what is made once, for a start, is made by one. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Plain text SQL on a handle of this database, for libraries that bring their own statements. */
  executor(sql: Sql): SqlExecutor;
  /** Calls back for each NOTIFY on the channel, over reconnections too. Resolves to a function that stops it. */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>;
  /** NOTIFY inside the handle's transaction: delivered when it commits. Payloads stay below 8,000 bytes. */
  notify(sql: Sql, channel: string, payload: string): Promise<void>;
  /** Rejects with a text naming the fault when the database does not answer within 2 s. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
