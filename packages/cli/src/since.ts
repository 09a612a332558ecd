import { CliError } from './cli-error.ts';

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * The instant that `--since` names: so long ago (`90s`, `30m`, `2h`, `7d`), or a time (ISO 8601, UTC unless it has an
 * offset).
 * @throws CliError
 */
export function sinceInstant(text: string, now: Date): Date {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined)
    return new Date(now.getTime() - Number(amount) * (unitMs[unit] ?? 0));
  const isTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;
  const hasZone = /T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T');
  const time = isTime.test(text) ? new Date(hasZone ? text : `${text}Z`) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new CliError(`--since ${text} is no time: write 30m, 2h, 7d or 2026-05-01T08:00`, 2);
  return time;
}
