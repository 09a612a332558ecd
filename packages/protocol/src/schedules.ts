import { boundedInteger, laxBoolean } from '@lapwing/workflow';
import { z } from 'zod';
import { boundedCount, JsonMap, Page, QueryInstant, WireTime } from './fields.ts';
import { RunStatus } from './runs.ts';

/** Times of schedules are the one kind that ends with a Z (reference: api.md §4). */
const ScheduleTime = z.iso.datetime().meta({ description: 'UTC, ISO 8601, with a Z' });

const OverlapPolicy = z
  .enum(['allow', 'skip', 'queue_one', 'cancel_previous', 'terminate_previous'])
  .meta({
    id: 'ScheduleOverlapPolicy',
    description:
      'What happens at an instant while a run of the schedule is open: one more run; none; one more when it has ended (one waits at most); the open ones are canceled, or terminated, and a new one starts',
  });
export type OverlapPolicy = z.infer<typeof OverlapPolicy>;

const CatchUpPolicy = z.enum(['none', 'latest', 'all']).meta({
  id: 'ScheduleCatchUpPolicy',
  description:
    'What happens to instants at which no worker was there: none is made up for; the newest; all',
});
export type CatchUpPolicy = z.infer<typeof CatchUpPolicy>;

/** A field beyond the reference. */
const more = <T extends z.ZodType>(schema: T, description: string) =>
  schema.nullish().meta({ description: `${description}. PUT: absent keeps what it is` });

/** Body of a create and of an update (reference: openapi.json `WorkflowScheduleUpsertRequest`). */
export const ScheduleUpsert = z
  .object({
    cron_expression: z.string().max(255).meta({
      description: 'Five fields: minute, hour, day of month, month, day of week',
    }),
    timezone: z.string().max(255).meta({ description: 'IANA name such as Europe/Berlin' }),
    enabled: laxBoolean.nullish().meta({
      default: true,
      description: 'PUT: absent or null keeps what it is',
    }),
    parameters: JsonMap.nullish().meta({ description: 'Entries that are null are dropped' }),
    name: z.string().nullish(),
    description: z.string().nullish(),
    overlap_policy: more(OverlapPolicy, 'Default: `allow`'),
    catch_up: more(CatchUpPolicy, 'Default: `latest`'),
    catch_up_window_minutes: more(
      boundedInteger(1, 525_600),
      'How far back instants are made up for. Default: 1440',
    ),
    jitter_seconds: more(
      boundedInteger(0, 3600),
      'Runs start up to so many seconds late, as chance has it. Default: 0',
    ),
    start_at: more(QueryInstant, 'No instant before it counts'),
    end_at: more(QueryInstant, 'No instant after it counts'),
    max_runs: more(
      boundedInteger(1, 1_000_000),
      'When so many runs have started by the clock, the schedule is disabled',
    ),
    pause_after_failures: more(
      boundedInteger(1, 1000),
      'When so many runs have failed in a row, the schedule is disabled',
    ),
    webhook_url: more(z.string(), 'Where events of the schedule are sent'),
  })
  .meta({ id: 'WorkflowScheduleUpsertRequest' });
export type ScheduleUpsert = z.infer<typeof ScheduleUpsert>;

export const Schedule = z
  .object({
    workflow_schedule_id: z.string(),
    organization_id: z.string(),
    workflow_permanent_id: z.string(),
    cron_expression: z.string(),
    timezone: z.string(),
    enabled: z.boolean(),
    parameters: JsonMap.nullable(),
    temporal_schedule_id: z.string().nullable().meta({
      description: 'Of the reference; stands for nothing here',
    }),
    name: z.string().nullable(),
    description: z.string().nullable(),
    overlap_policy: OverlapPolicy,
    catch_up: CatchUpPolicy,
    catch_up_window_minutes: z.number().int(),
    jitter_seconds: z.number().int(),
    max_runs: z.number().int().nullable(),
    pause_after_failures: z.number().int().nullable(),
    start_at: ScheduleTime.nullable(),
    end_at: ScheduleTime.nullable(),
    webhook_url: z.string().nullable(),
    runs_started: z.number().int().meta({ description: 'By the clock, so far' }),
    consecutive_failures: z.number().int().meta({
      description: 'Runs that have failed in a row; counted while `pause_after_failures` is set',
    }),
    disabled_reason: z.string().nullable().meta({
      description: 'Why Lapwing has disabled it; null when it is enabled, or a request disabled it',
    }),
    created_at: WireTime,
    modified_at: WireTime,
    deleted_at: WireTime.nullable(),
  })
  .meta({ id: 'WorkflowSchedule' });
export type Schedule = z.infer<typeof Schedule>;

export const ScheduleResponse = z
  .object({
    schedule: Schedule,
    next_runs: z.array(ScheduleTime).meta({
      description: 'The next 5 instants, of a disabled schedule too',
    }),
  })
  .meta({ id: 'WorkflowScheduleResponse' });
export type ScheduleResponse = z.infer<typeof ScheduleResponse>;

