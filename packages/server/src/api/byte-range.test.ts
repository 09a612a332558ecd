import { expect, it } from 'vitest';
import { byteRange } from './byte-range.ts';

it.each([
  ['bytes=0-9', { start: 0, end: 9 }],
  ['bytes=90-', { start: 90, end: 99 }],
  ['bytes=90-500', { start: 90, end: 99 }],
  ['bytes=-10', { start: 90, end: 99 }],
  ['bytes=-500', { start: 0, end: 99 }],
])('reads %s of 100 bytes', (header, range) => {
  expect(byteRange(header, 100)).toEqual(range);
});

it.each([undefined, '', 'bytes=-', 'items=0-1', 'bytes=0-1,3-4', 'bytes=9-3'])(
  'ignores %s',
  (header) => {
    expect(byteRange(header, 100)).toBeNull();
  },
);

it.each(['bytes=100-', 'bytes=-0', 'bytes=500-600'])('cannot satisfy %s of 100 bytes', (header) => {
  expect(byteRange(header, 100)).toBe('unsatisfiable');
});

it('has no range of an empty file', () => {
  expect(byteRange('bytes=0-', 0)).toBe('unsatisfiable');
});
