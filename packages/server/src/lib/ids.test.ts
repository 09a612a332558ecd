import { expect, it } from 'vitest';
import { newId } from './ids.ts';

it('never gives an id twice, even far above 1,024 in a second', () => {
  const ids = new Set(Array.from({ length: 20_000 }, () => newId('wr')));
  expect(ids.size).toBe(20_000);
});

it('gives 18 digits or more behind the prefix, rising with time', () => {
  expect(newId('wpid')).toMatch(/^wpid_\d{18,19}$/);
});
