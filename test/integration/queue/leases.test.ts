import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEngine } from '../../../packages/server/src/queue/engine.ts';
import type { JobKind } from '../../../packages/server/src/queue/job.ts';
import { JobQueue } from '../../../packages/server/src/queue/queue.ts';
import { createTestDatabase, type TestDatabase, testLog } from '../../support/database.ts';

const lease: JobKind = {
  name: 'lease',
  retryLimit: 3,
  retryDelaySeconds: 0,
  retryBackoff: false,
  leaseSeconds: 10,
  expireSeconds: 600,
};
const shared: JobKind = { ...lease, name: 'shared' };

let test: TestDatabase;
let first: JobQueue;
let second: JobQueue;

beforeAll(async () => {
  test = await createTestDatabase();
  first = await JobQueue.start(test.database, [lease, shared], testLog);
  second = await JobQueue.start(test.database, [lease, shared], testLog);
});
afterAll(async () => {
  await first.close();
  await second.close();
  await test.drop();
});

const run = (text: string) => test.database.executor(test.database.sql).executeSql(text);

/** Makes the worker look silent since an hour ago, and lets the engine find out. */
async function expireLeases(): Promise<void> {
  await run(
    `update pgboss.job set heartbeat_on = now() - interval '1 hour' where state = 'active'`,
  );
  await run(`update pgboss.queue set monitor_claim_on = null, monitor_on = null`);
  const boss = createEngine(test.database, testLog);
  await boss.start();
  await boss.supervise('lease');
  await boss.stop({ graceful: false, close: false });
}

it('hands the job of a silent worker to another, and lets the silent one neither go on nor settle', async () => {
  const id = await first.enqueue(test.database.sql, 'lease', { data: {} });
  const started = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<unknown>();
  const silent = first.work('lease', {
    slots: 1,
    handler: async (_job, signal) => {
      started.resolve();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      stopped.resolve(signal.reason);
      return { kind: 'dead', reason: 'written by a worker that lost the job' };
    },
  });
  await started.promise;
  await silent.stopClaiming();
  await expireLeases();

  const taken = Promise.withResolvers<number>();
  const finish = Promise.withResolvers<void>();
  const successor = second.work('lease', {
    slots: 1,
    handler: async (job) => {
      taken.resolve(job.attempt);
      await finish.promise;
      return { kind: 'done' };
    },
  });
  expect(await taken.promise).toBe(1);
  expect(await stopped.promise).toMatchObject({ name: 'JobInterrupted', why: 'lease_lost' });
  await silent.drain(5_000);
  expect(await first.dead('lease')).toEqual([]);
  expect((await first.stats()).find(({ kind }) => kind === 'lease')).toMatchObject({ active: 1 });

  finish.resolve();
  await successor.drain(5_000);
  const { rows } = await run(`select state from pgboss.job where id = '${id}'`);
  expect(rows).toEqual([]);
});

it('keeps the lease of a handler that works, however long the engine looks', async () => {
  const beats = async () => {
    const { rows } = await run(`select heartbeat_on from pgboss.job where name = 'lease'`);
    return (rows as { heartbeat_on: Date }[])[0]?.heartbeat_on.getTime() ?? 0;
  };
  await first.enqueue(test.database.sql, 'lease', { data: {} });
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const worker = first.work('lease', {
    slots: 1,
    handler: async (_job, signal) => {
      started.resolve();
      await finish.promise;
      return signal.aborted ? { kind: 'dead', reason: 'lost' } : { kind: 'done' };
    },
  });
  await started.promise;
  const claimedAt = await beats();
  await expect.poll(beats, { timeout: 8_000, interval: 200 }).toBeGreaterThan(claimedAt);
  finish.resolve();
  await worker.drain(5_000);
  expect(await first.dead('lease')).toEqual([]);
});

it('never runs a job twice on two workers, and leaves none out', async () => {
  const count = 200;
  await test.database.transaction(async (tx) => {
    for (let n = 0; n < count; n += 1) await first.enqueue(tx, 'shared', { data: { n } });
  });
  const runs = new Map<unknown, number>();
  const all = Promise.withResolvers<void>();
  const share = { first: 0, second: 0 };
  const start = (queue: JobQueue, name: keyof typeof share) =>
    queue.work('shared', {
      slots: 5,
      handler: async ({ data }) => {
        runs.set(data.n, (runs.get(data.n) ?? 0) + 1);
        share[name] += 1;
        if (runs.size === count) all.resolve();
        return { kind: 'done' };
      },
    });
  const workers = [start(first, 'first'), start(second, 'second')];
  await all.promise;
  await Promise.all(workers.map((worker) => worker.drain(5_000)));
  expect([...runs.values()].every((times) => times === 1)).toBe(true);
  expect(share.first).toBeGreaterThan(0);
  expect(share.second).toBeGreaterThan(0);
  expect((await first.stats()).find(({ kind }) => kind === 'shared')).toEqual({
    kind: 'shared',
    ready: 0,
    delayed: 0,
    active: 0,
    dead: 0,
  });
});
