import type { WebhookDelivery } from '@lapwing/protocol';
import { wireTime, wireTimeOrNull } from '../../lib/time.ts';
import type { AttemptRow, DeliveryRow } from './store.ts';

/** A delivery with those of the attempts that were made at it. */
export function deliveryView(row: DeliveryRow, attempts: readonly AttemptRow[]): WebhookDelivery {
  return {
    delivery_id: row.deliveryId,
    subject_id: row.subjectId,
    run_id: row.runId,
    url: row.url,
    status: row.status as WebhookDelivery['status'],
    next_attempt_at: wireTimeOrNull(row.nextAttemptAt),
    attempts: attempts.filter(({ deliveryId }) => deliveryId === row.deliveryId).map(attemptView),
    created_at: wireTime(row.createdAt),
    modified_at: wireTime(row.modifiedAt),
  };
}

/** A replay by hand, which is its only attempt. */
export function replayView(runId: string, attempt: AttemptRow): WebhookDelivery {
  return {
    delivery_id: null,
    subject_id: runId,
    run_id: runId,
    url: attempt.url,
    status: 'replay',
    next_attempt_at: null,
    attempts: [attemptView(attempt)],
    created_at: wireTime(attempt.createdAt),
    modified_at: wireTime(attempt.createdAt),
  };
}

function attemptView(row: AttemptRow): WebhookDelivery['attempts'][number] {
  return {
    attempt_id: row.attemptId,
    url: row.url,
    status_code: row.statusCode,
    latency_ms: row.latencyMs,
    response_body: row.responseBody,
    error: row.error,
    created_at: wireTime(row.createdAt),
  };
}
