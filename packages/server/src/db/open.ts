import type { Logger } from 'pino';
import type { Database } from './database.ts';
import { openPglite } from './pglite.ts';
import { openPostgres } from './postgres.ts';
import { findSeed } from './seed.ts';

export interface OpenOptions {
  /** `postgres://…` of a server; absent: the embedded database. */
  readonly url?: string | undefined;
  /** Where the embedded database keeps its files. */
  readonly directory: string;
  /** Directory of packed databases (`packSeed`) that make a first start quick. */
  readonly seedPath?: string | undefined;
  readonly log: Logger;
}

/**
 * Opens the database that the settings ask for, with its tables up to date.
 *
 * @throws LapwingError `unavailable` when another process has the data directory, or the server does not answer.
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { url, directory, seedPath, log } = options;
  if (url !== undefined) return openPostgres(url, log);
  const seedFile = seedPath === undefined ? null : findSeed(seedPath);
  return (await openPglite({ directory, seedFile, log })).database;
}
