import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, onPostgres, type TestDatabase } from '../../support/database.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

/** Listens and hands the payloads over one by one. */
async function inbox(channel: string) {
  const payloads: string[] = [];
  const waiting: ((payload: string) => void)[] = [];
  const stop = await test.database.listen(channel, (payload) => {
    const next = waiting.shift();
    if (next === undefined) payloads.push(payload);
    else next(payload);
  });
  const next = () =>
    new Promise<string>((resolve) => {
      const payload = payloads.shift();
      if (payload === undefined) waiting.push(resolve);
      else resolve(payload);
    });
  return { payloads, next, stop };
}

const send = (channel: string, payload: string) =>
  test.database.notify(test.database.sql, channel, payload);

it('brings a notification without any further statement', async () => {
  const box = await inbox('plain');
  await send('plain', 'hello');
  expect(await box.next()).toBe('hello');
  await box.stop();
});

it('delivers at commit, and nothing of a transaction that was rolled back', async () => {
  const box = await inbox('Odd "channel"');
  await test.database.transaction(async (tx) => {
    await test.database.notify(tx, 'Odd "channel"', 'committed');
    await test.database.executor(tx).executeSql('select 1');
    expect(box.payloads).toEqual([]);
  });
  expect(await box.next()).toBe('committed');
  const failed = test.database.transaction(async (tx) => {
    await test.database.notify(tx, 'Odd "channel"', 'rolled back');
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  await send('Odd "channel"', 'last');
  expect(await box.next()).toBe('last');
  await box.stop();
});

it('tells every listener of a channel, until it stops', async () => {
  const [one, two] = [await inbox('shared'), await inbox('shared')];
  await send('shared', 'both');
  expect([await one.next(), await two.next()]).toEqual(['both', 'both']);
  await one.stop();
  await send('shared', 'second only');
  expect(await two.next()).toBe('second only');
  expect(one.payloads).toEqual([]);
  await two.stop();
});

it('goes on listening after a statement failed', async () => {
  const box = await inbox('failure');
  await expect(
    test.database.executor(test.database.sql).executeSql('select * from nowhere'),
  ).rejects.toMatchObject({ code: '42P01' });
  await send('failure', 'still here');
  expect(await box.next()).toBe('still here');
  await box.stop();
});

it.runIf(onPostgres)('listens again after its connection was ended by the server', async () => {
  const box = await inbox('again');
  await test.database.executor(test.database.sql).executeSql(
    `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query like 'LISTEN%' and pid <> pg_backend_pid()`,
  );
  // Whatever is sent while nobody listens is lost: send until the new connection hears it.
  let heard = false;
  const first = box.next().then(() => {
    heard = true;
  });
  await expect
    .poll(
      async () => {
        await send('again', 'back');
        return heard;
      },
      { timeout: 10_000, interval: 50 },
    )
    .toBe(true);
  await first;
  await box.stop();
});
