import { expect, test } from 'vitest';
import { differences } from './differences.ts';

test('what is only in the stored document is a default, and none', () => {
  expect(differences({ a: 1 }, { a: 1, b: 2 })).toEqual([]);
});

test('a field that is missing was dropped, unless it said nothing', () => {
  const sent = { a: 1, b: null, c: '', d: false, e: [], f: {}, g: 0 };
  expect(differences(sent, {})).toEqual([
    { kind: 'dropped', path: 'a', value: 1 },
    { kind: 'dropped', path: 'g', value: 0 },
  ]);
});

test('a value that differs was changed, wherever it is', () => {
  expect(
    differences({ list: [{ a: 'x' }, { a: 'y' }] }, { list: [{ a: 'x' }, { a: 'z' }] }),
  ).toEqual([{ kind: 'changed', path: 'list[1].a', from: 'y', to: 'z' }]);
  expect(differences({ a: [1] }, { a: { b: 1 } })).toMatchObject([{ kind: 'changed', path: 'a' }]);
});

test('a number in text and the number are the same, and so is what a mask hides', () => {
  expect(differences({ a: '15', b: 'secret' }, { a: 15, b: '***' })).toEqual([]);
});
