import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  doublePrecision,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

/** Every table of Lapwing, one place to read what is kept. Times are UTC; the queue engine keeps its own schema. */

const instant = (name: string) =>
  timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });
const createdAt = () => instant('created_at').notNull().defaultNow();
const modifiedAt = () => instant('modified_at').notNull().defaultNow();

export const organizations = pgTable('organizations', {
  organizationId: text('organization_id').primaryKey(),
  name: text('organization_name').notNull(),
  slug: text('slug').unique('organizations_slug'),
  /** Limits and addresses, as PUT /api/v1/organizations takes them. */
  settings: json('settings').notNull().$type<Record<string, unknown>>().default({}),
  /** `whsec_…` secrets, newest first, sealed; the first two sign webhooks so that a rotation loses none. */
  webhookSecretsSealed: json('webhook_secrets_sealed').$type<string[]>().notNull(),
  createdAt: createdAt(),
  modifiedAt: modifiedAt(),
});

export const apiKeys = pgTable(
  'api_keys',
  {
    apiKeyId: text('api_key_id').primaryKey(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.organizationId),
    /** SHA-256 of the key, hex: what a request is looked up by. */
    keyHash: text('key_hash').notNull(),
    /** The key itself, sealed: webhooks are signed with it (api.md §8.3). */
    keySealed: text('key_sealed').notNull(),
    valid: boolean('valid').notNull().default(true),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
  },
  (t) => [
    uniqueIndex('api_keys_hash').on(t.keyHash),
    index('api_keys_organization').on(t.organizationId),
  ],
);

/** One row for each version of a workflow. */
export const workflows = pgTable(
  'workflows',
  {
    workflowId: text('workflow_id').primaryKey(),
    workflowPermanentId: text('workflow_permanent_id').notNull(),
    organizationId: text('organization_id').notNull(),
    version: integer('version').notNull(),
    title: text('title').notNull(),
    description: text('description'),
    status: text('status').notNull(),
    /** The same on every version, as is `is_template`. */
    folderId: text('folder_id'),
    isTemplate: boolean('is_template').notNull().default(false),
    /** The remaining top-level fields of the wire object, as given. */
    settings: json('settings').notNull().$type<Record<string, unknown>>(),
    /** The expanded `workflow_definition`. */
    definition: json('definition').notNull().$type<Record<string, unknown>>(),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
    deletedAt: instant('deleted_at'),
  },
  (t) => [
    uniqueIndex('workflows_version').on(t.workflowPermanentId, t.version),
    index('workflows_organization').on(t.organizationId, t.createdAt),
    index('workflows_folder')
      .on(t.folderId)
      .where(sql`version = 1 and folder_id is not null and deleted_at is null`),
  ],
);

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
    /** Saved state of the browser of a run that went back to the queue, sealed. */
    browserStateSealed: text('browser_state_sealed'),
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
  ],
);

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

export const artifacts = pgTable(
  'artifacts',
  {
    artifactId: text('artifact_id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    /** Null for a file that was uploaded. */
    runId: text('run_id'),
    blockId: text('workflow_run_block_id'),
    position: bigserial('position', { mode: 'number' }).notNull(),
    artifactType: text('artifact_type').notNull(),
    storageKey: text('storage_key').notNull(),
    filename: text('filename').notNull(),
    contentType: text('content_type').notNull(),
    checksum: text('checksum').notNull(),
    fileSize: bigint('file_size', { mode: 'number' }).notNull(),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
  },
  (t) => [
    index('artifacts_run').on(t.runId, t.artifactType, t.position),
    index('artifacts_block').on(t.blockId, t.position),
  ],
);

/** One webhook to be delivered. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    deliveryId: text('delivery_id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    runId: text('run_id').notNull(),
    url: text('url').notNull(),
    /** pending | delivered | failed */
    status: text('status').notNull(),
    /** The key that signs it. */
    apiKeyId: text('api_key_id'),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
    nextAttemptAt: instant('next_attempt_at'),
  },
  (t) => [uniqueIndex('webhook_deliveries_run').on(t.runId)],
);

/** Every attempt at a webhook, replays by hand included. */
export const webhookAttempts = pgTable(
  'webhook_attempts',
  {
    attemptId: text('attempt_id').primaryKey(),
    runId: text('run_id').notNull(),
    /** Null for a replay asked for by hand. */
    deliveryId: text('delivery_id'),
    url: text('url').notNull(),
    statusCode: integer('status_code'),
    latencyMs: integer('latency_ms').notNull(),
    /** First 2 KB. */
    responseBody: text('response_body'),
    error: text('error'),
    createdAt: createdAt(),
  },
  (t) => [index('webhook_attempts_run').on(t.runId, t.createdAt)],
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

/** Files that users sent; their bytes are artifacts without a run. */
export const uploadedFiles = pgTable(
  'uploaded_files',
  {
    fileId: text('file_id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    artifactId: text('artifact_id')
      .notNull()
      .references(() => artifacts.artifactId, { onDelete: 'cascade' }),
    /** Null: it stays until it is deleted. */
    expiresAt: instant('expires_at'),
    createdAt: createdAt(),
  },
  (t) => [index('uploaded_files_expiry').on(t.expiresAt)],
);

/** Folders of workflows. */
export const folders = pgTable(
  'folders',
  {
    folderId: text('folder_id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    title: text('title').notNull(),
    description: text('description'),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
  },
  (t) => [index('folders_organization').on(t.organizationId, t.modifiedAt)],
);

/**
 * Everything that happened to the tags of workflows and runs. A tag that stands is a `set` event that is not superseded;
 * of each tag one event is open, whichever happened last.
 */
export const tagEvents = pgTable(
  'tag_events',
  {
    /** In the order of events. */
    eventId: bigserial('event_id', { mode: 'number' }).primaryKey(),
    organizationId: text('organization_id').notNull(),
    /** workflow | run */
    subjectKind: text('subject_kind').notNull(),
    /** `wpid_…` or `wr_…` */
    subjectId: text('subject_id').notNull(),
    /** Null: a bare label. */
    key: text('key'),
    value: text('value').notNull(),
    /** set | delete */
    eventType: text('event_type').notNull(),
    source: text('source').notNull(),
    setAt: instant('set_at').notNull(),
    setBy: text('set_by').notNull(),
    supersededAt: instant('superseded_at'),
  },
  (t) => [
    uniqueIndex('tag_events_open')
      .on(t.subjectId, sql`coalesce(key, '')`, sql`(case when key is null then value else '' end)`)
      .where(sql`superseded_at is null`),
    index('tag_events_history').on(t.subjectId, t.eventId),
    index('tag_events_usage')
      .on(t.organizationId, t.subjectKind, t.key, t.value, t.subjectId)
      .where(sql`superseded_at is null and event_type = 'set'`),
    index('tag_events_newest')
      .on(t.organizationId, t.subjectKind, t.eventId)
      .where(sql`superseded_at is null and event_type = 'set'`),
  ],
);

/** The vocabulary: keys of tags that workflows have or had, or that were made on purpose. */
export const tagKeys = pgTable(
  'tag_keys',
  {
    organizationId: text('organization_id').notNull(),
    key: text('key').notNull(),
    description: text('description'),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.key] })],
);

/** The vocabulary: values of those keys. */
export const tagValues = pgTable(
  'tag_values',
  {
    organizationId: text('organization_id').notNull(),
    key: text('key').notNull(),
    value: text('value').notNull(),
    color: text('color').notNull(),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.key, t.value] })],
);
