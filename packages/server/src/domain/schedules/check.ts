import type { ScheduleUpsert } from '@lapwing/protocol';
import { LapwingError } from '../../errors.ts';
import type { WorkflowVersion } from '../workflows/service.ts';
import { CronPattern, refuseTooDense } from './cron.ts';
import { checkTimeZone, type Rhythm } from './instants.ts';
import { originOf, prepareRun, rhythmOf, type ScheduleParts } from './parts.ts';
import type { ScheduleRow } from './store.ts';

/** What a request says of a schedule, but for whether it is enabled. */
export type ScheduleFields = Pick<
  ScheduleRow,
  | 'cronExpression'
  | 'timezone'
  | 'parameters'
  | 'name'
  | 'description'
  | 'overlapPolicy'
  | 'catchUp'
  | 'catchUpWindowMinutes'
  | 'jitterSeconds'
  | 'startAt'
  | 'endAt'
  | 'maxRuns'
  | 'pauseAfterFailures'
  | 'webhookUrl'
>;

/** @throws LapwingError `invalid_parameters` */
export function checkRhythm(
  fields: Pick<ScheduleFields, 'cronExpression' | 'timezone' | 'startAt' | 'endAt'>,
  minMinutes: number,
): Rhythm {
  checkTimeZone(fields.timezone);
  const rhythm = rhythmOf(fields);
  refuseTooDense(rhythm.pattern, minMinutes);
  const { startAt, endAt } = fields;
  if (startAt !== null && endAt !== null && startAt > endAt) {
    throw new LapwingError(
      'invalid_parameters',
      `start_at ${startAt.toISOString()} is after end_at ${endAt.toISOString()}`,
    );
  }
  return rhythm;
}

/**
 * Checks a request, and that a run of it could start now.
 * @param before The schedule that it changes; null for a new one.
 * @throws LapwingError `invalid_parameters`, `invalid_url`, `blocked_host`, `not_supported`
 */
export async function checkSchedule(
  parts: ScheduleParts,
  owner: { readonly organizationId: string; readonly workflow: WorkflowVersion },
  body: ScheduleUpsert,
  before: ScheduleRow | null,
): Promise<ScheduleFields> {
  const fields = fieldsOf(body, before);
  checkRhythm(fields, parts.minMinutes);
  await prepareRun(
    parts,
    fields.parameters,
    owner.workflow,
    originOf(owner.organizationId, 'clock'),
  );
  if (fields.webhookUrl !== null) await parts.checkUrl(fields.webhookUrl);
  return fields;
}

/** What the reference has is overwritten; what it has not stays when it is left out (its clients do not know it). */
function fieldsOf(body: ScheduleUpsert, before: ScheduleRow | null): ScheduleFields {
  const either = <T>(given: T | null | undefined, preset: T, kept: T | undefined): T =>
    given === undefined ? (kept ?? preset) : (given ?? preset);
  return {
    cronExpression: new CronPattern(body.cron_expression).text,
    timezone: body.timezone,
    parameters: withoutNulls(body.parameters),
    name: body.name ?? null,
    description: body.description ?? null,
    overlapPolicy: either<string>(body.overlap_policy, 'allow', before?.overlapPolicy),
    catchUp: either<string>(body.catch_up, 'latest', before?.catchUp),
    catchUpWindowMinutes: either(body.catch_up_window_minutes, 1440, before?.catchUpWindowMinutes),
    jitterSeconds: either(body.jitter_seconds, 0, before?.jitterSeconds),
    startAt: either(body.start_at, null, before?.startAt),
    endAt: either(body.end_at, null, before?.endAt),
    maxRuns: either(body.max_runs, null, before?.maxRuns),
    pauseAfterFailures: either(body.pause_after_failures, null, before?.pauseAfterFailures),
    webhookUrl: either(blankToNull(body.webhook_url), null, before?.webhookUrl),
  };
}

const blankToNull = (text: string | null | undefined) => (text?.trim() === '' ? null : text);

function withoutNulls(parameters: ScheduleUpsert['parameters']): ScheduleFields['parameters'] {
  if (parameters == null) return null;
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null));
}
