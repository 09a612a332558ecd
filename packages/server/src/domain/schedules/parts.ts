import { createHash } from 'node:crypto';
import { RunRequest } from '@lapwing/protocol';
import type { Database } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import { wireTime } from '../../lib/time.ts';
import type { PreparedRun, RunOrigin, RunsService } from '../runs/service.ts';
import type { WebhooksService } from '../webhooks/service.ts';
import type { UrlCheck, WorkflowsService, WorkflowVersion } from '../workflows/service.ts';
import { CronPattern } from './cron.ts';
import { instantAfter, type Rhythm } from './instants.ts';
import type { Cause } from './plan.ts';
import type { ScheduleRow } from './store.ts';

/** What the schedules domain is built from. */
export interface ScheduleParts {
  readonly database: Database;
  readonly runs: RunsService;
  readonly workflows: WorkflowsService;
  readonly webhooks: WebhooksService;
  readonly checkUrl: UrlCheck;
  /** How close two instants of a schedule may be. */
  readonly minMinutes: number;
  readonly now: () => Date;
}

/** Whether the runs of a schedule can be started: as its workflow is now. */
export type Preparation =
  | { readonly ok: true; readonly run: PreparedRun }
  | { readonly ok: false; readonly reason: string };

/** When a schedule is due. @throws LapwingError `invalid_parameters` */
export function rhythmOf(
  row: Pick<ScheduleRow, 'cronExpression' | 'timezone' | 'startAt' | 'endAt'>,
): Rhythm {
  return {
    pattern: new CronPattern(row.cronExpression),
    timeZone: row.timezone,
    startAt: row.startAt,
    endAt: row.endAt,
  };
}

type Times = Pick<ScheduleRow, 'nextDueAt' | 'nextFireAt'>;

/** The instant that a schedule waits for, and when it is looked at. */
export function timesOf(
  row: Pick<ScheduleRow, 'scheduleId' | 'jitterSeconds'>,
  rhythm: Rhythm,
  nextDueAt: Date | null,
): Times {
  if (nextDueAt === null) return { nextDueAt, nextFireAt: null };
  return { nextDueAt, nextFireAt: withJitter(row, nextDueAt, instantAfter(rhythm, nextDueAt)) };
}

/** The first instant after a time. None comes twice, even where this process's clock is behind that of another. */
export function firstInstant(
  row: Pick<ScheduleRow, 'lastDueAt'>,
  rhythm: Rhythm,
  after: Date,
): Date | null {
  return instantAfter(rhythm, new Date(Math.max(after.getTime(), row.lastDueAt?.getTime() ?? 0)));
}

/** When an instant is looked at. The same, whoever asks; always before the instant that follows. */
export function withJitter(
  { scheduleId, jitterSeconds }: Pick<ScheduleRow, 'scheduleId' | 'jitterSeconds'>,
  dueAt: Date,
  following: Date | null,
): Date {
  const roomMs =
    following === null ? Number.POSITIVE_INFINITY : following.getTime() - dueAt.getTime() - 1;
  const share = createHash('sha256').update(instantName(scheduleId, dueAt)).digest().readUInt32BE();
  const delayMs = Math.floor((share / 2 ** 32) * Math.min(jitterSeconds * 1000, roomMs));
  return new Date(dueAt.getTime() + delayMs);
}

const instantName = (scheduleId: string, dueAt: Date) => `${scheduleId}:${wireTime(dueAt)}+00:00`;

/** The runs of schedules have ids that tell their instant (reference: api.md §4). */
const runIdPrefix = 'wr_sched_';

/** Whether a run is one of a schedule. */
export const isScheduledRun = (runId: string) => runId.startsWith(runIdPrefix);

export function scheduledRunId(scheduleId: string, dueAt: Date): string {
  const digest = createHash('sha256').update(instantName(scheduleId, dueAt)).digest('hex');
  return runIdPrefix + digest.slice(0, 32);
}

/** Nobody's key stands behind what the clock starts: webhooks are signed with the organization's. */
export function originOf(organizationId: string, cause: Cause): RunOrigin {
  return {
    principal: { organizationId, apiKeyId: '' },
    triggerType: cause === 'trigger' ? 'api' : 'scheduled',
    idempotencyKey: undefined,
    maxSteps: null,
  };
}

/**
 * Checks a run of a schedule against its workflow as it is now.
 * @throws LapwingError as `RunsService.prepare`
 */
export async function prepareRun(
  { runs }: Pick<ScheduleParts, 'runs'>,
  parameters: ScheduleRow['parameters'],
  workflow: WorkflowVersion,
  origin: RunOrigin,
): Promise<PreparedRun> {
  refuseUnknown(parameters, workflow);
  const request = RunRequest.parse({ workflow_id: workflow.workflowPermanentId, parameters });
  return runs.prepare(request, origin, workflow);
}

/**
 * Whether a run of a schedule can be started.
 * @param workflows Where its workflow is read.
 * @throws errors that the owner of the schedule cannot mend.
 */
export async function tryPrepare(
  parts: Pick<ScheduleParts, 'runs'>,
  row: Pick<ScheduleRow, 'organizationId' | 'workflowPermanentId' | 'parameters'>,
  cause: Cause,
  workflows: Pick<WorkflowsService, 'newest'>,
): Promise<Preparation> {
  const { organizationId, workflowPermanentId, parameters } = row;
  try {
    const workflow = await workflows.newest(organizationId, workflowPermanentId);
    const origin = originOf(organizationId, cause);
    return { ok: true, run: await prepareRun(parts, parameters, workflow, origin) };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

/** A run ignores parameters that its workflow does not have; a schedule does not (reference: api.md §17). */
function refuseUnknown(
  parameters: ScheduleRow['parameters'],
  { definition, workflowPermanentId }: WorkflowVersion,
): void {
  const known = definition.parameters
    .filter(({ parameter_type: type }) => type === 'workflow')
    .map(({ key }) => key);
  const unknown = Object.keys(parameters ?? {}).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  throw new LapwingError(
    'invalid_parameters',
    `Workflow ${workflowPermanentId} has no parameter ${unknown.join(', ')}; it has ${known.join(', ') || 'none'}`,
  );
}

/** What is wrong with the schedule's run, as its owner can mend it. @throws all other errors */
export function reasonOf(error: unknown): string {
  if (error instanceof LapwingError && error.facts.kind === 'user') return error.message;
  throw error;
}
