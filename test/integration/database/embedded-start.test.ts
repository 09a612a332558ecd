import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../../packages/server/src/db/database.ts';
import { openDatabase } from '../../../packages/server/src/db/open.ts';
import { findSeed, packSeed } from '../../../packages/server/src/db/seed.ts';
import { idempotencyKeys } from '../../../packages/server/src/db/tables/runs.ts';
import { vacuumDueTables } from '../../../packages/server/src/db/vacuum.ts';
import { installQueue } from '../../../packages/server/src/queue/engine.ts';
import { testLog as log, testSeeds } from '../../support/database.ts';

let root: string;
let directory: string;
let seedPath: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lapwing-start-'));
  directory = join(root, 'data');
  seedPath = join(root, 'seeds');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const row = {
  organizationId: 'o_1',
  scope: 'run',
  key: 'k',
  requestHash: 'h',
  resourceId: 'wr_1',
};
const openQuickly = async () => openDatabase({ directory, seedPath: await testSeeds(), log });
const query = async (database: Database, text: string) =>
  (await database.executor(database.sql).executeSql(text)).rows;

it('keeps its rows over a clean stop', async () => {
  const first = await openQuickly();
  await first.sql.insert(idempotencyKeys).values(row);
  await first.close();
  const second = await openQuickly();
  expect(await second.sql.select().from(idempotencyKeys)).toMatchObject([row]);
  await second.close();
});

it('refuses to open a directory that is open, and opens it when it is closed', async () => {
  const database = await openQuickly();
  await expect(openQuickly()).rejects.toMatchObject({ code: 'unavailable' });
  await database.ping();
  await database.close();
  const again = await openQuickly();
  await again.close();
});

it('begins with a packed database that has the tables, the queue and not one row', async () => {
  const prepare = (database: Database) => installQueue(database, log);
  const file = await packSeed({ seedPath, prepare, log });
  expect(findSeed(seedPath)).toBe(file);
  const database = await openDatabase({ directory, seedPath, log });
  const tables = await query(
    database,
    `select table_name as name, table_schema as schema from information_schema.tables
      where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE'`,
  );
  expect(tables).toContainEqual({ name: 'runs', schema: 'public' });
  expect(tables).toContainEqual({ name: 'job', schema: 'pgboss' });
  for (const { name, schema } of tables as { name: string; schema: string }[]) {
    const rows = await query(database, `select * from "${schema}"."${name}"`);
    expect([name, rows.length]).toEqual([name, name === 'version' ? 1 : 0]);
  }
  await database.sql.insert(idempotencyKeys).values(row);
  await database.close();

  const other = await openDatabase({ directory: join(root, 'other'), seedPath, log });
  expect(await other.sql.select().from(idempotencyKeys)).toEqual([]);
  await other.close();
});

it('starts without a packed database of its own versions, and without one that is broken', async () => {
  mkdirSync(seedPath);
  writeFileSync(join(seedPath, 'seed-0123456789abcdef.tar.gz'), 'of other versions');
  expect(findSeed(seedPath)).toBeNull();
  const file = await packSeed({ seedPath, prepare: async () => {}, log });
  writeFileSync(file, 'broken');
  const database = await openDatabase({ directory, seedPath, log });
  await database.sql.insert(idempotencyKeys).values(row);
  await database.close();
});

it('starts over where a first start was cut off', async () => {
  mkdirSync(join(directory, 'postgres', 'base'), { recursive: true });
  writeFileSync(join(directory, 'postgres', 'PG_VERSION'), '18\n');
  const database = await openDatabase({ directory, log });
  await database.sql.insert(idempotencyKeys).values(row);
  await database.close();
  expect(existsSync(join(directory, 'complete'))).toBe(true);
  expect(readdirSync(directory).sort()).toEqual(['complete', 'postgres']);
});

it('vacuums and analyses the tables that changed much, which nothing else would', async () => {
  const database = await openQuickly();
  await query(database, 'create table churn (a int primary key, b text)');
  await query(database, `insert into churn select n, '' from generate_series(1, 2000) n`);
  await query(database, `update churn set b = 'changed'`);
  expect(await vacuumDueTables(database, AbortSignal.timeout(60_000))).toBeGreaterThan(0);
  await query(database, 'select pg_stat_force_next_flush()');
  const state = `select n_dead_tup::int as dead, last_vacuum is not null as vacuumed,
                        last_analyze is not null as analysed
                   from pg_stat_user_tables where relname = 'churn'`;
  expect(await query(database, state)).toEqual([{ dead: 0, vacuumed: true, analysed: true }]);
  expect(await vacuumDueTables(database, AbortSignal.timeout(60_000))).toBe(0);
  await database.close();
});
