import type { WebhookDelivery, WebhookReplay } from '@lapwing/protocol';
import type { Database, Sql } from '../../db/database.ts';
import { newId } from '../../lib/ids.ts';
import { wireTime, wireTimeOrNull } from '../../lib/time.ts';
import type { JobQueue } from '../../queue/queue.ts';
import type { OrganizationsService } from '../organizations/service.ts';
import { webhookHeaders, webhookText } from './payload.ts';
import { mayRetry, retryAfterSeconds, retryDelay } from './retry.ts';
import * as store from './store.ts';

/** The queue's name for a delivery; its data is `{ delivery_id }`. */
export const webhookJob = 'webhook';

export interface WebhookPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutSeconds: number;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Sends one POST, no redirects; rejects when no answer came. */
export type WebhookSender = (post: WebhookPost, signal: AbortSignal) => Promise<WebhookAnswer>;

/** A run that has ended, as far as its webhook goes. */
export interface WebhookRun {
  readonly organizationId: string;
  readonly runId: string;
  readonly apiKeyId: string | null;
  readonly webhookUrl: string | null;
}

/** What became of one attempt. `failure` is null when the receiver took it. */
export interface AttemptVerdict {
  readonly failure: string | null;
  /** Seconds until the next attempt; null when there is none. */
  readonly retryInSeconds: number | null;
}

interface Sent {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly statusCode: number | null;
  readonly latencyMs: number;
  readonly responseBody: string | null;
  readonly retryAfter: string | undefined;
  readonly error: string | null;
}

const attemptTimeoutSeconds = 30;
const replayTimeoutSeconds = 60;
const keptBytes = 2048;

const failureOf = (sent: Sent): string | null => {
  if (sent.statusCode === null) return `Webhook got no response: ${sent.error}`;
  if (sent.statusCode >= 200 && sent.statusCode < 300) return null;
  return `Webhook failed with status code ${sent.statusCode}: ${sent.responseBody ?? ''}`;
};

/** Webhooks of ended runs: durable deliveries, their attempts, and replays by hand. */
export class WebhooksService {
  readonly #database: Database;
  readonly #queue: JobQueue;
  readonly #organizations: OrganizationsService;
  readonly #send: WebhookSender;

  constructor(options: {
    database: Database;
    queue: JobQueue;
    organizations: OrganizationsService;
    send: WebhookSender;
  }) {
    this.#database = options.database;
    this.#queue = options.queue;
    this.#organizations = options.organizations;
    this.#send = options.send;
  }

  /** Queues the webhook of a run that has just ended, in the transaction that ends it. Once for each run. */
  async queueFor(tx: Sql, run: WebhookRun): Promise<void> {
    const url = run.webhookUrl?.trim() ?? '';
    if (url === '') return;
    const deliveryId = newId('whd');
    const inserted = await store.insertDelivery(tx, {
      deliveryId,
      organizationId: run.organizationId,
      runId: run.runId,
      url,
      status: 'pending',
      apiKeyId: run.apiKeyId,
      nextAttemptAt: new Date(),
    });
    if (inserted === undefined) return;
    await this.#queue.enqueue(tx, webhookJob, { data: { delivery_id: deliveryId } });
  }

