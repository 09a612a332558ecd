import type { OrganizationsService } from '../../domain/organizations/service.ts';
import type { RunsService } from '../../domain/runs/service.ts';
import type { WebhooksService } from '../../domain/webhooks/service.ts';
import type { UrlCheck } from '../../domain/workflows/service.ts';
import type { JsonHandlers } from '../handlers.ts';
import { trialHandlers } from './webhook-trials.ts';

type WebhookHandlers = Pick<
  JsonHandlers,
  | 'listWebhookDeliveries'
  | 'listOrganizationDeliveries'
  | 'retryFailedDeliveries'
  | 'getWebhookSecrets'
  | 'rotateWebhookSecret'
> &
  ReturnType<typeof trialHandlers>;

export function webhookHandlers(parts: {
  readonly runs: RunsService;
  readonly webhooks: WebhooksService;
  readonly organizations: OrganizationsService;
  readonly checkUrl: UrlCheck;
}): WebhookHandlers {
  const { runs, webhooks, organizations } = parts;
  return {
    ...trialHandlers(parts),
    listWebhookDeliveries: async ({ principal, params }) => {
      const run = await runs.get(principal.organizationId, params.run_id ?? '');
      return webhooks.deliveries(run.run_id);
    },
    listOrganizationDeliveries: async ({ principal: { organizationId }, query }) => {
      const { status, since, page, page_size: size } = query;
      return webhooks.list({ organizationId, status, since }, { number: page, size });
    },
    retryFailedDeliveries: async ({ principal: { organizationId }, body }) => ({
      retried: await webhooks.retryFailed({
        organizationId,
        since: body?.since ?? undefined,
        deliveryIds: body?.delivery_ids ?? undefined,
      }),
    }),
    getWebhookSecrets: async ({ principal }) => ({
      secrets: await organizations.webhookSecrets(principal.organizationId),
    }),
    rotateWebhookSecret: async ({ principal }) => ({
      secrets: await organizations.rotateWebhookSecret(principal.organizationId),
    }),
  };
}
