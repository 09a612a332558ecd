import { expect, it } from 'vitest';
import { WakeUp } from './wake-up.ts';

const longer = 60_000;

it('ends a wait at the signal', async () => {
  const wake = new WakeUp();
  const waiting = wake.wait(longer);
  wake.signal();
  await waiting;
});

it('keeps a signal that came before the wait, once', async () => {
  const wake = new WakeUp();
  wake.signal();
  wake.signal();
  await wake.wait(longer);
  const second = wake.wait(longer).then(() => 'woken');
  expect(await Promise.race([second, Promise.resolve('waiting')])).toBe('waiting');
  wake.signal();
  expect(await second).toBe('woken');
});

it('ends a wait by itself after its time', async () => {
  await new WakeUp().wait(1);
});
