import { expect, it } from 'vitest';
import { abortable, bounded, pause } from './waiting.ts';

const never = new Promise<never>(() => {});

it('rejects with the reason of whichever signal fires first', async () => {
  const run = new AbortController();
  const gone = new AbortController();
  const waiting = abortable(never, run.signal, gone.signal);
  gone.abort(new Error('browser gone'));
  run.abort(new Error('canceled'));
  await expect(waiting).rejects.toThrow('browser gone');
});

it('rejects at once for a signal that has fired already', async () => {
  await expect(abortable(never, AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
});

it('passes a value on when no signal fires', async () => {
  expect(await abortable(Promise.resolve(7), new AbortController().signal)).toBe(7);
});

it('ends a pause with the reason of the signal', async () => {
  const stop = new AbortController();
  const waiting = pause(60_000, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});

it('gives the fallback for a promise that is late or rejects', async () => {
  expect(await bounded(never, 1, 'fallback')).toBe('fallback');
  expect(await bounded(Promise.reject(new Error('no')), 1_000, 'fallback')).toBe('fallback');
  expect(await bounded(Promise.resolve('value'), 1_000, 'fallback')).toBe('value');
});
