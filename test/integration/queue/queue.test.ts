import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ClaimedJob, JobKind, JobVerdict } from '../../../packages/server/src/queue/job.ts';
import { JobQueue } from '../../../packages/server/src/queue/queue.ts';
import type { Worker } from '../../../packages/server/src/queue/worker.ts';
import { createTestDatabase, type TestDatabase, testLog } from '../../support/database.ts';

const kind = (name: string): JobKind => ({
  name,
  retryLimit: 2,
  retryDelaySeconds: 3_600,
  retryBackoff: false,
  leaseSeconds: 10,
  expireSeconds: 600,
});
const kinds = ['order', 'discard', 'verdicts', 'give-back', 'dead', 'orphans', 'wake', 'tx'].map(
  kind,
);

let test: TestDatabase;
let queue: JobQueue;
const workers: Worker[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  queue = await JobQueue.start(test.database, kinds, testLog);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.drain(0)));
});
afterAll(async () => {
  await queue.close();
  await test.drop();
});

/** Runs the jobs of a kind with the verdicts in turn, and hands over each job when its verdict is written. */
function work(name: string, verdicts: JobVerdict[], slots = 1) {
  const jobs: ClaimedJob[] = [];
  const all = Promise.withResolvers<ClaimedJob[]>();
  const worker = queue.work(name, {
    slots,
    handler: async (job) => {
      jobs.push(job);
      if (jobs.length === verdicts.length) all.resolve(jobs);
      return verdicts[jobs.length - 1] ?? { kind: 'again' };
    },
  });
  workers.push(worker);
  return all.promise.then(async (seen) => {
    await worker.drain(5_000);
    return seen;
  });
}

const enqueue = (name: string, data = {}, more = {}) =>
  queue.enqueue(test.database.sql, name, { data, ...more });
const depth = async (name: string) => (await queue.stats()).find((entry) => entry.kind === name);
const waiting = async (name: string): Promise<{ delay: number; retry_count: number }[]> => {
  const { rows } = await test.database.executor(test.database.sql).executeSql(
    `select extract(epoch from start_after - now())::float8 as delay, retry_count
         from pgboss.job where name = $1 and state < 'active' order by id`,
    [name],
  );
  return rows as { delay: number; retry_count: number }[];
};
/** Lets every waiting job of a kind start now, as time would. */
const skipTime = (name: string) =>
  test.database
    .executor(test.database.sql)
    .executeSql(`update pgboss.job set start_after = now() where name = $1`, [name]);

it('rolls a job back with the row that it belongs to', async () => {
  const attempt = test.database.transaction(async (tx) => {
    await queue.enqueue(tx, 'tx', { data: {} });
    throw new Error('the row was refused');
  });
  await expect(attempt).rejects.toThrow('the row was refused');
  expect(await depth('tx')).toMatchObject({ ready: 0 });
});

it('hands a job over with its data, and forgets it when it is done', async () => {
  const done = work('tx', [{ kind: 'done' }]);
  const id = await enqueue('tx', { runId: 'wr_1', nested: { list: [1, null] } });
  expect(await done).toEqual([
    { id, kind: 'tx', data: { runId: 'wr_1', nested: { list: [1, null] } }, attempt: 0 },
  ]);
  expect(await depth('tx')).toEqual({ kind: 'tx', ready: 0, delayed: 0, active: 0, dead: 0 });
});

it('wakes a worker when the transaction commits, and not before', async () => {
  const started: string[] = [];
  const first = Promise.withResolvers<number>();
  workers.push(
    queue.work('wake', {
      slots: 1,
      handler: async (job) => {
        started.push(job.id);
        first.resolve(performance.now());
        return { kind: 'done' };
      },
    }),
  );
  const startedWithin = await test.database.transaction(async (tx) => {
    await queue.enqueue(tx, 'wake', { data: {} });
    return started.length;
  });
  const committed = performance.now();
  expect(startedWithin).toBe(0);
  // The poll comes only every two seconds.
  expect((await first.promise) - committed).toBeLessThan(1_500);
});

