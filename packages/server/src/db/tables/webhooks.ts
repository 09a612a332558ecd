import { index, integer, json, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { createdAt, instant, modifiedAt } from './columns.ts';

/** One webhook to be delivered. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    deliveryId: text('delivery_id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    /** What it tells of: `wr_…`, or anything else that has webhooks. */
    subjectId: text('subject_id').notNull(),
    /** The run that it tells the end of; null when it tells of something else. */
    runId: text('run_id'),
    /** What is sent; null: what the run is like by then. */
    payload: json('payload').$type<Record<string, unknown>>(),
    url: text('url').notNull(),
    /** pending | delivered | failed */
    status: text('status').notNull(),
    /** The key that signs it. */
    apiKeyId: text('api_key_id'),
    /** The job that sends it: another one when it is sent again after it was given up. */
    jobId: text('job_id').notNull(),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
    nextAttemptAt: instant('next_attempt_at'),
  },
  (t) => [
    uniqueIndex('webhook_deliveries_run').on(t.runId),
    index('webhook_deliveries_status').on(t.organizationId, t.status, t.modifiedAt),
  ],
);

/** Every attempt at a webhook, replays by hand included. */
export const webhookAttempts = pgTable(
  'webhook_attempts',
  {
    attemptId: text('attempt_id').primaryKey(),
    runId: text('run_id'),
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
  (t) => [
    index('webhook_attempts_run').on(t.runId, t.createdAt),
    index('webhook_attempts_delivery').on(t.deliveryId, t.createdAt),
  ],
);
