import { sql } from 'drizzle-orm';
import { boolean, index, integer, json, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { createdAt, instant, modifiedAt } from './columns.ts';

/** Workflows that run by the clock. */
export const workflowSchedules = pgTable(
  'workflow_schedules',
  {
    scheduleId: text('workflow_schedule_id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    workflowPermanentId: text('workflow_permanent_id').notNull(),
    cronExpression: text('cron_expression').notNull(),
    timezone: text('timezone').notNull(),
    enabled: boolean('enabled').notNull(),
    /** Why Lapwing has disabled it; null when it is enabled, or a request disabled it. */
    disabledReason: text('disabled_reason'),
    parameters: json('parameters').$type<Record<string, unknown>>(),
    name: text('name'),
    description: text('description'),
    /** allow | skip | queue_one | cancel_previous | terminate_previous */
    overlapPolicy: text('overlap_policy').notNull(),
    /** none | latest | all */
    catchUp: text('catch_up').notNull(),
    catchUpWindowMinutes: integer('catch_up_window_minutes').notNull(),
    jitterSeconds: integer('jitter_seconds').notNull(),
    startAt: instant('start_at'),
    endAt: instant('end_at'),
    maxRuns: integer('max_runs'),
    pauseAfterFailures: integer('pause_after_failures'),
    webhookUrl: text('webhook_url'),
    /** The first instant that has no line in the ledger yet; null when it is disabled, and only then. */
    nextDueAt: instant('next_due_at'),
    /** When that instant is looked at: itself and its jitter. */
    nextFireAt: instant('next_fire_at'),
    /** The last instant that was looked at: clocks of processes differ, and none comes twice. */
    lastDueAt: instant('last_due_at'),
    /** Runs that the clock has started. */
    runsStarted: integer('runs_started').notNull().default(0),
    consecutiveFailures: integer('consecutive_failures').notNull().default(0),
    /** When it was found late, or without a next instant, and put right. */
    repairedAt: instant('repaired_at'),
    /** How often it was changed: who fires it must have read what it is now. */
    revision: integer('revision').notNull().default(0),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
    deletedAt: instant('deleted_at'),
  },
  (t) => [
    index('workflow_schedules_organization').on(t.organizationId, t.createdAt),
    index('workflow_schedules_workflow').on(t.workflowPermanentId),
    index('workflow_schedules_due').on(t.nextFireAt).where(sql`enabled and deleted_at is null`),
    index('workflow_schedules_repaired').on(t.repairedAt).where(sql`repaired_at is not null`),
  ],
);

/** The ledger of schedules: one line for each instant, for ever. */
export const scheduleFires = pgTable(
  'schedule_fires',
  {
    fireId: text('schedule_fire_id').primaryKey(),
    scheduleId: text('workflow_schedule_id')
      .notNull()
      .references(() => workflowSchedules.scheduleId),
    organizationId: text('organization_id').notNull(),
    dueAt: instant('due_at').notNull(),
    /** What asked for a run: clock | catch_up | backfill | trigger */
    cause: text('cause').notNull(),
    /** started | queued | skipped | missed */
    state: text('state').notNull(),
    reason: text('reason'),
    runId: text('run_id'),
    /** How its run ended; null before that was noted. */
    runStatus: text('run_status'),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
  },
  (t) => [
    uniqueIndex('schedule_fires_instant').on(t.scheduleId, t.dueAt),
    uniqueIndex('schedule_fires_open_run')
      .on(t.runId)
      .where(sql`run_id is not null and run_status is null`),
    index('schedule_fires_open')
      .on(t.scheduleId)
      .where(sql`run_id is not null and run_status is null`),
    index('schedule_fires_queued').on(t.scheduleId).where(sql`state = 'queued'`),
  ],
);