it('ignores an id that is there already', async () => {
  const id = crypto.randomUUID();
  expect(await enqueue('discard', { n: 1 }, { id })).toBe(id);
  expect(await enqueue('discard', { n: 2 }, { id })).toBe(id);
  expect(await depth('discard')).toMatchObject({ ready: 1 });
  expect(await queue.discard(test.database.sql, 'discard', id)).toBe(true);
});

it('discards a job that has not started, and leaves alone one that runs', async () => {
  const running = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const runningId = await enqueue('discard');
  const waitingId = await enqueue('discard');
  workers.push(
    queue.work('discard', {
      slots: 1,
      handler: async () => {
        running.resolve();
        await release.promise;
        return { kind: 'done' };
      },
    }),
  );
  await running.promise;
  expect(await queue.discard(test.database.sql, 'discard', runningId)).toBe(false);
  expect(await queue.discard(test.database.sql, 'discard', waitingId)).toBe(true);
  expect(await queue.discard(test.database.sql, 'discard', waitingId)).toBe(false);
  expect(await depth('discard')).toMatchObject({ ready: 0, active: 1 });
  release.resolve();
});

it('starts the highest priority first, and within it the oldest', async () => {
  for (const [name, priority] of [
    ['low', -1],
    ['first', 0],
    ['second', 0],
    ['high', 5],
  ] as const) {
    await enqueue('order', { name }, { priority });
  }
  const seen = await work(
    'order',
    Array.from({ length: 4 }, () => ({ kind: 'done' as const })),
  );
  expect(seen.map(({ data }) => data.name)).toEqual(['high', 'first', 'second', 'low']);
});

it('keeps a delayed job until its time', async () => {
  await enqueue('order', {}, { startAfter: new Date(Date.now() + 3_600_000) });
  expect(await depth('order')).toMatchObject({ ready: 0, delayed: 1 });
  await skipTime('order');
  expect(await work('order', [{ kind: 'done' }])).toHaveLength(1);
});

it('retries after the delay that the handler chose, under the same id, until the tries are used up', async () => {
  const id = await enqueue('verdicts');
  const nextDay: JobVerdict = { kind: 'retry', afterSeconds: 80_000, reason: 'busy' };
  expect(await work('verdicts', [nextDay])).toMatchObject([{ id, attempt: 0 }]);
  expect((await waiting('verdicts'))[0]?.delay).toBeGreaterThan(79_990);

  await skipTime('verdicts');
  expect(await work('verdicts', [{ kind: 'retry', reason: 'busy' }])).toMatchObject([
    { id, attempt: 1 },
  ]);
  // Without a delay of its own: the kind's.
  expect((await waiting('verdicts'))[0]?.delay).toBeGreaterThan(3_590);
  expect((await waiting('verdicts'))[0]?.delay).toBeLessThan(3_601);

  await skipTime('verdicts');
  expect(await work('verdicts', [{ ...nextDay, reason: 'still busy' }])).toMatchObject([
    { id, attempt: 2 },
  ]);
  expect(await waiting('verdicts')).toEqual([]);
  expect(await queue.dead('verdicts')).toMatchObject([{ id, reason: 'still busy', attempts: 3 }]);
});

it('counts a handler that throws as a try that failed', async () => {
  await enqueue('dead', { n: 1 });
  const ran = Promise.withResolvers<void>();
  const worker = queue.work('dead', {
    slots: 1,
    handler: async () => {
      ran.resolve();
      throw new Error('out of luck');
    },
  });
  await ran.promise;
  await worker.drain(5_000);
  expect(await waiting('dead')).toMatchObject([{ retry_count: 0 }]);
  await skipTime('dead');
  expect(await work('dead', [{ kind: 'dead', reason: 'no use' }])).toMatchObject([{ attempt: 1 }]);
  expect(await queue.dead('dead')).toEqual([
    {
      id: expect.any(String),
      data: { n: 1 },
      reason: 'no use',
      attempts: 2,
      diedAt: expect.any(Date),
    },
  ]);
  expect(await depth('dead')).toMatchObject({ ready: 0, delayed: 0, dead: 1 });
});

