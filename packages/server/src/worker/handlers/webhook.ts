import { z } from 'zod';
import type { Sql } from '../../db/database.ts';
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
    const history = {
      attempts: job.attempt,
      note: (tx: Sql, failure: string | null) =>
        parts.runs.noteWebhook(delivery.runId, failure, tx),
    };
    const verdict = await parts.webhooks.attempt(delivery, payload, history, signal);
    if (verdict.failure === null) return { kind: 'done' };
    if (verdict.retryInSeconds === null) return { kind: 'dead', reason: verdict.failure };
    return { kind: 'retry', afterSeconds: verdict.retryInSeconds, reason: verdict.failure };
  };
}
