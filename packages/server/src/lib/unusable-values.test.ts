import { expect, it } from 'vitest';
import { unusableValue } from './unusable-values.ts';

it('finds nothing in what JSON usually holds', () => {
  expect(unusableValue({ a: [1, null, 'text', '🦆', { b: true }], '': '' })).toBeNull();
  expect(unusableValue(undefined)).toBeNull();
});

it.each([
  ['a\0', []],
  [{ a: ['', '\ud83d'] }, ['a', 1]],
  [{ a: { 'b\udc00': 1 } }, ['a']],
])('finds what cannot be kept in %j', (value, loc) => {
  expect(unusableValue(value)).toEqual({ loc, problem: expect.stringContaining('surrogate') });
});

it('finds what is nested too deep without a stack of its own', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 1_000_000; level += 1) deep = [deep];
  expect(unusableValue(deep)?.problem).toContain('levels deep');
});

it('looks at shared and circular parts once', () => {
  let bomb: unknown = 'x';
  for (let level = 0; level < 100; level += 1) bomb = [bomb, bomb];
  const circle: unknown[] = [];
  circle.push(circle);
  expect(unusableValue([bomb, circle])).toBeNull();
});
