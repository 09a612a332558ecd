import type {
  FireOutcome,
  OverlapPolicy,
  RunStatus,
  Schedule,
  ScheduleFire,
  ScheduleListItem,
  ScheduleResponse,
} from '@lapwing/protocol';
import { wireTime, wireTimeOrNull } from '../../lib/time.ts';
import { instantAfter, type Rhythm } from './instants.ts';
import type { FireRow } from './ledger-store.ts';
import { rhythmOf } from './parts.ts';
import type { Cause } from './plan.ts';
import type { ScheduleRow } from './store.ts';

const zuluTime = (date: Date) => `${wireTime(date)}Z`;
const zuluTimeOrNull = (date: Date | null) => (date === null ? null : zuluTime(date));

/** The next instants of a rhythm after a time. */
export function instantsAfter(rhythm: Rhythm, after: Date, count: number): Date[] {
  const instants: Date[] = [];
  let next = instantAfter(rhythm, after);
  while (next !== null && instants.length < count) {
    instants.push(next);
    next = instantAfter(rhythm, next);
  }
  return instants;
}

export const zuluTimes = (dates: readonly Date[]) => dates.map(zuluTime);

export function scheduleView(row: ScheduleRow): Schedule {
  return {
    workflow_schedule_id: row.scheduleId,
    organization_id: row.organizationId,
    workflow_permanent_id: row.workflowPermanentId,
    cron_expression: row.cronExpression,
    timezone: row.timezone,
    enabled: row.enabled,
    parameters: row.parameters,
    temporal_schedule_id: `local-wf-sched-${row.scheduleId}`,
    name: row.name,
    description: row.description,
    overlap_policy: row.overlapPolicy as OverlapPolicy,
    catch_up: row.catchUp as Schedule['catch_up'],
    catch_up_window_minutes: row.catchUpWindowMinutes,
    jitter_seconds: row.jitterSeconds,
    start_at: zuluTimeOrNull(row.startAt),
    end_at: zuluTimeOrNull(row.endAt),
    max_runs: row.maxRuns,
    pause_after_failures: row.pauseAfterFailures,
    webhook_url: row.webhookUrl,
    runs_started: row.runsStarted,
    consecutive_failures: row.consecutiveFailures,
    disabled_reason: row.disabledReason,
    created_at: wireTime(row.createdAt),
    modified_at: wireTime(row.modifiedAt),
    deleted_at: wireTimeOrNull(row.deletedAt),
  };
}

export function responseView(row: ScheduleRow, now: Date): ScheduleResponse {
  return {
    schedule: scheduleView(row),
    next_runs: zuluTimes(instantsAfter(rhythmOf(row), now, 5)),
  };
}

export function listItemView(row: ScheduleRow, title: string | null): ScheduleListItem {
  return {
    workflow_schedule_id: row.scheduleId,
    organization_id: row.organizationId,
    workflow_permanent_id: row.workflowPermanentId,
    workflow_title: title ?? 'Untitled Workflow',
    cron_expression: row.cronExpression,
    timezone: row.timezone,
    enabled: row.enabled,
    parameters: row.parameters,
    name: row.name,
    description: row.description,
    next_run: zuluTimeOrNull(row.nextDueAt),
    created_at: wireTime(row.createdAt),
    modified_at: wireTime(row.modifiedAt),
  };
}

const startedAs: Readonly<Record<Cause, FireOutcome>> = {
  clock: 'started',
  catch_up: 'caught_up',
  backfill: 'backfilled',
  trigger: 'triggered',
};

export function outcomeOf({ cause, state }: Pick<FireRow, 'cause' | 'state'>): FireOutcome {
  return state === 'started' ? startedAs[cause as Cause] : (state as FireOutcome);
}

/** What lines of an outcome are found by. */
export function linesOf(outcome: FireOutcome | undefined): Partial<FireRow> {
  if (outcome === undefined) return {};
  const cause = Object.entries(startedAs).find(([, name]) => name === outcome)?.[0];
  return cause === undefined ? { state: outcome } : { state: 'started', cause };
}

/** @param status Of its run, as it is now. */
export function fireView(fire: FireRow, status: string | null): ScheduleFire {
  return {
    schedule_fire_id: fire.fireId,
    workflow_schedule_id: fire.scheduleId,
    due_at: zuluTime(fire.dueAt),
    outcome: outcomeOf(fire),
    reason: fire.reason,
    run_id: fire.runId,
    run_status: (fire.runStatus ?? status) as RunStatus | null,
    created_at: wireTime(fire.createdAt),
    modified_at: wireTime(fire.modifiedAt),
  };
}
