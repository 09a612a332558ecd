import { index, integer, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { createdAt, instant, modifiedAt } from './columns.ts';

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
