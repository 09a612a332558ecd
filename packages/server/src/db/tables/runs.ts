import { sql } from 'drizzle-orm';
import {
  bigserial,
  boolean,
  doublePrecision,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { createdAt, instant, modifiedAt } from './columns.ts';

export const runs = pgTable(
  'runs',
  {
    runId: text('run_id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    workflowId: text('workflow_id').notNull(),
    workflowPermanentId: text('workflow_permanent_id').notNull(),
    title: text('title'),
    status: text('status').notNull(),
    /** The request as echoed in `run_request`. */
    request: json('request').notNull().$type<Record<string, unknown>>(),
    /** Parameter values, converted. */
    parameters: json('parameters').notNull().$type<Record<string, unknown>>(),
    /** Values of `cdp_connect_headers`, sealed. */
    cdpHeadersSealed: text('cdp_headers_sealed'),
    /** The key of the request that created the run: it signs the webhook. */
    apiKeyId: text('api_key_id'),
    triggerType: text('trigger_type').notNull(),
    webhookUrl: text('webhook_url'),
    /** Null: not tried; empty: delivered; else the last failure (api.md §6.2). */
    webhookFailureReason: text('webhook_failure_reason'),
    maxElapsedMinutes: integer('max_elapsed_minutes').notNull(),
    /** Step ceiling of each task, from `x-max-steps-override`; null: as the task or its organization says. */
    maxSteps: integer('max_steps'),
    /** Only these blocks run, in this order, and these outputs are there already; null: the whole workflow runs. */
    partial: json('partial').$type<{ labels: string[]; outputs: Record<string, unknown> }>(),
    /** The editor's session that a run of some blocks belongs to: lists leave it out. */
    debugSessionId: text('debug_session_id'),
    /** The schedule that started it, or for which it was started. */
    workflowScheduleId: text('workflow_schedule_id'),
    /** W3C `traceparent` of the request that created the run: its trace goes on there. */
    traceParent: text('trace_parent'),
    /** The run whose block started this one. */
    parentRunId: text('parent_run_id'),
    /** How many levels of runs are above it. */
    depth: integer('depth').notNull().default(0),
    output: json('output').$type<Record<string, unknown>>(),
    failureReason: text('failure_reason'),
    errors: json('errors').$type<unknown[]>(),
    stepCount: integer('step_count'),
    /** How often a worker took the run up. */
    attempts: integer('attempts').notNull().default(0),
    /** Where it stands on its way to a worker; what decides is told in `domain/admission`. */
    admission: text('admission').notNull().$type<Admission>(),
    /** Order of creation. */
    position: bigserial('position', { mode: 'number' }).notNull(),
    /** Higher goes first among the runs of its organization that wait for a place. */
    priority: integer('priority').notNull().default(0),
    /** Of a run whose job is in the queue: the round in which its organization's turn comes. */
    turn: integer('turn'),
    /** What only one run at a time may have, by name; null: nothing. */
    lanes: json('lanes').$type<string[]>(),
    /** The workflow's `sequential_key`, rendered. */
    sequentialKey: text('sequential_key'),
    /** Whether its organization had a limit when it was created. */
    limited: boolean('limited').notNull().default(false),
    /** Whether a block of another run waits for its end. */
    awaited: boolean('awaited').notNull().default(false),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
    queuedAt: instant('queued_at'),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    index('runs_organization').on(t.organizationId, t.createdAt, t.runId),
    index('runs_organization_status').on(t.organizationId, t.status, t.createdAt, t.runId),
    index('runs_workflow').on(t.workflowPermanentId, t.createdAt, t.runId),
    index('runs_workflow_status').on(t.workflowPermanentId, t.status, t.createdAt, t.runId),
    index('runs_error_codes').using('gin', sql`((${t.errors})::jsonb) jsonb_path_ops`),
    index('runs_parent').on(t.parentRunId).where(sql`parent_run_id is not null`),
    index('runs_open')
      .on(t.status)
      .where(sql`status in ('created', 'queued', 'running', 'paused')`),
    index('runs_waiting')
      .on(t.organizationId, t.admission, t.priority.desc(), t.position)
      .where(sql`admission in ('blocked', 'waiting')`),
    index('runs_admitted')
      .on(t.organizationId, t.admission, t.awaited, t.turn)
      .where(sql`admission in ('ready', 'taken')`),
    index('runs_turns').on(t.turn).where(sql`admission = 'ready' and not awaited`),
  ],
);

/**
 * `blocked`: behind another run in a lane. `waiting`: for a place of its organization. `ready`: its job is in the queue.
 * `taken`: a worker has taken it up. `over`: it has given back all that it had.
 */
export type Admission = 'blocked' | 'waiting' | 'ready' | 'taken' | 'over';

/** What runs are searched by. Beside the runs, because its index is dear to write and a run changes often. */
export const runSearches = pgTable(
  'run_searches',
  {
    runId: text('run_id')
      .primaryKey()
      .references(() => runs.runId),
    organizationId: text('organization_id').notNull(),
    text: text('text').notNull(),
  },
  (t) => [index('run_searches_text').using('gin', t.text.op('gin_trgm_ops'))],
);

/**
 * Where the browser of an open run runs, and how it stood after the run's last finished block. Beside the runs, because a
 * state may be large and changes often.
 */
export const runBrowsers = pgTable('run_browsers', {
  runId: text('run_id')
    .primaryKey()
    .references(() => runs.runId),
  /** Null when it has been closed. */
  place: json('place').$type<RunBrowserPlace>(),
  /** Cookies, storage and tabs, sealed; null before the first block that worked in it has finished. */
  stateSealed: text('state_sealed'),
  modifiedAt: modifiedAt(),
});

/** A Chromium of ours that may outlive the worker that started it. */
export interface RunBrowserPlace {
  /** Names the machine that can reach it. */
  readonly host: string;
  readonly pid: number;
  /** Address of its debugging port, on that machine's loopback interface. */
  readonly cdpUrl: string;
  /** Absolute. */
  readonly userDataDirectory: string;
}

/** The journal of a run, and its timeline. */
export const runBlocks = pgTable(
  'run_blocks',
  {
    blockId: text('workflow_run_block_id').primaryKey(),
    runId: text('run_id')
      .notNull()
      .references(() => runs.runId),
    /** Insertion order within the table. */
    position: bigserial('position', { mode: 'number' }).notNull(),
    path: text('path').notNull(),
    parentBlockId: text('parent_workflow_run_block_id'),
    label: text('label').notNull(),
    blockType: text('block_type').notNull(),
    status: text('status').notNull(),
    /** `{ "value": … }` when something was recorded, so that a recorded null differs from nothing. */
    output: json('output').$type<{ value: unknown }>(),
    failureReason: text('failure_reason'),
    errors: json('errors').notNull().$type<unknown[]>().default([]),
    continueOnFailure: boolean('continue_on_failure').notNull(),
    currentIndex: integer('current_index'),
    currentValue: json('current_value').$type<{ value: unknown }>(),
    /** Decisions of the block that a resume must repeat. */
    notes: json('notes').notNull().$type<Record<string, unknown>>().default({}),
    /** Further fields of the timeline row. */
    details: json('details').notNull().$type<Record<string, unknown>>().default({}),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
    finishedAt: instant('finished_at'),
    durationSeconds: doublePrecision('duration_seconds'),
  },
  (t) => [uniqueIndex('run_blocks_path').on(t.runId, t.path)],
);

/** What happened in a run, in order: the source of `/events`. */
export const runEvents = pgTable(
  'run_events',
  {
    runId: text('run_id')
      .notNull()
      .references(() => runs.runId),
    /** 1, 2, 3 … within the run. */
    sequence: integer('sequence').notNull(),
    type: text('type').notNull(),
    data: json('data').notNull().$type<Record<string, unknown>>(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.sequence] })],
);

/** Answers that a repeated request gets again. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    organizationId: text('organization_id').notNull(),
    /** `run` or `workflow`. */
    scope: text('scope').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of the request body with sorted keys. */
    requestHash: text('request_hash').notNull(),
    resourceId: text('resource_id').notNull(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.scope, t.key] })],
);
