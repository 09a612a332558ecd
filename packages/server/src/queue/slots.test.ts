import { expect, it } from 'vitest';
import { Slots } from './slots.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function slotsOf(count: number) {
  let told = 0;
  const slots = new Slots(count, () => {
    told += 1;
  });
  return { slots, told: () => told };
}

it('a job that waits lends its slot to a new one', async () => {
  const { slots, told } = slotsOf(1);
  slots.take();
  expect(slots.free).toBe(0);
  const { promise, resolve } = Promise.withResolvers<string>();
  const waiting = slots.lend(promise);
  expect([slots.free, told()]).toEqual([1, 1]);
  resolve('done');
  expect(await waiting).toBe('done');
  expect(slots.free).toBe(0);
});

it('a job whose waiting is over gets the next free slot, before any new job, in the order of coming', async () => {
  const { slots, told } = slotsOf(1);
  const over: number[] = [];
  for (const id of [1, 2]) {
    slots.take();
    void slots.lend(Promise.resolve()).then(() => over.push(id));
  }
  slots.take();
  await settled();
  expect(over).toEqual([]);
  const toldBefore = told();
  slots.release();
  await settled();
  expect([over, slots.free, told()]).toEqual([[1], 0, toldBefore]);
  slots.release();
  await settled();
  expect([over, slots.free, told()]).toEqual([[1, 2], 0, toldBefore]);
  slots.release();
  expect([slots.free, told()]).toEqual([1, toldBefore + 1]);
});

it('a failed wait is passed on at once, and its slot counts again until the job has ended', async () => {
  const { slots } = slotsOf(1);
  slots.take();
  const { promise, reject } = Promise.withResolvers<never>();
  const waiting = slots.lend(promise);
  slots.take();
  reject(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
  slots.release();
  expect(slots.free).toBe(0);
  slots.release();
  expect(slots.free).toBe(1);
});
