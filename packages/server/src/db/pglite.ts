import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Logger } from 'pino';
import { type DataLock, lockDataDirectory } from './data-lock.ts';
import type { Database } from './database.ts';
import { runMigrations } from './migrate.ts';
import { pgliteListener } from './pglite-listener.ts';
import { pgliteStream } from './pglite-stream.ts';
import { PgliteThread } from './pglite-thread.ts';
import { poolDatabase, watchPool } from './pool-database.ts';
import { syncPath } from './sync-tree.ts';
import { startVacuuming } from './vacuum.ts';

export interface OpenPglite {
  readonly database: Database;
  /** The whole database as a packed seed. */
  readonly pack: () => Promise<Uint8Array>;
}

interface PgliteOptions {
  readonly directory: string;
  /** A packed database for the first start to begin with; null: begin with an empty one. */
  readonly seedFile: string | null;
  readonly log: Logger;
}

/** How long a statement waits for its turn. Longer: a transaction used the outer handle and waits for itself. */
const turnTimeoutMs = 60_000;

/**
 * Opens the embedded database in `directory`, which is taken for this process alone, and brings its tables up to date.
 *
 * @throws LapwingError `unavailable` when another process has the directory.
 */
export async function openPglite(options: PgliteOptions): Promise<OpenPglite> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const lock = lockDataDirectory(options.directory);
  try {
    return await openLocked(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openLocked(options: PgliteOptions, lock: DataLock): Promise<OpenPglite> {
  const { directory, log } = options;
  const files = join(directory, 'postgres');
  const complete = join(directory, 'complete');
  const isNew = !existsSync(complete);
  // A first start that did not get to its end has promised nothing to anybody.
  if (isNew) rmSync(files, { recursive: true, force: true });
  const thread = await startThread(files, isNew ? options.seedFile : null, log);
  const pool = poolOver(thread);
  watchPool(pool, log);
  // Before the first client connects: it is the one that hears.
  const listen = pgliteListener(pool, log);
  try {
    await runMigrations(pool);
    if (isNew) mark(complete, directory);
  } catch (error) {
    await pool.end();
    await thread.close();
    throw error;
  }
  const closing: { stopVacuuming: () => Promise<void> } = { stopVacuuming: async () => {} };
  const database = poolDatabase({
    kind: 'pglite',
    pool,
    name: `embedded, in ${directory}`,
    listen,
    close: async () => {
      await closing.stopVacuuming();
      await pool.end();
      await thread.close();
      lock.release();
    },
  });
  closing.stopVacuuming = startVacuuming(database, log);
  return { database, pack: () => thread.request({ kind: 'pack' }) };
}

async function startThread(
  directory: string,
  seedFile: string | null,
  log: Logger,
): Promise<PgliteThread> {
  if (seedFile === null) return PgliteThread.start({ directory, seedFile }, log);
  try {
    return await PgliteThread.start({ directory, seedFile }, log);
  } catch (error) {
    log.warn(
      { err: error, seedFile },
      'The packed database cannot be used; starting with an empty one',
    );
    rmSync(directory, { recursive: true, force: true });
    return PgliteThread.start({ directory, seedFile: null }, log);
  }
}

/**
 * A pool of one client: PGlite has one session, and what two clients did in it would be one transaction. The pool makes
 * statements wait until a transaction is over.
 */
function poolOver(thread: PgliteThread): pg.Pool {
  return new pg.Pool({
    user: 'postgres',
    database: 'postgres',
    max: 1,
    pipeline: true,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: turnTimeoutMs,
    stream: () => pgliteStream((kind, bytes) => thread.request({ kind, bytes })),
  });
}

function mark(file: string, directory: string): void {
  writeFileSync(file, '');
  syncPath(file);
  syncPath(directory);
}
