import { z } from 'zod';
import { boundedCount, Page, QueryInstant, WireTime } from './fields.ts';

export const RetryWebhookRequest = z.object({ webhook_url: z.string().nullish() }).nullish();

/** What a replay sent and what came back (reference: api.md §8.5). */
export const WebhookReplay = z
  .object({
    run_id: z.string(),
    run_type: z.string(),
    default_webhook_url: z.string().nullable(),
    target_webhook_url: z.string().nullable(),
    payload: z.string().meta({ description: 'The exact bytes that were sent' }),
    headers: z.record(z.string(), z.string()),
    status_code: z.number().int().nullable(),
    latency_ms: z.number().int().nullable(),
    response_body: z.string().nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: 'WebhookReplay' });
export type WebhookReplay = z.infer<typeof WebhookReplay>;

/** What a webhook would say (reference: api.md §8.5). */
export const WebhookPreview = WebhookReplay.pick({
  run_id: true,
  run_type: true,
  default_webhook_url: true,
  payload: true,
  headers: true,
}).meta({ id: 'WebhookPreview' });
export type WebhookPreview = z.infer<typeof WebhookPreview>;

export const WebhookTestRequest = z.object({
  webhook_url: z.string(),
  run_type: z.enum(['task', 'workflow_run']),
  run_id: z.string().nullish().meta({ description: 'Whose webhook is sent; without it a sample' }),
});

export const WebhookTest = WebhookReplay.pick({
  status_code: true,
  latency_ms: true,
  response_body: true,
  error: true,
})
  .extend({ headers_sent: WebhookReplay.shape.headers })
  .meta({ id: 'WebhookTest' });
export type WebhookTest = z.infer<typeof WebhookTest>;

const WebhookAttempt = z.object({
  attempt_id: z.string(),
  url: z.string(),
  status_code: z.number().int().nullable(),
  latency_ms: z.number().int(),
  response_body: z.string().nullable().meta({ description: 'First 2 KB' }),
  error: z.string().nullable(),
  created_at: WireTime,
});

/** A webhook with every attempt at it, and replays by hand (`delivery_id` null). */
export const WebhookDelivery = z
  .object({
    delivery_id: z.string().nullable(),
    subject_id: z.string().meta({ description: 'What it tells of' }),
    run_id: z.string().nullable().meta({ description: 'The run that it tells the end of' }),
    url: z.string(),
    status: z.enum(['pending', 'delivered', 'failed', 'replay']),
    next_attempt_at: WireTime.nullable(),
    attempts: z.array(WebhookAttempt),
    created_at: WireTime,
    modified_at: WireTime.meta({
      description: 'When its status changed last, or an attempt failed',
    }),
  })
  .meta({ id: 'WebhookDelivery' });
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

/** Query of the deliveries of an organization. */
export const WebhookDeliveriesQuery = z.object({
  status: z.enum(['pending', 'delivered', 'failed']).default('failed').meta({
    description: '`failed`: given up; `pending`: still to be delivered',
  }),
  since: QueryInstant.optional().meta({ description: 'Changed at this time or later' }),
  page: Page,
  page_size: boundedCount(100).default(10),
});

/** Which webhooks that were given up are to be sent again: all of them, or those that fit. */
export const RetryDeliveriesRequest = z
  .object({
    since: QueryInstant.nullish().meta({ description: 'Given up at this time or later' }),
    delivery_ids: z.array(z.string()).max(1000).nullish(),
  })
  .nullish();

export const RetriedDeliveries = z
  .object({ retried: z.array(z.string()).meta({ description: 'Ids of the deliveries' }) })
  .meta({ id: 'RetriedWebhookDeliveries' });

/** The secrets that sign the Standard Webhooks headers, newest first. Both sign until the older one is dropped. */
export const WebhookSecrets = z.object({ secrets: z.array(z.string()) });
export type WebhookSecrets = z.infer<typeof WebhookSecrets>;
