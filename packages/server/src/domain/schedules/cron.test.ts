import { describe, expect, it } from 'vitest';
import { LapwingError } from '../../errors.ts';
import { CronPattern, refuseTooDense } from './cron.ts';

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof LapwingError && error.code === 'invalid_parameters') return error.message;
    throw error;
  }
  throw new Error('Nothing was refused');
};

describe('the five fields', () => {
  it.each([
    ['0 9 * * 1-5', 'At 09:00, Monday through Friday'],
    ['*/15 * * * *', 'Every 15 minutes'],
    ['30 2 1 * *', 'At 02:30, on day 1 of the month'],
    ['0 0 * * 1#2', 'At 00:00, on the second Monday of the month'],
    ['0 12 * JAN-MAR MON', 'At 12:00, only on Monday, January through March'],
  ])('%s is said in plain English', (text, description) => {
    expect(new CronPattern(text).describe()).toBe(description);
  });

  it('have one space between them, however they were written', () => {
    expect(new CronPattern('  0   9\t* *  1 ').text).toBe('0 9 * * 1');
  });

  it.each([
    ['@daily', '"0 0 * * *"'],
    ['@Hourly', '"0 * * * *"'],
    ['@weekly', '"0 0 * * 0"'],
    ['@yearly', '"0 0 1 1 *"'],
    ['@monthly', '"0 0 1 * *"'],
  ])('a nickname such as %s is refused with %s', (text, equivalent) => {
    expect(messageOf(() => new CronPattern(text))).toContain(equivalent);
  });

  it('six fields are refused with the five that they mean, wherever the seconds stand', () => {
    const message = messageOf(() => new CronPattern('0 30 9 * * *'));
    expect(message).toContain('"30 9 * * *" if its seconds stand first');
    expect(messageOf(() => new CronPattern('30 9 * * 1 0'))).toContain(
      '"30 9 * * 1" if they stand last',
    );
  });

  it('seven fields are refused with the five in their middle', () => {
    expect(messageOf(() => new CronPattern('0 30 9 1 1 ? 2027'))).toContain('"30 9 1 1 ?"');
  });

  it.each([
    '',
    'never',
    '1 2 3',
    '60 * * * *',
    '0 25 * * *',
    '0 0 0 * *',
    '0 0 * * +MON',
    'a b c d e',
  ])('%j is refused', (text) => {
    expect(messageOf(() => new CronPattern(text))).toContain('It has five fields');
  });
});

describe('two instants that are too close', () => {
  it.each([
    ['* * * * *', '00:00 and 00:01'],
    ['*/7 * * * *', '00:56 and 01:00'],
    ['58,0 * * * *', '00:58 and 01:00'],
    ['59 23,0 * * *', null],
    ['0,59 0,23 * * *', '23:59 and 00:00'],
    // The first and the last day of a month are neighbours, the first and the second Monday are not.
    ['0,59 0,23 1,L * *', '23:59 and 00:00'],
    ['0,59 0,23 * * 1', null],
    ['*/5 * * * *', null],
    // Far from any day on which a sample is likely to be taken.
    ['0,1 4 29 2 *', '04:00 and 04:01'],
  ])('%s: %s', (text, pair) => {
    const check = () => refuseTooDense(new CronPattern(text), 5);
    if (pair === null) expect(check).not.toThrow();
    else expect(messageOf(check)).toContain(pair);
  });

  it('are measured by the setting', () => {
    expect(() => refuseTooDense(new CronPattern('*/10 * * * *'), 15)).toThrow('15 minutes apart');
    expect(() => refuseTooDense(new CronPattern('* * * * *'), 1)).not.toThrow();
  });

  it('a date that never comes is refused', () => {
    expect(messageOf(() => refuseTooDense(new CronPattern('0 0 30 2 *'), 5))).toContain('no date');
  });
});
