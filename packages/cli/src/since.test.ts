import { expect, it } from 'vitest';
import { sinceInstant } from './since.ts';

const now = new Date('2026-05-02T12:00:00Z');

it.each([
  ['90s', '2026-05-02T11:58:30.000Z'],
  ['30m', '2026-05-02T11:30:00.000Z'],
  ['2h', '2026-05-02T10:00:00.000Z'],
  ['7d', '2026-04-25T12:00:00.000Z'],
  ['2026-05-01', '2026-05-01T00:00:00.000Z'],
  ['2026-05-01T08:00', '2026-05-01T08:00:00.000Z'],
  ['2026-05-01T08:00:30+02:00', '2026-05-01T06:00:30.000Z'],
])('reads %s', (text, instant) => {
  expect(sinceInstant(text, now).toISOString()).toBe(instant);
});

it.each(['', 'yesterday', '2', '2w', '-2h', '2026-13-01', '2026-05-01 08:00'])(
  'refuses %j, saying how it is written',
  (text) => {
    expect(() => sinceInstant(text, now)).toThrow(/write 30m/);
  },
);
