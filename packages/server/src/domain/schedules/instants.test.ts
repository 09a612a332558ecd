import { describe, expect, it } from 'vitest';
import { CronPattern } from './cron.ts';
import { checkTimeZone, instantAfter, localText } from './instants.ts';
import { instantsByWalking, transitionsOf, wallMinute } from './testing/walk.ts';

const rhythm = (cron: string, timeZone: string, more: object = {}) => ({
  pattern: new CronPattern(cron),
  timeZone,
  ...{ startAt: null, endAt: null, ...more },
});

/** Instants from one time to another, the first one behind `from`. */
function instants(of: ReturnType<typeof rhythm>, from: number, to: number): string[] {
  const found: string[] = [];
  let next = instantAfter(of, new Date(from));
  while (next !== null && next.getTime() <= to) {
    found.push(next.toISOString().slice(0, 16));
    next = instantAfter(of, next);
  }
  return found;
}

const around = (day: string) => [Date.parse(`${day}T00:00Z`), Date.parse(`${day}T12:00Z`)] as const;

describe('where the clocks are set forward', () => {
  it.each([
    // New York leaves out 02:00 to 03:00; 03:00 there is 07:00Z.
    ['30 2 * * *', ['2026-03-08T07:00']],
    ['*/15 2 * * *', ['2026-03-08T07:00']],
    ['0 */2 * * *', ['05:00', '07:00', '08:00', '10:00', '12:00']],
    ['*/30 * * * *', ['05:30', '06:00', '06:30', '07:00', '07:30', '08:00']],
    ['0 3 * * *', ['2026-03-08T07:00']],
  ])('%s fires once at the first instant behind the gap', (cron, expected) => {
    const found = instants(rhythm(cron, 'America/New_York'), ...around('2026-03-08'));
    expect(found.join(' ')).toContain(expected.join(' 2026-03-08T'));
  });

  it('a gap of a whole day has its end for an instant', () => {
    // Samoa went from the 29th to the 31st of December.
    const found = instants(
      rhythm('0 9 30 12 *', 'Pacific/Apia'),
      Date.parse('2011-12-29T00:00Z'),
      Date.parse('2012-01-01T00:00Z'),
    );
    expect(found).toEqual(['2011-12-30T10:00']);
  });
});

describe('where the clocks are set back', () => {
  it.each([
    // New York shows 01:00 to 02:00 twice, from 05:00Z on.
    ['30 1 * * *', ['2026-11-01T05:30']],
    ['*/20 1 * * *', ['2026-11-01T05:00', '2026-11-01T05:20', '2026-11-01T05:40']],
  ])('%s fires the first time only', (cron, expected) => {
    expect(instants(rhythm(cron, 'America/New_York'), ...around('2026-11-01'))).toEqual(expected);
  });

  it('what recurs within hours goes on without a pause and without a double', () => {
    const found = instants(
      rhythm('*/15 * * * *', 'America/New_York'),
      Date.parse('2026-11-01T04:59Z'),
      Date.parse('2026-11-01T08:00Z'),
    );
    expect(found).toHaveLength(13);
    expect(new Set(found).size).toBe(13);
  });
});

describe('from one time to another', () => {
  it('the first instant may be start_at, the last end_at', () => {
    const times = {
      startAt: new Date('2026-06-02T09:00:00Z'),
      endAt: new Date('2026-06-04T09:00:00Z'),
    };
    const found = instants(
      rhythm('0 9 * * *', 'UTC', times),
      Date.parse('2026-01-01T00:00Z'),
      Date.parse('2027-01-01T00:00Z'),
    );
    expect(found).toEqual(['2026-06-02T09:00', '2026-06-03T09:00', '2026-06-04T09:00']);
  });
});

describe('time zones', () => {
  it.each(['Europe/Berlin', 'UTC', 'US/Pacific', 'Etc/GMT+5', 'America/Argentina/Buenos_Aires'])(
    '%s is one',
    (name) => expect(() => checkTimeZone(name)).not.toThrow(),
  );

  it.each(['Mars/Phobos', '', '+01:00', 'Berlin'])('%j is none', (name) => {
    expect(() => checkTimeZone(name)).toThrow('IANA');
  });

  it('an instant is written with the offset that holds then', () => {
    const text = (instant: string) => localText(new Date(instant), 'America/New_York');
    expect(text('2026-03-08T06:59:00Z')).toBe('2026-03-08T01:59:00-05:00');
    expect(text('2026-03-08T07:00:00Z')).toBe('2026-03-08T03:00:00-04:00');
  });
});

/** The years whose transitions are walked through. */
const first = Date.UTC(2026, 0);
const last = Date.UTC(2036, 0);
const hourMs = 3_600_000;

describe('ten years of transitions in every zone, against walking minute by minute with another library', () => {
  it('there are zones and transitions to look at', () => {
    expect(Intl.supportedValuesOf('timeZone').length).toBeGreaterThan(400);
    expect(transitionsOf('America/New_York', first, last)).toHaveLength(20);
    expect(transitionsOf('Asia/Tokyo', first, last)).toHaveLength(0);
  });

  it('every instant is where the written rule says', { timeout: 120_000 }, () => {
    const wrong: object[] = [];
    let compared = 0;
    for (const timeZone of Intl.supportedValuesOf('timeZone')) {
      for (const [index, at] of transitionsOf(timeZone, first, last).entries()) {
        const [from, to] = [at - 3 * hourMs, at + 3 * hourMs];
        const cron = patternFor(timeZone, at, index);
        compared += 1;
        const found = instants(rhythm(cron, timeZone), from, to);
        const expected = instantsByWalking(cron, timeZone, from, to);
        if (found.join() !== expected.join()) wrong.push({ timeZone, cron, found, expected });
      }
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(compared).toBeGreaterThan(2_000);
  });
});

/**
 * A pattern that aims at a transition: a time just before it, at it, in the middle of what the clocks leave out or show
 * twice, and hours, and minutes within hours. They take turns, and each meets transitions in both directions.
 */
function patternFor(timeZone: string, at: number, index: number): string {
  const [before, behind] = [wallMinute(at - 60_000, timeZone), wallMinute(at, timeZone)];
  const halfHourMs = hourMs / 2;
  const middle = new Date((before + behind) / 2);
  const times = [before, behind, before + halfHourMs, before - halfHourMs].map(
    (ms) => new Date(ms),
  );
  const daily = [...times, middle].map(
    (date) => `${date.getUTCMinutes()} ${date.getUTCHours()} * * *`,
  );
  const hours = [middle.getUTCHours(), (middle.getUTCHours() + 23) % 24].sort((a, b) => a - b);
  const others = [`*/10 ${hours.join()} * * *`, '*/15 * * * *', '0 */2 * * *', '7 * * * *'];
  const patterns = [...daily, ...others];
  return patterns[index % patterns.length] ?? '';
}
