import { expect, it } from 'vitest';
import { wireTime } from './time.ts';

it('writes naive UTC with six digits', () => {
  expect(wireTime(new Date('2026-01-31T15:20:42.160Z'))).toBe('2026-01-31T15:20:42.160000');
});

it('leaves out a fraction of zero', () => {
  expect(wireTime(new Date('2026-01-31T15:20:42.000Z'))).toBe('2026-01-31T15:20:42');
});
