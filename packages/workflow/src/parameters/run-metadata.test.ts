import { expect, it } from 'vitest';
import { parseRunMetadata } from './run-metadata.ts';

it('trims metadata and drops what is empty or reserved', () => {
  const given = { ' team ': ' ops ', empty: '  ', '': 'x', 'skyvern.internal': 'x', __proto: 'y' };
  expect(parseRunMetadata(given)).toEqual({ ok: true, metadata: { team: 'ops', __proto: 'y' } });
});

it('keeps 20 entries of 64 and 256 characters', () => {
  const entries = Array.from({ length: 20 }, (_, index) => {
    return [`${index}`.padEnd(64, 'k'), 'v'.repeat(256)];
  });
  expect(parseRunMetadata(Object.fromEntries(entries)).ok).toBe(true);
});

it('names everything that is too long or too much', () => {
  const entries = Array.from({ length: 19 }, (_, index) => [`k${index}`, 'v']);
  const parsed = parseRunMetadata({
    ...Object.fromEntries(entries),
    ['k'.repeat(65)]: 'v',
    long: 'v'.repeat(257),
  });
  expect(parsed).toMatchObject({
    ok: false,
    message: expect.stringMatching(/21 entries.*longer than 64.*'long…?' is longer than 256/),
  });
});
