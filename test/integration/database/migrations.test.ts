import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../../packages/server/src/db/database.ts';
import { openDatabase } from '../../../packages/server/src/db/open.ts';
import {
  createTestDatabase,
  onPostgres,
  type TestDatabase,
  testLog,
} from '../../support/database.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

const query = async (database: Database, text: string) =>
  (await database.executor(database.sql).executeSql(text)).rows;

it('made every table with its indexes, and noted the migration once', async () => {
  const tables = (await query(
    test.database,
    `select table_name as name from information_schema.tables
      where table_schema = 'public' order by 1`,
  )) as { name: string }[];
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['api_keys', 'artifacts', 'run_blocks', 'runs', 'workflows']),
  );
  expect(
    await query(test.database, `select indexname from pg_indexes where indexname = 'runs_open'`),
  ).toHaveLength(1);
  const migrations = await query(test.database, 'select * from drizzle.__drizzle_migrations');
  expect(migrations.length).toBeGreaterThan(0);
});

it.runIf(onPostgres)(
  'lets several processes start at once on a database without tables',
  async () => {
    await query(
      test.database,
      'drop schema public cascade; create schema public; drop schema drizzle cascade',
    );
    const started = await Promise.all(
      Array.from({ length: 4 }, () => openDatabase({ ...test.options, log: testLog })),
    );
    await Promise.all(started.map((database) => database.close()));
    const migrations = (await query(
      test.database,
      'select count(*)::int as rows, count(distinct hash)::int as hashes from drizzle.__drizzle_migrations',
    )) as { rows: number; hashes: number }[];
    expect(migrations[0]?.rows).toBe(migrations[0]?.hashes);
  },
);

it('names the server that does not answer, without its password', async () => {
  const opening = openDatabase({
    url: 'postgres://user:secret@127.0.0.1:1/lapwing',
    directory: test.options.directory,
    log: testLog,
  });
  const error: unknown = await opening.catch((reason) => reason);
  expect(error).toMatchObject({ code: 'unavailable' });
  expect(String(error)).toMatch(/PostgreSQL at 127\.0\.0\.1:1\/lapwing.*ECONNREFUSED/);
  expect(String(error)).not.toContain('secret');
});