  /** A delivery that still has to go out; null when it is settled. */
  async pending(deliveryId: string): Promise<store.DeliveryRow | null> {
    const row = await store.findDelivery(this.#database.sql, deliveryId);
    return row?.status === 'pending' ? row : null;
  }

  /**
   * Makes one attempt and keeps it, with what its run is to know of it, in one transaction.
   * @param history How many attempts were made before; who notes the outcome (null: delivered).
   */
  async attempt(
    delivery: store.DeliveryRow,
    payload: object,
    history: {
      readonly attempts: number;
      readonly note: (tx: Sql, failure: string | null) => Promise<void>;
    },
    signal: AbortSignal,
  ): Promise<AttemptVerdict> {
    const sent = await this.#post(delivery, payload, attemptTimeoutSeconds, signal);
    const failure = failureOf(sent);
    const retryAfter = retryAfterSeconds(sent.retryAfter, new Date());
    const retryInSeconds =
      failure !== null && mayRetry(sent.statusCode)
        ? retryDelay(history.attempts + 1, retryAfter, Math.random())
        : null;
    const status = failure === null ? 'delivered' : retryInSeconds === null ? 'failed' : 'pending';
    const nextAttemptAt =
      retryInSeconds === null ? null : new Date(Date.now() + retryInSeconds * 1000);
    await this.#database.transaction(async (tx) => {
      await this.#keep(
        tx,
        { runId: delivery.runId, deliveryId: delivery.deliveryId, url: delivery.url },
        sent,
      );
      await store.updateDelivery(tx, delivery.deliveryId, { status, nextAttemptAt });
      await history.note(tx, failure);
    });
    return { failure, retryInSeconds };
  }

  /** Sends once, now, whatever came of the delivery before (reference: api.md §8.5). */
  async replay(
    run: WebhookRun & { readonly targetUrl: string },
    payload: object,
    signal: AbortSignal,
  ): Promise<WebhookReplay & { failure: string | null }> {
    const target = { ...run, url: run.targetUrl, deliveryId: newId('whd') };
    const sent = await this.#post(target, payload, replayTimeoutSeconds, signal);
    await this.#keep(
      this.#database.sql,
      { runId: run.runId, deliveryId: null, url: run.targetUrl },
      sent,
    );
    return {
      failure: failureOf(sent),
      run_id: run.runId,
      run_type: 'workflow_run',
      default_webhook_url: run.webhookUrl,
      target_webhook_url: run.targetUrl,
      payload: sent.body,
      headers: sent.headers,
      status_code: sent.statusCode,
      latency_ms: sent.statusCode === null ? null : sent.latencyMs,
      response_body: sent.responseBody,
      error: sent.error,
    };
  }

  /** The delivery of a run with its attempts, then each replay. */
  async deliveries(runId: string): Promise<WebhookDelivery[]> {
    const rows = await store.listDeliveries(this.#database.sql, runId);
    const attempts = await store.listAttempts(this.#database.sql, runId);
    const deliveries = rows.map((row) => ({
      delivery_id: row.deliveryId,
      url: row.url,
      status: row.status as WebhookDelivery['status'],
      next_attempt_at: wireTimeOrNull(row.nextAttemptAt),
      attempts: attempts
        .filter((attempt) => attempt.deliveryId === row.deliveryId)
        .map(attemptView),
      created_at: wireTime(row.createdAt),
    }));
    const replays = attempts
      .filter((attempt) => attempt.deliveryId === null)
      .map((attempt) => ({
        delivery_id: null,
        url: attempt.url,
        status: 'replay' as const,
        next_attempt_at: null,
        attempts: [attemptView(attempt)],
        created_at: wireTime(attempt.createdAt),
      }));
    return [...deliveries, ...replays];
  }

  async #post(
    target: Pick<store.DeliveryRow, 'organizationId' | 'apiKeyId' | 'url' | 'deliveryId'>,
    payload: object,
    timeoutSeconds: number,
    signal: AbortSignal,
  ): Promise<Sent> {
    const body = webhookText(payload);
    const apiKey =
      (await this.#organizations.signingKey(target.organizationId, target.apiKeyId)) ?? '';
    const secrets = await this.#organizations.webhookSecrets(target.organizationId);
    const headers = webhookHeaders(body, {
      id: target.deliveryId,
      apiKey,
      secrets,
      now: new Date(),
    });
    const started = performance.now();
    try {
      const answer = await this.#send({ url: target.url, headers, body, timeoutSeconds }, signal);
      return {
        headers,
        body,
        statusCode: answer.status,
        latencyMs: Math.round(performance.now() - started),
        responseBody: Buffer.from(answer.body)
          .subarray(0, keptBytes)
          .toString('utf8')
          .replaceAll('\0', '\uFFFD'),
        retryAfter: answer.headers['retry-after'],
        error: null,
      };
    } catch (error) {
      signal.throwIfAborted();
      const latencyMs = Math.round(performance.now() - started);
      const reason = error instanceof Error ? error.message : String(error);
      return {
        headers,
        body,
        statusCode: null,
        latencyMs,
        responseBody: null,
        retryAfter: undefined,
        error: reason,
      };
    }
  }

  async #keep(
    sql: Sql,
    of: { runId: string; deliveryId: string | null; url: string },
    sent: Sent,
  ): Promise<void> {
    await store.insertAttempt(sql, {
      attemptId: newId('wha'),
      ...of,
      statusCode: sent.statusCode,
      latencyMs: sent.latencyMs,
      responseBody: sent.responseBody,
      error: sent.error,
    });
  }
}

function attemptView(row: store.AttemptRow): WebhookDelivery['attempts'][number] {
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
