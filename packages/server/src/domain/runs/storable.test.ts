import { expect, it } from 'vitest';
import { storable } from './storable.ts';

it('replaces what Postgres cannot keep in text, keys included', () => {
  expect(storable({ 'a\0': ['x\0y', '\ud83d', '🦆'], n: 1, none: null })).toEqual({
    'a\uFFFD': ['x\uFFFDy', '\uFFFD', '🦆'],
    n: 1,
    none: null,
  });
});
