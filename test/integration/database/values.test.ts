import { eq, sql } from 'drizzle-orm';
import { bigint, jsonb, numeric, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const samples = pgTable('samples', {
  name: text('name').primaryKey(),
  at: timestamp('at', { withTimezone: true, precision: 3, mode: 'date' }),
  size: bigint('size', { mode: 'number' }),
  price: numeric('price'),
  body: jsonb('body').$type<unknown>(),
});

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
  await test.database.sql.execute(
    sql`create table samples (name text primary key, at timestamptz(3), size bigint, price numeric, body jsonb)`,
  );
});
afterAll(() => test.drop());

it('gives back what was stored: dates, large integers, decimals, JSON, text of any language', async () => {
  const row = {
    name: 'Zürich 北京 🐦 \\ \' " $1',
    at: new Date('2026-03-29T01:30:00.123Z'),
    size: Number.MAX_SAFE_INTEGER,
    price: '12345678901234567890.123456789',
    body: { list: [1, 'two', null, { deep: true }], empty: {}, number: 1.5 },
  };
  await test.database.sql.insert(samples).values(row);
  expect(await test.database.sql.select().from(samples)).toEqual([row]);
});

it('stores a JSON string, number, false and an empty list as what they are', async () => {
  for (const body of ['text', 7, false, []]) {
    const name = JSON.stringify(body);
    await test.database.sql.insert(samples).values({ name, body });
    const [row] = await test.database.sql.select().from(samples).where(eq(samples.name, name));
    expect(row?.body).toEqual(body);
  }
});

it('stores a null column as null', async () => {
  await test.database.sql.insert(samples).values({ name: 'nothing' });
  const rows = await test.database.sql.select().from(samples).where(eq(samples.name, 'nothing'));
  expect(rows).toEqual([{ name: 'nothing', at: null, size: null, price: null, body: null }]);
});

it('parses the columns of plain SQL alike: times are Dates, counts of int are numbers, bigint is text', async () => {
  const { rows } = await test.database.executor(test.database.sql).executeSql(
    `select $1::timestamptz as at, count(*)::int as few, count(*) as many, $2::jsonb as body,
              array['a', 'b'] as list, true as yes from generate_series(1, 3)`,
    ['2026-01-02T03:04:05Z', '{"a":1}'],
  );
  expect(rows).toEqual([
    {
      at: new Date('2026-01-02T03:04:05Z'),
      few: 3,
      many: '3',
      body: { a: 1 },
      list: ['a', 'b'],
      yes: true,
    },
  ]);
});

it('carries a value of 8 MB', async () => {
  const body = 'x'.repeat(8_000_000);
  await test.database.sql.insert(samples).values({ name: 'large', body });
  const [row] = await test.database.sql.select().from(samples).where(eq(samples.name, 'large'));
  expect(row?.body).toBe(body);
});

it('runs a script of several statements and gives the rows of all', async () => {
  const { rows } = await test.database
    .executor(test.database.sql)
    .executeSql('begin; select 1 as a; commit; select 2 as a');
  expect(rows).toEqual([{ a: 1 }, { a: 2 }]);
});
