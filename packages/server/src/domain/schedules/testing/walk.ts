import { CronExpressionParser } from 'cron-parser';
import { DateTime } from 'luxon';

const minuteMs = 60_000;

/** What the clocks of a place show, as milliseconds of a calendar read as UTC. */
export function wallMinute(ms: number, timeZone: string): number {
  return ms + DateTime.fromMillis(ms, { zone: timeZone }).offset * minuteMs;
}

/** The instants at which a place changes its offset. */
export function transitionsOf(timeZone: string, from: number, to: number): number[] {
  const offset = (ms: number) => DateTime.fromMillis(ms, { zone: timeZone }).offset;
  const found: number[] = [];
  // No zone has an offset for less than some weeks.
  const stepMs = 14 * 24 * 60 * minuteMs;
  for (let start = from; start < to; start += stepMs) {
    if (offset(start) === offset(start + stepMs)) continue;
    let [before, behind] = [start, start + stepMs];
    while (behind - before > minuteMs) {
      const middle = before + Math.floor((behind - before) / 2 / minuteMs) * minuteMs;
      if (offset(middle) === offset(before)) before = middle;
      else behind = middle;
    }
    found.push(behind);
  }
  return found;
}

/** Whether a pattern fits what a clock shows. */
function fitter(cron: string): (wallMs: number) => boolean {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = CronExpressionParser.parse(cron).fields;
  const has = (field: { values: readonly unknown[] }, value: number) =>
    field.values.includes(value);
  return (wallMs) => {
    const date = new Date(wallMs);
    return (
      has(minute, date.getUTCMinutes()) &&
      has(hour, date.getUTCHours()) &&
      has(dayOfMonth, date.getUTCDate()) &&
      has(month, date.getUTCMonth() + 1) &&
      has(dayOfWeek, date.getUTCDay())
    );
  };
}

/**
 * The instants of a pattern behind `from`, up to `to`, found by looking at the clocks of the place every minute, as the
 * written rule says it: what they leave out counts as soon as they show anything again; what they show a second time
 * counts only when every hour does.
 */
export function instantsByWalking(
  cron: string,
  timeZone: string,
  from: number,
  to: number,
): string[] {
  const fits = fitter(cron);
  const everyHour = cron.split(' ')[1] === '*';
  const found: string[] = [];
  // What was shown before `from` may be shown again.
  let latest = wallMinute(from - 3 * 60 * minuteMs, timeZone);
  for (let ms = from - 3 * 60 * minuteMs; ms <= to; ms += minuteMs) {
    const wall = wallMinute(ms, timeZone);
    const isShownAgain = wall <= latest && ms > from - 3 * 60 * minuteMs;
    let isDue = fits(wall) && (everyHour || !isShownAgain);
    for (let skipped = latest + minuteMs; skipped < wall; skipped += minuteMs)
      isDue ||= fits(skipped);
    latest = Math.max(latest, wall);
    if (isDue && ms > from) found.push(new Date(ms).toISOString().slice(0, 16));
  }
  return found;
}
