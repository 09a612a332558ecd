import { expect, it } from 'vitest';
import { evaluable, isFunctionSource } from './page-source.ts';

it.each([
  'x => x',
  'async x => x',
  '() => 1',
  ' (a, b = (1)) => a',
  'async (a) => { await a }',
  '({ a }, text = ")") => a',
  'function (a) { return a }',
  'async function f() { return g() }',
])('takes %s for a function', (source) => {
  expect(isFunctionSource(source)).toBe(true);
});

it.each(['document.title', '(() => 1)()', '(1)', 'asynchronous', 'function f() { return 1 } (2)'])(
  'takes %s for an expression',
  (source) => {
    expect(isFunctionSource(source)).toBe(false);
    expect(evaluable(source)).toBe(source);
  },
);

it('makes a function that has the source and does not run it', () => {
  const made = evaluable('() => { throw new Error("ran here") }');
  expect(typeof made).toBe('function');
  expect(String(made)).toBe('() => { throw new Error("ran here") }');
  expect((made as () => unknown)()).toBeUndefined();
});