export const ScheduleList = z
  .object({ schedules: z.array(Schedule) })
  .meta({ id: 'WorkflowScheduleListResponse' });

export const ScheduleDeleted = z.object({ ok: z.boolean() }).meta({ id: 'DeleteScheduleResponse' });

/** A row of the list over all workflows. */
export const ScheduleListItem = Schedule.pick({
  workflow_schedule_id: true,
  organization_id: true,
  workflow_permanent_id: true,
  cron_expression: true,
  timezone: true,
  enabled: true,
  parameters: true,
  name: true,
  description: true,
  created_at: true,
  modified_at: true,
})
  .extend({
    workflow_title: z.string(),
    next_run: ScheduleTime.nullable().meta({ description: 'Null when it is disabled' }),
  })
  .meta({ id: 'OrganizationScheduleItem' });
export type ScheduleListItem = z.infer<typeof ScheduleListItem>;

const page = {
  total_count: z.number().int(),
  page: z.number().int(),
  page_size: z.number().int(),
};

export const AllSchedules = z
  .object({ schedules: z.array(ScheduleListItem), ...page })
  .meta({ id: 'OrganizationScheduleListResponse' });
export type AllSchedules = z.infer<typeof AllSchedules>;

export const AllSchedulesQuery = z.object({
  page: Page,
  page_size: boundedCount(100).default(10),
  status: z.enum(['active', 'paused']).optional(),
  search: z.string().optional().meta({ description: 'In name and title of the workflow' }),
});
export type AllSchedulesQuery = z.infer<typeof AllSchedulesQuery>;

const FireOutcome = z
  .enum(['started', 'caught_up', 'backfilled', 'triggered', 'queued', 'skipped', 'missed'])
  .meta({
    id: 'ScheduleFireOutcome',
    description:
      'A run started: at its time, late, for a past instant by request, now by request; or it waits for the end of another; or there is none, because one was open (skipped) or for the reason given (missed)',
  });
export type FireOutcome = z.infer<typeof FireOutcome>;

/** A line of the ledger: what became of one instant. */
export const ScheduleFire = z
  .object({
    schedule_fire_id: z.string(),
    workflow_schedule_id: z.string(),
    due_at: ScheduleTime.meta({ description: 'The instant; no other line of the schedule has it' }),
    outcome: FireOutcome,
    reason: z.string().nullable(),
    run_id: z.string().nullable(),
    run_status: RunStatus.nullable(),
    created_at: WireTime,
    modified_at: WireTime,
  })
  .meta({ id: 'ScheduleFire' });
export type ScheduleFire = z.infer<typeof ScheduleFire>;

export const ScheduleFires = z
  .object({ fires: z.array(ScheduleFire), ...page })
  .meta({ id: 'ScheduleFireList' });
export type ScheduleFires = z.infer<typeof ScheduleFires>;

export const ScheduleFiresQuery = z.object({
  page: Page,
  page_size: boundedCount(100).default(10),
  outcome: FireOutcome.optional(),
});
export type ScheduleFiresQuery = z.infer<typeof ScheduleFiresQuery>;

const ownPolicy = OverlapPolicy.nullish().meta({ description: "Default: the schedule's" });

export const ScheduleTrigger = z.object({ overlap_policy: ownPolicy }).nullish();
export type ScheduleTrigger = z.infer<typeof ScheduleTrigger>;

export const ScheduleBackfill = z
  .object({
    from: QueryInstant.meta({ description: 'The first instant may be this one' }),
    to: QueryInstant.meta({ description: 'The last may be this one; not after now' }),
    overlap_policy: ownPolicy,
  })
  .meta({ id: 'ScheduleBackfillRequest' });
export type ScheduleBackfill = z.infer<typeof ScheduleBackfill>;

export const ScheduleBackfilled = z
  .object({
    fires: z.array(ScheduleFire).meta({ description: 'What became of the instants, oldest first' }),
    unchanged: z.number().int().meta({ description: 'Instants that have, or had, a run already' }),
  })
  .meta({ id: 'ScheduleBackfillResponse' });
export type ScheduleBackfilled = z.infer<typeof ScheduleBackfilled>;

export const SchedulePreviewRequest = z
  .object({
    cron_expression: ScheduleUpsert.shape.cron_expression,
    timezone: ScheduleUpsert.shape.timezone,
    count: boundedInteger(1, 100).default(5),
    from: QueryInstant.nullish().meta({ description: 'Instants after this one; default: now' }),
    start_at: QueryInstant.nullish(),
    end_at: QueryInstant.nullish(),
  })
  .meta({ id: 'SchedulePreviewRequest' });
export type SchedulePreviewRequest = z.infer<typeof SchedulePreviewRequest>;

export const SchedulePreview = z
  .object({
    cron_expression: z.string(),
    timezone: z.string(),
    description: z.string().meta({ description: 'In plain English' }),
    next_runs: z.array(ScheduleTime),
    next_runs_local: z.array(z.string()).meta({ description: 'The same, with the offset there' }),
  })
  .meta({ id: 'SchedulePreview' });
export type SchedulePreview = z.infer<typeof SchedulePreview>;
