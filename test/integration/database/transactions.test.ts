import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Sql } from '../../../packages/server/src/db/database.ts';
import { isConnectionLost, isUniqueViolation } from '../../../packages/server/src/db/errors.ts';
import { idempotencyKeys } from '../../../packages/server/src/db/tables/runs.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
beforeEach(() => test.database.sql.delete(idempotencyKeys));
afterAll(() => test.drop());

const row = (key: string) => ({
  organizationId: 'o_1',
  scope: 'run',
  key,
  requestHash: 'hash',
  resourceId: 'wr_1',
});
const insert = (handle: Sql, key: string) => handle.insert(idempotencyKeys).values(row(key));
const keys = async (handle: Sql = test.database.sql) =>
  (await handle.select().from(idempotencyKeys)).map(({ key }) => key).sort();

it('commits what a transaction wrote', async () => {
  await test.database.transaction((tx) => insert(tx, 'a'));
  expect(await keys()).toEqual(['a']);
});

it('undoes all that a failed transaction wrote and passes its error on', async () => {
  const failure = new Error('no');
  const attempt = test.database.transaction(async (tx) => {
    await insert(tx, 'a');
    throw failure;
  });
  await expect(attempt).rejects.toBe(failure);
  expect(await keys()).toEqual([]);
});

it('never shows uncommitted rows outside the transaction', async () => {
  const inserted = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const writing = test.database.transaction(async (tx) => {
    await insert(tx, 'a');
    inserted.resolve();
    await release.promise;
    throw new Error('rolled back');
  });
  await inserted.promise;
  // The embedded database answers after the transaction, a server beside it: neither sees the row.
  const seen = keys();
  release.resolve();
  await expect(writing).rejects.toThrow('rolled back');
  expect(await seen).toEqual([]);
});

it('undoes only the inner part of a nested transaction that failed', async () => {
  await test.database.transaction(async (tx) => {
    await insert(tx, 'outer');
    await tx
      .transaction(async (inner) => {
        await insert(inner, 'inner');
        throw new Error('no');
      })
      .catch(() => {});
    await insert(tx, 'after');
  });
  expect(await keys()).toEqual(['after', 'outer']);
});

it('runs plain SQL of an executor inside the transaction of its handle', async () => {
  const attempt = test.database.transaction(async (tx) => {
    await test.database.executor(tx).executeSql(
      `insert into idempotency_keys (organization_id, scope, key, request_hash, resource_id)
         values ($1, 'run', 'a', 'h', 'r')`,
      ['o_1'],
    );
    expect(await keys(tx)).toEqual(['a']);
    throw new Error('no');
  });
  await expect(attempt).rejects.toThrow('no');
  expect(await keys()).toEqual([]);
});

it('goes on after a failed statement outside a transaction', async () => {
  await insert(test.database.sql, 'a');
  await expect(insert(test.database.sql, 'a')).rejects.toThrow();
  const script = test.database
    .executor(test.database.sql)
    .executeSql('begin; select 1 / 0; commit');
  await expect(script).rejects.toMatchObject({ code: '22012' });
  expect(await keys()).toEqual(['a']);
});

it('tells a unique violation, and which constraint it was', async () => {
  await insert(test.database.sql, 'a');
  const error: unknown = await insert(test.database.sql, 'a').catch((reason) => reason);
  expect(isUniqueViolation(error)).toBe(true);
  expect(isUniqueViolation(error, 'idempotency_keys_organization_id_scope_key_pk')).toBe(true);
  expect(isUniqueViolation(error, 'api_keys_hash')).toBe(false);
  expect(isConnectionLost(error)).toBe(false);
  expect(isUniqueViolation(new Error('duplicate key'))).toBe(false);
});

it('keeps transactions that run at once apart', async () => {
  await insert(test.database.sql, 'counter');
  const where = eq(idempotencyKeys.key, 'counter');
  const raise = () =>
    test.database.transaction(async (tx) => {
      const [counter] = await tx.select().from(idempotencyKeys).where(where).for('update');
      const next = counter?.requestHash === 'hash' ? 1 : Number(counter?.requestHash) + 1;
      await tx
        .update(idempotencyKeys)
        .set({ requestHash: String(next) })
        .where(where);
    });
  await Promise.all(Array.from({ length: 30 }, raise));
  const [counter] = await test.database.sql.select().from(idempotencyKeys).where(where);
  expect(counter?.requestHash).toBe('30');
});
