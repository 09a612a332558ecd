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
    index('runs_organization').on(t.organizationId, t.createdAt),
    index('runs_workflow').on(t.workflowPermanentId, t.createdAt),
    index('runs_open')
      .on(t.status)
      .where(sql`status in ('created', 'queued', 'running', 'paused')`),
  ],
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
    runId: text('run_id').notNull(),
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
  (t) => [index('artifacts_run').on(t.runId, t.artifactType, t.position)],
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
