import { z } from 'zod';
import type { Sql } from '../../db/database.ts';
import type { RunsService } from '../../domain/runs/service.ts';
import type {
  AttemptVerdict,
  DeliveryRow,
  WebhooksService,
} from '../../domain/webhooks/service.ts';
import type { ClaimedJob, JobVerdict } from '../../queue/job.ts';
import { observeWork, type Telemetry } from '../observe-run.ts';

const Data = z.object({ delivery_id: z.string() });

export interface WebhookHandlerParts {
  readonly runs: RunsService;
  readonly webhooks: WebhooksService;
  readonly telemetry: Pick<Telemetry, 'tracer' | 'scope'>;
}

/** What is sent, and who notes how it went. */
interface Subject {
  readonly payload: object;
  /** The run that it tells the end of; null: it tells of something else. */
  readonly run: { readonly runId: string; readonly traceParent: string | null } | null;
  note(tx: Sql, failure: string | null): Promise<void>;
}

async function subjectOf(runs: RunsService, { runId, payload }: DeliveryRow): Promise<Subject> {
  if (runId === null) return { payload: payload ?? {}, run: null, note: async () => undefined };
  const subject = await runs.webhookSubject(runId);
  return {
    payload: subject.payload,
    run: { runId, traceParent: subject.traceParent },
    note: (tx, failure) => runs.noteWebhook(runId, failure, tx),
  };
}

/** One attempt at a webhook: sends it, keeps what came of it, and says when to try again. */
export function webhookHandler(parts: WebhookHandlerParts) {
  return async (job: ClaimedJob, signal: AbortSignal): Promise<JobVerdict> => {
    const { delivery_id: deliveryId } = Data.parse(job.data);
    const delivery = await parts.webhooks.pending(deliveryId);
    if (delivery === null) return { kind: 'done' };
    const { note, payload, run } = await subjectOf(parts.runs, delivery);
    const history = { attempts: job.attempt, note };
    const send = () => parts.webhooks.attempt(delivery, payload, history, signal);
    const verdict = run === null ? await send() : await traced(parts, { run, job }, send);
    if (verdict.failure === null) return { kind: 'done' };
    if (verdict.retryInSeconds === null) return { kind: 'dead', reason: verdict.failure };
    return { kind: 'retry', afterSeconds: verdict.retryInSeconds, reason: verdict.failure };
  };
}

/** Shows the attempt in the trace of its run. */
async function traced(
  { telemetry }: WebhookHandlerParts,
  about: { readonly run: NonNullable<Subject['run']>; readonly job: ClaimedJob },
  send: () => Promise<AttemptVerdict>,
): Promise<AttemptVerdict> {
  const attributes = { 'lapwing.webhook.attempt': about.job.attempt + 1 };
  return observeWork(telemetry, { name: 'webhook', run: about.run, attributes }, send);
}