it('gives a job back as often as asked without counting a try, the last one included', async () => {
  const id = await enqueue('give-back', { n: 1 });
  const again: JobVerdict = { kind: 'again' };
  const seen = await work('give-back', [again, again, again, again, again, { kind: 'done' }]);
  expect(seen).toHaveLength(6);
  for (const job of seen)
    expect(job).toEqual({ id, kind: 'give-back', data: { n: 1 }, attempt: 0 });
  expect(await depth('give-back')).toMatchObject({ ready: 0, active: 0, dead: 0 });
});

it('aborts what does not end in time when it drains, and gives it back', async () => {
  await enqueue('give-back');
  const running = Promise.withResolvers<void>();
  let reason: unknown;
  const worker = queue.work('give-back', {
    slots: 1,
    handler: (_job, signal) => {
      running.resolve();
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(signal.reason);
        });
      });
    },
  });
  await running.promise;
  await worker.drain(10);
  expect(reason).toMatchObject({ name: 'JobInterrupted', why: 'draining' });
  expect(await depth('give-back')).toMatchObject({ ready: 1, active: 0 });
  expect(await work('give-back', [{ kind: 'done' }])).toMatchObject([{ attempt: 0 }]);
});

it('lets running jobs end while it drains, and claims no others', async () => {
  await enqueue('give-back');
  await enqueue('give-back');
  const running = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const worker = queue.work('give-back', {
    slots: 1,
    handler: async () => {
      running.resolve();
      await release.promise;
      return { kind: 'done' };
    },
  });
  await running.promise;
  const drained = worker.drain(5_000);
  release.resolve();
  await drained;
  expect(await depth('give-back')).toMatchObject({ ready: 1, active: 0 });
  await work('give-back', [{ kind: 'done' }]);
});

it('runs no more jobs at a time than it has slots', async () => {
  const count = 12;
  for (let n = 0; n < count; n += 1) await enqueue('order', { n });
  let now = 0;
  let most = 0;
  let ended = 0;
  const all = Promise.withResolvers<void>();
  workers.push(
    queue.work('order', {
      slots: 3,
      handler: async () => {
        now += 1;
        most = Math.max(most, now);
        await test.database.ping();
        now -= 1;
        ended += 1;
        if (ended === count) all.resolve();
        return { kind: 'done' };
      },
    }),
  );
  await all.promise;
  expect(most).toBe(3);
});

it('gives back the jobs of a process that died, counting the try', async () => {
  const id = await enqueue('orphans');
  // The claim of a process that is no more.
  await test.database
    .executor(test.database.sql)
    .executeSql(
      `update pgboss.job set state = 'active', started_on = now(), heartbeat_on = now() where id = $1`,
      [id],
    );
  expect(await queue.releaseOrphans()).toBe(1);
  expect(await queue.releaseOrphans()).toBe(0);
  expect(await work('orphans', [{ kind: 'done' }])).toMatchObject([{ id, attempt: 1 }]);
});

it('refuses to work on a kind that it was not started with', () => {
  expect(() =>
    queue.work('unknown', { slots: 1, handler: async () => ({ kind: 'done' }) }),
  ).toThrow('The queue knows no job kind unknown');
});

it('keeps the heartbeat out of every index, so that renewing a lease stays cheap', async () => {
  const { rows } = await test.database
    .executor(test.database.sql)
    .executeSql(`select indexdef from pg_indexes where schemaname = 'pgboss'`);
  expect(rows.length).toBeGreaterThan(5);
  expect(JSON.stringify(rows)).not.toContain('heartbeat_on');
});
