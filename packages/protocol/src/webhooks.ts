import { z } from 'zod';
import { WireTime } from './fields.ts';

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
    url: z.string(),
    status: z.enum(['pending', 'delivered', 'failed', 'replay']),
    next_attempt_at: WireTime.nullable(),
    attempts: z.array(WebhookAttempt),
    created_at: WireTime,
  })
  .meta({ id: 'WebhookDelivery' });
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

/** The secrets that sign the Standard Webhooks headers, newest first. Both sign until the older one is dropped. */
export const WebhookSecrets = z.object({ secrets: z.array(z.string()) });
export type WebhookSecrets = z.infer<typeof WebhookSecrets>;
