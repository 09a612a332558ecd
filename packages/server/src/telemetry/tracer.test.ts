import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { noTracer, SpanScope } from './tracer.ts';

const span = () =>
  noTracer.start('run', { seed: '', traceParent: null }, { kind: 'internal', attributes: {} });

it('keeps works that go on at the same time apart, whatever they wait for', async () => {
  const scope = new SpanScope();
  // Told apart by identity.
  const [one, other] = [{ ...span() }, { ...span() }];
  const work = (mine: typeof one, milliseconds: number) =>
    scope.run(async () => {
      expect(scope.current).toBeNull();
      scope.enter(mine);
      await sleep(milliseconds);
      return scope.current;
    });
  expect(await Promise.all([work(one, 10), work(other, 5)])).toEqual([one, other]);
  expect(scope.current).toBeNull();
});

it('lets a callee say where its caller is from then on', async () => {
  const scope = new SpanScope();
  const inner = { ...span() };
  await scope.run(async () => {
    await Promise.resolve().then(() => scope.enter(inner));
    expect(scope.current).toBe(inner);
    scope.enter(null);
    expect(scope.current).toBeNull();
  });
});

it('keeps no place for work that nobody began', () => {
  const scope = new SpanScope();
  scope.enter(span());
  expect(scope.current).toBeNull();
});
