import { z } from 'zod';
import type { RunsService } from '../../domain/runs/service.ts';
import type { WebhooksService } from '../../domain/webhooks/service.ts';
import type { ClaimedJob, JobVerdict } from '../../queue/job.ts';

const Data = z.object({ delivery_id: z.string() });

/** One attempt at a webhook: sends it, keeps what came of it, and says when to try again. */
export function webhookHandler(parts: {
  readonly runs: RunsService;
  readonly webhooks: WebhooksService;
}) {
  return async (job: ClaimedJob, signal: AbortSignal): Promise<JobVerdict> => {
    const { delivery_id: deliveryId } = Data.parse(job.data);
    const delivery = await parts.webhooks.pending(deliveryId);
    if (delivery === null) return { kind: 'done' };
    const payload = await parts.runs.webhookPayload(delivery.runId);
    const verdict = await parts.webhooks.attempt(delivery, payload, job.attempt, signal);
    await parts.runs.noteWebhook(delivery.runId, verdict.failure);
    if (verdict.failure === null) return { kind: 'done' };
    if (verdict.retryInSeconds === null) return { kind: 'dead', reason: verdict.failure };
    return { kind: 'retry', afterSeconds: verdict.retryInSeconds, reason: verdict.failure };
  };
}
