import { expect, it } from 'vitest';
import { consoleLine } from './console-log.ts';

const time = new Date('2026-11-25T01:02:03.004Z');

it('writes time, level, place and text', () => {
  expect(consoleLine(time, 'warning', 'https://a.example/x.js:3:7', 'careful')).toBe(
    '2026-11-25T01:02:03.004Z warning https://a.example/x.js:3:7 careful\n',
  );
});

it('indents further lines, so that each entry can be told', () => {
  expect(consoleLine(time, 'log', '', 'a\r\nb')).toBe('2026-11-25T01:02:03.004Z log a\n    b\n');
});

it('cuts a text of any length', () => {
  expect(consoleLine(time, 'log', '', 'x'.repeat(100_000)).length).toBeLessThan(5_000);
});
