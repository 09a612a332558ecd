import { Temporal } from 'temporal-polyfill';
import { LapwingError } from '../../errors.ts';
import type { CronPattern } from './cron.ts';

const hourMs = 60 * 60_000;
/** No clock is set back by more. */
const longestOverlapMs = 3 * hourMs;

/** A pattern on the clocks of a place, from one time to another. */
export interface Rhythm {
  readonly pattern: CronPattern;
  /** IANA name. */
  readonly timeZone: string;
  /** The first instant may be this one. */
  readonly startAt: Date | null;
  /** The last instant may be this one. */
  readonly endAt: Date | null;
}

/** @throws LapwingError `invalid_parameters` */
export function checkTimeZone(name: string): void {
  if (/^[A-Za-z]/.test(name) && isKnown(name)) return;
  throw new LapwingError(
    'invalid_parameters',
    `timezone "${name}" is not known: use an IANA name such as Europe/Berlin, America/New_York or UTC`,
  );
}

function isKnown(timeZone: string): boolean {
  try {
    zoned(0, timeZone);
    return true;
  } catch {
    return false;
  }
}

const zoned = (ms: number, timeZone: string) =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);

/** What the clocks show, as if they were UTC. */
const wallOf = ({ epochMilliseconds, offsetNanoseconds }: Temporal.ZonedDateTime) =>
  epochMilliseconds + offsetNanoseconds / 1_000_000;

/** `2026-03-08T03:00:00-04:00` */
export function localText(instant: Date, timeZone: string): string {
  return zoned(instant.getTime(), timeZone).toString({ timeZoneName: 'never' });
}

/**
 * The first instant after this one; null when there is none. By the written rule (docs/schedules.md): a time that the
 * clocks leave out counts at the first instant behind the gap; one that they show twice counts the first time only,
 * unless the pattern recurs within hours.
 */
export function instantAfter(rhythm: Rhythm, after: Date): Date | null {
  const { pattern, timeZone, startAt, endAt } = rhythm;
  const from = Math.max(after.getTime(), startAt === null ? -Infinity : startAt.getTime() - 1);
  const found = firstAfter(pattern, timeZone, from);
  return found === null || (endAt !== null && found > endAt.getTime()) ? null : new Date(found);
}

function firstAfter(pattern: CronPattern, timeZone: string, afterMs: number): number | null {
  let best = Number.POSITIVE_INFINITY;
  let wall = pattern.after(searchStart(afterMs, timeZone));
  for (; wall !== null; wall = pattern.after(wall)) {
    const instants = instantsOf(wall, timeZone, pattern.isWithinHours);
    for (const instant of instants) if (instant > afterMs) best = Math.min(best, instant);
    // What the clocks show later begins later.
    if ((instants[0] ?? 0) > afterMs) break;
  }
  return Number.isFinite(best) ? best : null;
}

/** Clocks that were set back lately, or will be soon, show times again that they have shown. */
function searchStart(afterMs: number, timeZone: string): number {
  const before = zoned(afterMs - longestOverlapMs, timeZone).offsetNanoseconds;
  const behind = zoned(afterMs + longestOverlapMs, timeZone).offsetNanoseconds;
  const wall = wallOf(zoned(afterMs, timeZone));
  return before === behind ? wall : wall - longestOverlapMs - 1;
}

/** When the clocks show this, in order; the end of the gap when they never do. */
function instantsOf(wallMs: number, timeZone: string, bothTimes: boolean): readonly number[] {
  const local = zoned(wallMs, 'UTC').toPlainDateTime();
  const earlier = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  const first = earlier.epochMilliseconds;
  if (wallOf(earlier) !== wallMs) {
    const end = earlier.getTimeZoneTransition('next');
    return end === null ? [] : [end.epochMilliseconds];
  }
  if (!bothTimes) return [first];
  const later = local.toZonedDateTime(timeZone, { disambiguation: 'later' }).epochMilliseconds;
  return later === first ? [first] : [first, later];
}
