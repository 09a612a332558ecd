import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import type { Database } from '../../packages/server/src/db/database.ts';
import { openDatabase } from '../../packages/server/src/db/open.ts';
import { packSeed } from '../../packages/server/src/db/seed.ts';
import { installQueue } from '../../packages/server/src/queue/engine.ts';

/** A log for tests: silent, or as loud as LAPWING_TEST_LOG says. */
export const testLog = pino({ level: process.env.LAPWING_TEST_LOG ?? 'silent' });

const serverUrl = process.env.LAPWING_TEST_DATABASE_URL;

/** Whether the suite runs against a PostgreSQL server rather than the embedded database. */
export const onPostgres = serverUrl !== undefined;

export interface TestDatabase {
  readonly database: Database;
  /** What `openDatabase` took, to open it once more: from another process, or after a close. */
  readonly options: {
    readonly url?: string;
    readonly directory: string;
    readonly seedPath: string;
  };
  /** Closes and removes it. */
  drop(): Promise<void>;
}

const seedPath = fileURLToPath(new URL('../../node_modules/.cache/lapwing/seeds', import.meta.url));

/** A directory with a packed database of the present versions, for embedded databases to start quickly. */
export async function testSeeds(): Promise<string> {
  await packSeed({
    seedPath,
    prepare: (database) => installQueue(database, testLog),
    log: testLog,
  });
  return seedPath;
}

/** Where a database of one's own can be: a temporary directory, and a new database on the server if there is one. */
export interface DatabasePlace {
  readonly directory: string;
  readonly url: string | null;
  remove(): Promise<void>;
}

export async function createDatabasePlace(): Promise<DatabasePlace> {
  const directory = await mkdtemp(join(tmpdir(), 'lapwing-test-'));
  const url = serverUrl === undefined ? null : await createOnServer(serverUrl);
  if (url === null) await testSeeds();
  return {
    directory,
    url,
    remove: async () => {
      if (serverUrl !== undefined && url !== null) await dropOnServer(serverUrl, url);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * A database of the test file's own, migrated and empty: PGlite in a temporary directory, or a database on the server
 * that LAPWING_TEST_DATABASE_URL names. Make it in `beforeAll`, drop it in `afterAll`.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { directory, url, remove } = await createDatabasePlace();
  const options = { directory, seedPath, ...(url === null ? {} : { url }) };
  const database = await openDatabase({ ...options, log: testLog });
  return {
    database,
    options,
    drop: async () => {
      await database.close();
      await remove();
    },
  };
}

async function createOnServer(server: string): Promise<string> {
  const name = `lapwing_test_${crypto.randomUUID().replaceAll('-', '')}`;
  await onServer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

function dropOnServer(server: string, url: string): Promise<void> {
  return onServer(server, `drop database ${new URL(url).pathname.slice(1)} with (force)`);
}

async function onServer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
