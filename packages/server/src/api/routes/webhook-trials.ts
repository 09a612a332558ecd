import type { RunsService } from '../../domain/runs/service.ts';
import type { WebhooksService } from '../../domain/webhooks/service.ts';
import type { UrlCheck } from '../../domain/workflows/service.ts';
import { LapwingError } from '../../errors.ts';
import type { JsonHandlers, StreamHandlers } from '../handlers.ts';

type TrialHandlers = Pick<
  JsonHandlers,
  'retryWebhook' | 'testRunWebhook' | 'previewWebhook' | 'testWebhook'
> &
  Pick<StreamHandlers, 'receiveWebhook'>;
type RunRequest = Pick<
  Parameters<JsonHandlers['retryWebhook']>[0],
  'principal' | 'params' | 'signal'
>;

interface Parts {
  readonly runs: RunsService;
  readonly webhooks: WebhooksService;
  readonly checkUrl: UrlCheck;
}

/** Webhooks that are sent by hand, and a place that takes any. */
export function trialHandlers(parts: Parts): TrialHandlers {
  const { runs, webhooks, checkUrl } = parts;
  return {
    retryWebhook: (request) => replay(parts, request, request.body?.webhook_url),
    testRunWebhook: (request) => replay(parts, request, request.body?.override_webhook_url),
    previewWebhook: async ({ principal, params }) => {
      const run = await runs.endedRun(principal.organizationId, params.run_id ?? '');
      const target = { ...run, apiKeyId: principal.apiKeyId };
      return webhooks.preview(target, await runs.webhookPayload(run.runId));
    },
    testWebhook: async ({ principal, body, signal }) => {
      const { run_type: type, run_id: runId, webhook_url: url } = body;
      if (type === 'task') {
        const message = 'run_type = "task" is not served by this version: send "workflow_run"';
        throw new LapwingError('not_supported', message);
      }
      await checkUrl(url);
      if (runId != null) await runs.endedRun(principal.organizationId, runId);
      const payload = runId == null ? null : await runs.webhookPayload(runId);
      return webhooks.test({ ...principal, url }, payload, signal);
    },
    receiveWebhook: async ({ headers }, reply) => {
      const missing = ['x-skyvern-signature', 'x-skyvern-timestamp'].filter(
        (name) => headers[name] === undefined,
      );
      if (missing.length > 0)
        throw new LapwingError('invalid_parameters', `Missing headers: ${missing.join(', ')}`);
      return reply.type('text/plain; charset=utf-8').send('The webhook was received.');
    },
  };
}

async function replay(
  { runs, webhooks, checkUrl }: Parts,
  { principal, params, signal }: RunRequest,
  address: string | null | undefined,
) {
  const run = await runs.endedRun(principal.organizationId, params.run_id ?? '');
  const targetUrl = address?.trim() || run.webhookUrl;
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
}
