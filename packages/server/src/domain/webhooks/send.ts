import type { OrganizationsService } from '../organizations/service.ts';
import { webhookHeaders, webhookText } from './payload.ts';
import type { DeliveryRow } from './store.ts';

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

/** What was sent and what came back; without an answer `error` says why. */
export interface Sent {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly statusCode: number | null;
  readonly latencyMs: number;
  readonly responseBody: string | null;
  readonly retryAfter: string | undefined;
  readonly error: string | null;
}

/** Of an answer, so many bytes are kept. */
const keptBytes = 2048;

/** What is wrong with how it went; null when the receiver took it. */
export function failureOf(sent: Sent): string | null {
  if (sent.statusCode === null) return `Webhook got no response: ${sent.error}`;
  if (sent.statusCode >= 200 && sent.statusCode < 300) return null;
  return `Webhook failed with status code ${sent.statusCode}: ${sent.responseBody ?? ''}`;
}

/** The text of a payload, with the headers that sign it. */
export async function sign(
  organizations: OrganizationsService,
  target: Pick<DeliveryRow, 'organizationId' | 'apiKeyId' | 'deliveryId'>,
  payload: object,
): Promise<Pick<Sent, 'headers' | 'body'>> {
  const body = webhookText(payload);
  const headers = webhookHeaders(body, {
    id: target.deliveryId,
    apiKey: (await organizations.signingKey(target.organizationId, target.apiKeyId)) ?? '',
    secrets: await organizations.webhookSecrets(target.organizationId),
    now: new Date(),
  });
  return { headers, body };
}

/** Signs a payload and sends it once. Rejects only when the signal fires. */
export async function post(
  means: { readonly organizations: OrganizationsService; readonly send: WebhookSender },
  target: Pick<DeliveryRow, 'organizationId' | 'apiKeyId' | 'url' | 'deliveryId'> & {
    readonly timeoutSeconds: number;
  },
  payload: object,
  signal: AbortSignal,
): Promise<Sent> {
  const { headers, body } = await sign(means.organizations, target, payload);
  const started = performance.now();
  const taken = () => Math.round(performance.now() - started);
  try {
    const { url, timeoutSeconds } = target;
    const answer = await means.send({ url, headers, body, timeoutSeconds }, signal);
    const kept = Buffer.from(answer.body).subarray(0, keptBytes).toString('utf8');
    return {
      headers,
      body,
      statusCode: answer.status,
      latencyMs: taken(),
      responseBody: kept.replaceAll('\0', '\uFFFD'),
      retryAfter: answer.headers['retry-after'],
      error: null,
    };
  } catch (error) {
    signal.throwIfAborted();
    return {
      headers,
      body,
      statusCode: null,
      latencyMs: taken(),
      responseBody: null,
      retryAfter: undefined,
      error: error instanceof Error ? error.message : String(error),
    };
  }
}
