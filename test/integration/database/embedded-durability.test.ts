import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { PGlite } from '@electric-sql/pglite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../../packages/server/src/db/open.ts';
import { durableFiles } from '../../../packages/server/src/db/pglite-files.ts';
import { testLog, testSeeds } from '../../support/database.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lapwing-durability-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('runs on the version of PGlite whose file operations were examined', () => {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest = readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8');
  // A new version may call fsync by itself, or in another way: read pglite-files.ts before changing this.
  expect(JSON.parse(manifest).version).toBe('0.5.16');
});

it('starts with fsync on, and syncs before every commit is acknowledged', async () => {
  let synced = 0;
  const database = await PGlite.create({
    fs: durableFiles(directory, {
      isNeeded: () => true,
      onDone: () => {
        synced += 1;
      },
    }),
    startParams: [
      ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
      ...['-c', 'fsync=on', '-c', 'wal_sync_method=fsync'],
    ],
  });
  await database.exec('create table t (a int)');
  for (let n = 1; n <= 20; n += 1) {
    const before = synced;
    await database.query('insert into t values ($1)', [n]);
    expect(synced).toBeGreaterThan(before);
  }
  const before = synced;
  await database.query('select * from t');
  expect(synced).toBe(before);
  await database.close();
});

it('opens the database of a data directory with these settings', async () => {
  const database = await openDatabase({ directory, seedPath: await testSeeds(), log: testLog });
  const { rows } = await database.executor(database.sql).executeSql(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
              current_setting('wal_sync_method') as method, current_setting('full_page_writes') as pages,
              current_setting('shared_buffers') as buffers`,
  );
  expect(rows).toEqual([
    { fsync: 'on', commit: 'on', method: 'fsync', pages: 'on', buffers: '16MB' },
  ]);
  await database.close();
});

/** Inserts one row after the other, prints each that was acknowledged, and never ends by itself. */
const writerScript = `
  const [openPath, directory, seedPath, round] = process.argv.slice(1);
  const { openDatabase } = await import(openPath);
  const silent = { info() {}, warn() {}, error() {}, debug() {} };
  const database = await openDatabase({ directory, seedPath, log: silent });
  const sql = database.executor(database.sql);
  await sql.executeSql('create table if not exists written (round int, n int, filler text)');
  for (let n = 1; ; n += 1) {
    await sql.executeSql('insert into written values ($1, $2, $3)', [round, n, 'x'.repeat(n % 3000)]);
    process.stdout.write(n + '\\n');
  }`;

/** Lets a child write until it has acknowledged some rows, then kills it; resolves to the last one. */
async function writeAndKill(round: number): Promise<number> {
  const open = new URL('../../../packages/server/src/db/open.ts', import.meta.url).href;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', writerScript, open, directory, await testSeeds(), String(round)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  let last = 0;
  // Another number of rows each round, so that the kill meets another moment.
  const enough = 40 + round * 37;
  for await (const line of createInterface(child.stdout)) {
    last = Number(line);
    if (last === enough) child.kill('SIGKILL');
  }
  await exited;
  return last;
}

it('loses no acknowledged row when its process is killed, again and again', async () => {
  const acknowledged = new Map<number, number>();
  for (let round = 1; round <= 5; round += 1) acknowledged.set(round, await writeAndKill(round));
  const database = await openDatabase({ directory, seedPath: await testSeeds(), log: testLog });
  const { rows } = await database
    .executor(database.sql)
    .executeSql(
      'select round, count(*)::int as rows, max(n) as last from written group by round order by round',
    );
  await database.close();
  expect(rows).toHaveLength(5);
  for (const { round, rows: count, last } of rows as Record<'round' | 'rows' | 'last', number>[]) {
    expect(last).toBeGreaterThanOrEqual(acknowledged.get(round) ?? Number.POSITIVE_INFINITY);
    expect(count).toBe(last);
  }
});
