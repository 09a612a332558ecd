import { z } from 'zod';
import type { Sql } from '../../db/database.ts';
import type { RunsService } from '../../domain/runs/service.ts';
import type { DeliveryRow, WebhooksService } from '../../domain/webhooks/service.ts';
import type { ClaimedJob, JobVerdict } from '../../queue/job.ts';

const Data = z.object({ delivery_id: z.string() });

/** What is sent, and who notes how it went. */
interface Subject {
  readonly payload: object;
  note(tx: Sql, failure: string | null): Promise<void>;
}

async function subjectOf(runs: RunsService, { runId, payload }: DeliveryRow): Promise<Subject> {
  if (runId === null) return { payload: payload ?? {}, note: async () => undefined };
  return {
    payload: await runs.webhookPayload(runId),
    note: (tx, failure) => runs.noteWebhook(runId, failure, tx),
  };
}

/** One attempt at a webhook: sends it, keeps what came of it, and says when to try again. */
export function webhookHandler(parts: {
  readonly runs: RunsService;
  readonly webhooks: WebhooksService;
}) {
  return async (job: ClaimedJob, signal: AbortSignal): Promise<JobVerdict> => {
    const { delivery_id: deliveryId } = Data.parse(job.data);
    const delivery = await parts.webhooks.pending(deliveryId);
    if (delivery === null) return { kind: 'done' };
    const { note, payload } = await subjectOf(parts.runs, delivery);
    const history = { attempts: job.attempt, note };
    const verdict = await parts.webhooks.attempt(delivery, payload, history, signal);
    if (verdict.failure === null) return { kind: 'done' };
    if (verdict.retryInSeconds === null) return { kind: 'dead', reason: verdict.failure };
    return { kind: 'retry', afterSeconds: verdict.retryInSeconds, reason: verdict.failure };
  };
}
