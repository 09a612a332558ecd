import type {
  WebhookDelivery,
  WebhookPreview,
  WebhookReplay,
  WebhookTest,
} from '@lapwing/protocol';
import type { Database, Sql } from '../../db/database.ts';
import { newId } from '../../lib/ids.ts';
import { Tally } from '../../lib/tally.ts';
import type { JobQueue } from '../../queue/queue.ts';
import type { OrganizationsService } from '../organizations/service.ts';
import { mayRetry, retryAfterSeconds, retryDelay } from './retry.ts';
import { samplePayload } from './sample.ts';
import { failureOf, post, type Sent, sign, type WebhookSender } from './send.ts';
import * as store from './store.ts';
import { deliveryView, replayView } from './view.ts';

export type { WebhookSender } from './send.ts';
export type { DeliveryRow } from './store.ts';

/** The queue's name for a delivery; its data is `{ delivery_id }`, and the run's id for its log where it is a run's. */
export const webhookJob = 'webhook';

/** A run that has ended, as far as its webhook goes. */
export interface WebhookRun {
  readonly organizationId: string;
  readonly runId: string;
  readonly apiKeyId: string | null;
  readonly webhookUrl: string | null;
}

/** Something other than the end of a run, to be told by webhook. */
export interface WebhookEvent {
  readonly organizationId: string;
  /** The key that signs it. */
  readonly apiKeyId: string | null;
  readonly url: string;
  /** What it tells of. */
  readonly subjectId: string;
  /** Sent as it is now, whatever becomes of the subject. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What became of one attempt. `failure` is null when the receiver took it. */
export interface AttemptVerdict {
  readonly failure: string | null;
  /** Seconds until the next attempt; null when there is none. */
  readonly retryInSeconds: number | null;
}

/** What came of an attempt, by the status that it leaves the delivery with. */
const outcomes = { delivered: 'delivered', pending: 'retried', failed: 'given_up' } as const;
type AttemptOutcome = (typeof outcomes)[keyof typeof outcomes];

/** Counts attempts by what came of them. */
export const attemptTally = () => new Tally<AttemptOutcome>(Object.values(outcomes));

const attemptTimeoutSeconds = 30;
const replayTimeoutSeconds = 60;
/** So many deliveries are queued again in one transaction. */
const retryBatch = 500;

/** Webhooks: durable deliveries, their attempts, replays by hand, and those that were given up. */
export class WebhooksService {
  readonly #database: Database;
  readonly #queue: JobQueue;
  readonly #organizations: OrganizationsService;
  readonly #send: WebhookSender;
  readonly #attempts: Tally<AttemptOutcome>;

  constructor(options: {
    database: Database;
    queue: JobQueue;
    organizations: OrganizationsService;
    send: WebhookSender;
    /** Counts the attempts of this process; see {@link attemptTally}. */
    attempts: Tally<AttemptOutcome>;
  }) {
    this.#database = options.database;
    this.#queue = options.queue;
    this.#organizations = options.organizations;
    this.#send = options.send;
    this.#attempts = options.attempts;
  }

