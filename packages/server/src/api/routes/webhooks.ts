import type { OrganizationsService } from '../../domain/organizations/service.ts';
import type { RunsService } from '../../domain/runs/service.ts';
import type { WebhooksService } from '../../domain/webhooks/service.ts';
import type { UrlCheck } from '../../domain/workflows/service.ts';
import { LapwingError } from '../../errors.ts';
import type { JsonHandlers } from '../handlers.ts';

type WebhookHandlers = Pick<
  JsonHandlers,
  'retryWebhook' | 'listWebhookDeliveries' | 'getWebhookSecrets' | 'rotateWebhookSecret'
>;

export function webhookHandlers(parts: {
  readonly runs: RunsService;
  readonly webhooks: WebhooksService;
  readonly organizations: OrganizationsService;
  readonly checkUrl: UrlCheck;
}): WebhookHandlers {
  const { runs, webhooks, organizations, checkUrl } = parts;
  return {
    retryWebhook: async ({ principal, params, body, signal }) => {
      const run = await runs.endedRun(principal.organizationId, params.run_id ?? '');
      const targetUrl = body?.webhook_url?.trim() || run.webhookUrl;
      if (targetUrl === null) {
        throw new LapwingError(
          'invalid_state',
          `Run ${run.runId} has no webhook_url: send one in the body`,
        );
      }
      await checkUrl(targetUrl);
      const payload = await runs.webhookPayload(run.runId);
      const target = { ...run, apiKeyId: principal.apiKeyId, targetUrl };
      const { failure, ...answer } = await webhooks.replay(target, payload, signal);
      await runs.noteWebhook(run.runId, failure);
      return answer;
    },
    listWebhookDeliveries: async ({ principal, params }) => {
      const run = await runs.get(principal.organizationId, params.run_id ?? '');
      return webhooks.deliveries(run.run_id);
    },
    getWebhookSecrets: async ({ principal }) => ({
      secrets: await organizations.webhookSecrets(principal.organizationId),
    }),
    rotateWebhookSecret: async ({ principal }) => ({
      secrets: await organizations.rotateWebhookSecret(principal.organizationId),
    }),
  };
}
