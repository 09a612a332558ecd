import { z } from 'zod';
import { beyond, json, legacyTwin, type Route, reference, run } from '../route.ts';
import {
  RetriedDeliveries,
  RetryDeliveriesRequest,
  RetryWebhookRequest,
  WebhookDeliveriesQuery,
  WebhookDelivery,
  WebhookPreview,
  WebhookReplay,
  WebhookSecrets,
  WebhookTest,
  WebhookTestRequest,
} from '../webhooks.ts';

const tag = 'Webhooks';
const post = { ...reference, method: 'POST', tag } as const;
const runTest = '/v1/internal/runs/{run_id}/test-webhook';
const anyTest = '/v1/internal/test-webhook';
const sendErrors = [
  'not_found',
  'invalid_state',
  'invalid_url',
  'blocked_host',
  'validation_failed',
] as const;

/** Webhooks: what was sent, replays, trials, and the secrets that sign them (reference: api.md §8). */
export const webhookRoutes = {
  retryWebhook: {
    ...post,
    path: `${run}/retry_webhook`,
    summary: 'Send the webhook of an ended run once more, now',
    body: RetryWebhookRequest,
    answer: json(WebhookReplay),
    errors: sendErrors,
  },
  previewWebhook: {
    ...reference,
    method: 'GET',
    path: runTest,
    twins: legacyTwin('GET', runTest),
    tag,
    summary: 'What the webhook of an ended run says; nothing is sent',
    answer: json(WebhookPreview),
    errors: ['not_found', 'invalid_state'],
  },
  testRunWebhook: {
    ...post,
    path: runTest,
    twins: legacyTwin('POST', runTest),
    summary: 'Send the webhook of an ended run once more, now, to another address if one is given',
    body: z.object({ override_webhook_url: z.string().nullish() }).nullish(),
    answer: json(WebhookReplay),
    errors: sendErrors,
  },
  testWebhook: {
    ...post,
    path: anyTest,
    twins: legacyTwin('POST', anyTest),
    summary: 'Send a webhook to an address, to see what it answers: of a run, or a sample',
    body: WebhookTestRequest,
    answer: json(WebhookTest),
    errors: [...sendErrors, 'not_supported'],
  },
  receiveWebhook: {
    ...post,
    path: '/api/v1/webhook',
    summary: 'Takes any webhook that carries the two headers of its signature, for trials',
    auth: 'none',
    headers: {
      'x-skyvern-signature': 'As webhooks carry it; it is not looked into',
      'x-skyvern-timestamp': 'As webhooks carry it; it is not looked into',
    },
    answer: { kind: 'text' },
    errors: ['invalid_parameters'],
  },
  listWebhookDeliveries: {
    ...beyond,
    method: 'GET',
    path: `${run}/webhook_deliveries`,
    tag,
    summary: 'The webhook of a run with every attempt at it, and its replays',
    answer: json(z.array(WebhookDelivery)),
    errors: ['not_found'],
  },
  listOrganizationDeliveries: {
    ...beyond,
    method: 'GET',
    path: '/v1/webhook_deliveries',
    tag,
    summary: 'Webhooks of the organization: those that were given up, or of another status',
    query: WebhookDeliveriesQuery,
    answer: json(z.array(WebhookDelivery)),
    errors: ['validation_failed'],
  },
  retryFailedDeliveries: {
    ...beyond,
    method: 'POST',
    path: '/v1/webhook_deliveries/retry',
    tag,
    summary: 'Send webhooks that were given up again: queued, and retried like new ones',
    body: RetryDeliveriesRequest,
    answer: json(RetriedDeliveries),
    errors: ['validation_failed'],
  },
  getWebhookSecrets: {
    ...beyond,
    method: 'GET',
    path: '/v1/organizations/me/webhook_secret',
    tag,
    summary: 'The secrets that sign the Standard Webhooks headers',
    answer: json(WebhookSecrets),
    errors: [],
  },
  rotateWebhookSecret: {
    ...beyond,
    method: 'POST',
    path: '/v1/organizations/me/webhook_secret/rotate',
    tag,
    summary: 'Make a new secret; the one before goes on signing beside it until the next rotation',
    answer: json(WebhookSecrets),
    errors: [],
  },
} as const satisfies Record<string, Route>;
