import { expect, it } from 'vitest';
import { BrowserPool } from './pool.ts';

/** A browser whose life is a promise. */
function fakeBrowsers() {
  let alive = 0;
  let most = 0;
  let started = 0;
  const crashes: (() => void)[] = [];
  const launch = async () => {
    alive += 1;
    started += 1;
    most = Math.max(most, alive);
    await Promise.resolve();
    const { promise: exited, resolve } = Promise.withResolvers<void>();
    let ended: Promise<void> | null = null;
    const end = async () => {
      await Promise.resolve();
      alive -= 1;
      resolve();
    };
    crashes.push(resolve);
    return {
      exited,
      end: () => {
        ended ??= end();
        return ended;
      },
    };
  };
  return { launch, crashes, alive: () => alive, most: () => most, started: () => started };
}

const log = () => {};
const signal = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('keeps the wanted number ready', async () => {
  const fake = fakeBrowsers();
  const pool = new BrowserPool({ max: 4, warm: 2, launch: fake.launch, log });
  await settled();
  expect(pool.ready).toBe(2);
  const lease = await pool.acquire(signal);
  await settled();
  expect([pool.ready, pool.alive]).toEqual([2, 3]);
  await lease.release();
  await settled();
  expect([pool.ready, fake.alive()]).toEqual([2, 2]);
});

it('never has more than its maximum alive, and serves in the order of asking', async () => {
  const fake = fakeBrowsers();
  const pool = new BrowserPool({ max: 2, warm: 1, launch: fake.launch, log });
  const order: number[] = [];
  const work = async (id: number) => {
    const lease = await pool.acquire(signal);
    order.push(id);
    await settled();
    await lease.release();
  };
  await Promise.all([1, 2, 3, 4, 5, 6].map(work));
  expect(order).toEqual([1, 2, 3, 4, 5, 6]);
  expect(fake.most()).toBe(2);
});

it('gives each run a browser that nobody has used', async () => {
  const pool = new BrowserPool({ max: 1, warm: 1, launch: fakeBrowsers().launch, log });
  const first = await pool.acquire(signal);
  await first.release();
  const second = await pool.acquire(signal);
  expect(second.browser).not.toBe(first.browser);
});

it('forgets whoever stops waiting', async () => {
  const fake = fakeBrowsers();
  const pool = new BrowserPool({ max: 1, warm: 0, launch: fake.launch, log });
  const lease = await pool.acquire(signal);
  const stop = new AbortController();
  const waiting = pool.acquire(stop.signal);
  const next = pool.acquire(signal);
  stop.abort(new Error('canceled'));
  await expect(waiting).rejects.toThrow('canceled');
  await lease.release();
  await next;
  expect(fake.started()).toBe(2);
});

it('replaces a warm browser that has died, but gives up when they go on dying', async () => {
  const fake = fakeBrowsers();
  const pool = new BrowserPool({ max: 2, warm: 1, launch: fake.launch, log });
  for (const crash of [0, 1, 2]) {
    await settled();
    fake.crashes[crash]?.();
  }
  await settled();
  expect([fake.started(), pool.ready, fake.alive()]).toEqual([3, 0, 0]);
  await pool.acquire(signal);
  await settled();
  expect(pool.ready).toBe(1);
});

it('tells whoever waits why no browser could be started, and tries again for the next', async () => {
  const fake = fakeBrowsers();
  let broken = true;
  const launch = () => (broken ? Promise.reject(new Error('no browser here')) : fake.launch());
  const pool = new BrowserPool({ max: 1, warm: 1, launch, log });
  await expect(pool.acquire(signal)).rejects.toThrow('no browser here');
  expect(pool.fault).toBe('no browser here');
  broken = false;
  await pool.acquire(signal);
  expect(pool.fault).toBeNull();
});

it('ends everything when it is closed, what is in use and what is starting included', async () => {
  const fake = fakeBrowsers();
  const pool = new BrowserPool({ max: 2, warm: 1, launch: fake.launch, log });
  await pool.acquire(signal);
  await pool.acquire(signal);
  const waiting = pool.acquire(signal);
  const refused = expect(waiting).rejects.toThrow('closed');
  await pool.close();
  await refused;
  expect([fake.alive(), pool.alive]).toEqual([0, 0]);
  await expect(pool.acquire(signal)).rejects.toThrow('closed');
});

it('lends to nested work what somebody who waits for it has, and to nobody else', async () => {
  const fake = fakeBrowsers();
  const pool = new BrowserPool({ max: 1, warm: 0, launch: fake.launch, log });
  const outer = await pool.acquire(signal);
  const order: string[] = [];
  const other = pool.acquire(signal).then((lease) => {
    order.push('other');
    return lease;
  });
  const takeBack = pool.lend();
  await settled();
  expect(order).toEqual([]);
  const inner = await pool.acquire(signal, { nested: true });
  order.push('nested');
  expect(pool.alive).toBe(2);
  await inner.release();
  takeBack();
  await outer.release();
  await (await other).release();
  expect(order).toEqual(['nested', 'other']);
  expect(fake.most()).toBe(2);
});

it('serves the nested before the others', async () => {
  const pool = new BrowserPool({ max: 1, warm: 0, launch: fakeBrowsers().launch, log });
  const order: string[] = [];
  const first = await pool.acquire(signal);
  const work = async (name: string, nested: boolean) => {
    const lease = await pool.acquire(signal, { nested });
    order.push(name);
    await lease.release();
  };
  const waiting = [work('a', false), work('b', true), work('c', false), work('d', true)];
  await first.release();
  await Promise.all(waiting);
  expect(order).toEqual(['b', 'd', 'a', 'c']);
});

it('ends a browser that was started for somebody who has gone', async () => {
  const fake = fakeBrowsers();
  const pool = new BrowserPool({ max: 2, warm: 0, launch: fake.launch, log });
  const leaving = new AbortController();
  const asked = pool.acquire(leaving.signal);
  leaving.abort(new Error('gone'));
  await expect(asked).rejects.toThrow('gone');
  await settled();
  expect([fake.started(), fake.alive(), pool.alive]).toEqual([1, 0, 0]);
  await pool.close();
});

it('counts a browser in that runs already, and starts no other until there is room', async () => {
  const fake = fakeBrowsers();
  const pool = new BrowserPool({ max: 1, warm: 0, launch: fake.launch, log });
  const own = await pool.acquire(signal);
  const adopted = pool.adopt(await fake.launch());
  expect(pool.alive).toBe(2);
  const waiting = pool.acquire(signal);
  await own.release();
  await settled();
  expect(pool.alive).toBe(1);
  adopted.leave();
  const next = await waiting;
  // It was left, not ended.
  expect(fake.alive()).toBe(2);
  await next.release();
});
