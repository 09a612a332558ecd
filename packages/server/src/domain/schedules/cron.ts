import { Cron } from 'croner';
import cronstrue from 'cronstrue';
import { LapwingError } from '../../errors.ts';

const dayMs = 24 * 60 * 60_000;
const minuteMs = 60_000;
/** Where patterns are tried out: the eve of a leap year. */
const trialMs = Date.UTC(2023, 11, 31, 23, 59);

const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const refused = (message: string) => new LapwingError('invalid_parameters', message);
const shape = 'It has five fields: minute, hour, day of month, month, day of week';

/** A pattern on the face of a clock that knows no zones: times are milliseconds of a calendar read as UTC. */
export class CronPattern {
  /** With one space between its fields. */
  readonly text: string;
  readonly #cron: Cron;

  /** @throws LapwingError `invalid_parameters`, with the five fields that would do where they can be told. */
  constructor(text: string) {
    this.text = text.trim().replaceAll(/\s+/g, ' ');
    refuseOtherForms(this.text);
    this.#cron = compile(this.text);
  }

  /** Whether its hour field is open, so that it recurs within hours rather than at hours. */
  get isWithinHours(): boolean {
    return /^(\*|\?|\*\/1|0-23)$/.test(this.text.split(' ')[1] ?? '');
  }

  /** The first time that fits after this one; null when there is none. */
  after(wallMs: number): number | null {
    return this.#cron.nextRun(new Date(wallMs))?.getTime() ?? null;
  }

  /** What it says, in plain English. */
  describe(): string {
    return cronstrue.toString(this.text, { use24HourTimeFormat: true });
  }
}

function compile(text: string): Cron {
  try {
    return new Cron(text, { mode: '5-part', paused: true, utcOffset: 0 });
  } catch (error) {
    const reason = (error instanceof Error ? error.message : '').replace(/^CronPattern: /, '');
    throw refused(`cron_expression "${text}" is no cron expression (${reason}). ${shape}`);
  }
}

function refuseOtherForms(text: string): void {
  if (text.startsWith('@')) {
    const equivalent = nicknames[text.toLowerCase()];
    throw refused(
      equivalent === undefined
        ? `cron_expression "${text}" is a nickname that is not known. ${shape}`
        : `cron_expression "${text}" is a nickname: write the five fields that it stands for, "${equivalent}"`,
    );
  }
  const fields = text.split(' ');
  if (fields.length === 6 || fields.length === 7) throw refused(sixFields(text, fields));
  if (fields.length !== 5 || /[^\w*?,/#-]/.test(fields.join('')))
    throw refused(`cron_expression "${text}" is no cron expression. ${shape}`);
}

/** Some dialects put the seconds first, the reference's puts them last; a seventh field is a year. */
function sixFields(text: string, fields: readonly string[]): string {
  const first = fields.slice(1, 6).join(' ');
  const last = fields.slice(0, 5).join(' ');
  const beginning = `cron_expression "${text}" has ${fields.length} fields, and there are neither seconds nor years: write`;
  const choices = [
    isPattern(first) ? `"${first}" if its seconds stand first` : null,
    fields.length === 6 && first !== last && isPattern(last)
      ? `"${last}" if they stand last`
      : null,
  ].filter((choice) => choice !== null);
  if (choices.length === 0) return `${beginning} five fields. ${shape}`;
  return `${beginning} ${choices.join(', or ')}`;
}

function isPattern(text: string): boolean {
  try {
    compile(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Refuses a pattern with no time at all, or with two that are closer than so many minutes. Every time of it is looked at,
 * not those of one day: all days that fit have the same times, so one day and the night behind it tell.
 * @throws LapwingError `invalid_parameters`
 */
export function refuseTooDense(pattern: CronPattern, minMinutes: number): void {
  const first = pattern.after(trialMs);
  if (first === null) throw refused(`cron_expression "${pattern.text}" fits no date at all`);
  const pair = closePair(pattern, first, minMinutes * minuteMs);
  if (pair === null) return;
  const [one, other] = pair.map((wallMs) => new Date(wallMs).toISOString().slice(11, 16));
  throw refused(
    `cron_expression "${pattern.text}" fits ${one} and ${other}: two runs must be at least ${minMinutes} minutes apart (LAPWING_SCHEDULE_MIN_MINUTES)`,
  );
}

/** Two neighbours that are too close; null when there are none. */
function closePair(
  pattern: CronPattern,
  first: number,
  minMs: number,
): readonly [number, number] | null {
  const isSameDay = (wallMs: number) => Math.floor(wallMs / dayMs) === Math.floor(first / dayMs);
  let last = first;
  for (;;) {
    const next = pattern.after(last);
    if (next === null) return null;
    if (next - last < minMs) return [last, next];
    if (!isSameDay(next)) break;
    last = next;
  }
  const overNight = first + dayMs - last < minMs && hasNeighbouringDays(pattern);
  return overNight ? [last, first + dayMs] : null;
}

/** The calendar repeats itself after so many years. */
const calendarYears = 28;

function hasNeighbouringDays(pattern: CronPattern): boolean {
  const days = new CronPattern(`0 0 ${pattern.text.split(' ').slice(2).join(' ')}`);
  const endMs = trialMs + calendarYears * 366 * dayMs;
  let day = days.after(trialMs);
  while (day !== null && day < endMs) {
    const next = days.after(day);
    if (next !== null && next - day === dayMs) return true;
    day = next;
  }
  return false;
}
