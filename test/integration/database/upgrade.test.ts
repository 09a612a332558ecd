import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { expect, it } from 'vitest';
import { migrationsDirectory } from '../../../packages/server/src/db/migrate.ts';
import { openDatabase } from '../../../packages/server/src/db/open.ts';
import { installQueue } from '../../../packages/server/src/queue/engine.ts';
import { createDatabasePlace, onPostgres, testLog } from '../../support/database.ts';

/** Brings a database to where the first `count` migrations leave it. */
async function migrateTo(count: number, client: pg.Client): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-migrations-'));
  await cp(migrationsDirectory, folder, { recursive: true });
  const journalFile = join(folder, 'meta', '_journal.json');
  const journal = JSON.parse(await readFile(journalFile, 'utf8'));
  journal.entries = journal.entries.slice(0, count);
  await writeFile(journalFile, JSON.stringify(journal));
  await migrate(drizzle({ client }), { migrationsFolder: folder });
  await rm(folder, { recursive: true });
}

const run = (id: string, status: string) =>
  `insert into runs (run_id, organization_id, workflow_id, workflow_permanent_id, status, request, parameters, trigger_type, max_elapsed_minutes)
     values ('${id}', 'o_1', 'w_1', 'wpid_1', '${status}', '{}', '{}', 'api', 240)`;

it.runIf(onPostgres)(
  'a database of the first version keeps its runs and deliveries when it is brought up to date',
  async () => {
    const place = await createDatabasePlace();
    const url = place.url ?? '';
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('create extension if not exists pg_trgm');
    await migrateTo(1, client);
    await client.query(run('wr_open', 'running'));
    await client.query(run('wr_over', 'completed'));
    await client.query(
      `insert into webhook_deliveries (delivery_id, organization_id, run_id, url, status) values ('whd_1', 'o_1', 'wr_over', 'http://a', 'pending')`,
    );
    // Only its queue's tables are those of today: they are the library's to bring up to date.
    const options = { url, directory: place.directory, log: testLog };
    await client.query(`create schema pgboss; create table pgboss.job (id uuid, name text, data jsonb);
      insert into pgboss.job values ('${crypto.randomUUID()}', 'run', '{"payload": {"run_id": "wr_open"}}'),
        ('00000000-0000-4000-8000-000000000001', 'webhook', '{"payload": {"delivery_id": "whd_1"}}')`);

    const database = await openDatabase(options);
    const rows = async (text: string) => (await client.query(text)).rows;
    expect(await rows('select run_id, admission, turn from runs order by run_id')).toEqual([
      { run_id: 'wr_open', admission: 'ready', turn: 0 },
      { run_id: 'wr_over', admission: 'over', turn: null },
    ]);
    expect(await rows('select subject_id, job_id from webhook_deliveries')).toEqual([
      { subject_id: 'wr_over', job_id: '00000000-0000-4000-8000-000000000001' },
    ]);
    expect(await rows(`select name, data -> 'leaseSeconds' as lease from pgboss.job`)).toEqual([
      { name: 'webhook', lease: 15 },
    ]);
    await client.query('drop schema pgboss cascade');
    await installQueue(database, testLog);
    await database.close();
    await client.end();
    await place.remove();
  },
);
