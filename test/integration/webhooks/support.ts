import type { WebhookDelivery } from '@lapwing/protocol';
import { Webhook } from 'standardwebhooks';
import type { Delivery } from '../../site/receiver.ts';
import type { Lapwing } from '../../support/lapwing.ts';

/** A block that ends at once, well or badly. */
export const quick = (fails = false) => ({
  block_type: 'code',
  label: 'quick',
  language: 'javascript',
  code: fails ? 'throw new Error("no")' : 'return { Žofie: 1.0, none: null }',
});

/** How long a webhook may take on a busy machine. */
export const soon = () => AbortSignal.timeout(20_000);

/** The deliveries of a run, read again until they fit: retries have no event of their own. */
export async function deliveriesOnce(
  lapwing: Lapwing,
  runId: string,
  fits: (deliveries: readonly WebhookDelivery[]) => boolean,
): Promise<readonly WebhookDelivery[]> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { body } = await lapwing.request('GET', `/v1/runs/${runId}/webhook_deliveries`);
    if (fits(body)) return body;
    if (Date.now() > deadline) throw new Error(`Deliveries stayed at ${JSON.stringify(body)}`);
  }
}

export const settled = ([delivery]: readonly WebhookDelivery[]) =>
  delivery !== undefined && delivery.status !== 'pending';

/** `webhook_failure_reason` of a run, as a replay's payload tells it. */
export async function failureReason(lapwing: Lapwing, runId: string): Promise<string | null> {
  const payload = await lapwing.server.app.runs.webhookPayload(runId);
  return payload.webhook_failure_reason as string | null;
}

/** The secrets of the first organization, newest first. */
export async function secretsOf(lapwing: Lapwing): Promise<string[]> {
  return (await lapwing.request('GET', '/v1/organizations/me/webhook_secret')).body.secrets;
}

/** Throws unless the delivery is signed with the secret. */
export function verify(secret: string, delivery: Delivery): void {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const headers = Object.fromEntries(names.map((name) => [name, String(delivery.headers[name])]));
  new Webhook(secret).verify(delivery.rawBody, headers);
}

/** Polls for what follows an event; generous, for a busy machine. */
export const patiently = { timeout: 20_000, interval: 50 };