  /** Queues the webhook of a run that has just ended, in the transaction that ends it. Once for each run. */
  async queueFor(tx: Sql, run: WebhookRun): Promise<void> {
    const { organizationId, runId, apiKeyId } = run;
    const url = run.webhookUrl?.trim() ?? '';
    if (url === '') return;
    await this.#queueOne(tx, {
      ...{ organizationId, apiKeyId, url, runId },
      ...{ subjectId: runId, payload: null },
    });
  }

  /** Queues a webhook of its own payload, in the caller's transaction; it is signed and retried as those of runs are. */
  async queueEvent(tx: Sql, event: WebhookEvent): Promise<void> {
    await this.#queueOne(tx, { ...event, runId: null, payload: { ...event.payload } });
  }

  async #queueOne(
    tx: Sql,
    delivery: Pick<
      store.DeliveryRow,
      'organizationId' | 'apiKeyId' | 'url' | 'runId' | 'subjectId' | 'payload'
    >,
  ): Promise<void> {
    const deliveryId = newId('whd');
    const jobId = crypto.randomUUID();
    const inserted = await store.insertDelivery(tx, {
      ...delivery,
      deliveryId,
      jobId,
      status: 'pending',
      nextAttemptAt: new Date(),
    });
    if (inserted !== undefined) await this.#enqueue(tx, inserted, jobId);
  }

  /** How many attempts this process has made, by what came of them. */
  get attempts(): ReadonlyMap<AttemptOutcome, number> {
    return this.#attempts.counts;
  }

  async #enqueue(
    tx: Sql,
    { deliveryId, runId }: Pick<store.DeliveryRow, 'deliveryId' | 'runId'>,
    jobId: string,
  ): Promise<void> {
    const data = { delivery_id: deliveryId, ...(runId !== null && { run_id: runId }) };
    await this.#queue.enqueue(tx, webhookJob, { id: jobId, data });
  }

  /** A delivery that still has to go out; null when it is settled. */
  async pending(deliveryId: string): Promise<store.DeliveryRow | null> {
    const row = await store.findDelivery(this.#database.sql, deliveryId);
    return row?.status === 'pending' ? row : null;
  }

  /**
   * Makes one attempt and keeps it, with what its subject is to know of it, in one transaction.
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
    const sent = await this.#post(
      { ...delivery, timeoutSeconds: attemptTimeoutSeconds },
      payload,
      signal,
    );
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
      await this.#keep(tx, delivery, sent);
      await store.updateDelivery(tx, delivery.deliveryId, { status, nextAttemptAt });
      await history.note(tx, failure);
    });
    this.#attempts.add(outcomes[status]);
    return { failure, retryInSeconds };
  }

  /** Sends once, now, whatever came of the delivery before (reference: api.md §8.5). */
  async replay(
    run: WebhookRun & { readonly targetUrl: string },
    payload: object,
    signal: AbortSignal,
  ): Promise<WebhookReplay & { failure: string | null }> {
    const { targetUrl: url, runId } = run;
    const target = { ...run, url, deliveryId: newId('whd'), timeoutSeconds: replayTimeoutSeconds };
    const sent = await this.#post(target, payload, signal);
    await this.#keep(this.#database.sql, { runId, deliveryId: null, url }, sent);
    return {
      failure: failureOf(sent),
      run_id: runId,
      run_type: 'workflow_run',
      default_webhook_url: run.webhookUrl,
      target_webhook_url: url,
      payload: sent.body,
      headers: sent.headers,
      status_code: sent.statusCode,
      latency_ms: sent.statusCode === null ? null : sent.latencyMs,
      response_body: sent.responseBody,
      error: sent.error,
    };
  }

  /** What a replay would say; sends nothing. */
  async preview(run: WebhookRun, payload: object): Promise<WebhookPreview> {
    const target = { ...run, deliveryId: newId('whd') };
    const { headers, body } = await sign(this.#organizations, target, payload);
    return {
      run_id: run.runId,
      run_type: 'workflow_run',
      default_webhook_url: run.webhookUrl,
      payload: body,
      headers,
    };
  }

  /**
   * Sends once, now, to see what an address answers; keeps nothing of it.
   * @param payload Null: that of a run that there never was.
   */
  async test(
    target: Pick<store.DeliveryRow, 'organizationId' | 'apiKeyId' | 'url'>,
    payload: object | null,
    signal: AbortSignal,
  ): Promise<WebhookTest> {
    const sent = await this.#post(
      { ...target, deliveryId: newId('whd'), timeoutSeconds: attemptTimeoutSeconds },
      payload ?? samplePayload(new Date()),
      signal,
    );
    return {
      status_code: sent.statusCode,
      latency_ms: sent.statusCode === null ? null : sent.latencyMs,
      response_body: sent.responseBody,
      headers_sent: sent.headers,
      error: sent.error,
    };
  }

  /** The delivery of a run with its attempts, then each replay. */
  async deliveries(runId: string): Promise<WebhookDelivery[]> {
    const rows = await store.deliveriesOfRun(this.#database.sql, runId);
    const attempts = await store.attemptsOfRun(this.#database.sql, runId);
    const replays = attempts.filter(({ deliveryId }) => deliveryId === null);
    return [
      ...rows.map((row) => deliveryView(row, attempts)),
      ...replays.map((attempt) => replayView(runId, attempt)),
    ];
  }

  /** The deliveries of an organization that have a status, those that changed last first. */
  async list(
    filter: Pick<store.DeliveryFilter, 'organizationId' | 'status' | 'since'>,
    page: { readonly number: number; readonly size: number },
  ): Promise<WebhookDelivery[]> {
    const { sql } = this.#database;
    const rows = await store.listDeliveries(sql, filter, {
      offset: (page.number - 1) * page.size,
      limit: page.size,
    });
    const attempts = await store.attemptsAt(
      sql,
      rows.map(({ deliveryId }) => deliveryId),
    );
    return rows.map((row) => deliveryView(row, attempts));
  }

  /**
   * Sends deliveries that were given up again, each as if for the first time; what was kept of them stays.
   * @returns the ids of those that are queued now.
   */
  async retryFailed(
    which: Pick<store.DeliveryFilter, 'organizationId' | 'since' | 'deliveryIds'>,
  ): Promise<string[]> {
    // Those that fail once more meanwhile are not of those that were asked for.
    const filter = { ...which, status: 'failed', before: new Date() };
    const retried: string[] = [];
    for (;;) {
      const batch = await this.#database.transaction(async (tx) => {
        const rows = await store.holdDeliveries(tx, filter, retryBatch);
        for (const row of rows) {
          const nextJobId = crypto.randomUUID();
          await this.#queue.forget(tx, webhookJob, row.jobId);
          await store.reopenDelivery(tx, row.deliveryId, nextJobId);
          await this.#enqueue(tx, row, nextJobId);
        }
        return rows;
      });
      retried.push(...batch.map(({ deliveryId }) => deliveryId));
      if (batch.length < retryBatch) return retried;
    }
  }

  #post(target: Parameters<typeof post>[1], payload: object, signal: AbortSignal): Promise<Sent> {
    return post({ organizations: this.#organizations, send: this.#send }, target, payload, signal);
  }

  async #keep(
    sql: Sql,
    of: { readonly runId: string | null; readonly deliveryId: string | null; readonly url: string },
    sent: Sent,
  ): Promise<void> {
    await store.insertAttempt(sql, {
      attemptId: newId('wha'),
      runId: of.runId,
      deliveryId: of.deliveryId,
      url: of.url,
      statusCode: sent.statusCode,
      latencyMs: sent.latencyMs,
      responseBody: sent.responseBody,
      error: sent.error,
    });
  }
}
