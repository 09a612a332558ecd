import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { Database } from './database.ts';
import { migrationsDirectory } from './migrate.ts';
import { openPglite } from './pglite.ts';

/**
 * The packed database that a first start on these versions may begin with, or null when it is not there: its name holds
 * a hash of the migrations and of the packages that shape the database.
 */
export function findSeed(seedPath: string): string | null {
  const file = join(seedPath, seedName());
  return existsSync(file) ? file : null;
}

/**
 * Packs a new, migrated database into the seed directory, for first starts to be quick. Does nothing when it is there.
 *
 * @param prepare installs what else belongs into an empty database (the queue's tables); it must write no rows of users.
 */
export async function packSeed(options: {
  readonly seedPath: string;
  readonly prepare: (database: Database) => Promise<void>;
  readonly log: Logger;
}): Promise<string> {
  const { seedPath, prepare, log } = options;
  const file = join(seedPath, seedName());
  if (existsSync(file)) return file;
  const directory = await mkdtemp(join(tmpdir(), 'lapwing-seed-'));
  try {
    const { database, pack } = await openPglite({ directory, seedFile: null, log });
    try {
      await prepare(database);
      const draft = `${file}.${process.pid}`;
      await mkdir(seedPath, { recursive: true });
      await writeFile(draft, await pack());
      await rename(draft, file);
    } finally {
      await database.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return file;
}

function seedName(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(migrationsDirectory).sort()) {
    if (name.endsWith('.sql')) hash.update(readFileSync(join(migrationsDirectory, name)));
  }
  // Which of them a database has had is told by the times in here.
  hash.update(readFileSync(join(migrationsDirectory, 'meta', '_journal.json')));
  hash.update(versionOf('@electric-sql/pglite')).update(versionOf('pg-boss'));
  return `seed-${hash.digest('hex').slice(0, 16)}.tar.gz`;
}

/** The installed version of a package whose entry lies in its `dist`. */
function versionOf(name: string): string {
  const manifest = new URL('../package.json', import.meta.resolve(name));
  return (JSON.parse(readFileSync(fileURLToPath(manifest), 'utf8')) as { version: string }).version;
}
