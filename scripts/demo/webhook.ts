import { createHmac, timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Delivery } from '../../test/site/receiver.ts';
import type { Checklist } from './checklist.ts';

/** What a receiver of webhooks knows about the sender. */
export interface WebhookKeys {
  readonly apiKey: string;
  /** `whsec_…`, newest first. */
  readonly secrets: readonly string[];
}

function header(delivery: Delivery, name: string): string {
  return delivery.headers[name]?.toString() ?? '';
}

/** `x-skyvern-signature`: hex HMAC-SHA256 of the raw body, keyed with the API key. */
function hasSkyvernSignature(delivery: Delivery, apiKey: string): boolean {
  const expected = createHmac('sha256', apiKey).update(delivery.rawBody).digest('hex');
  const given = header(delivery, 'x-skyvern-signature');
  return (
    given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
  );
}

/** The fault that the Standard Webhooks library finds; null when the signature is right. */
function standardFault(delivery: Delivery, secret: string): string | null {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const headers = Object.fromEntries(names.map((name) => [name, header(delivery, name)]));
  try {
    new Webhook(secret).verify(delivery.rawBody, headers);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The webhook came once, is signed in both ways, and tells of this run. */
export function checkWebhook(
  list: Checklist,
  deliveries: readonly Delivery[],
  keys: WebhookKeys,
  runId: string,
): void {
  list.equal('webhook deliveries', deliveries.length, 1);
  const delivery = deliveries[0];
  const secret = keys.secrets[0];
  if (delivery === undefined) return;
  list.equal('method of the webhook', delivery.method, 'POST');
  list.equal('content type', header(delivery, 'content-type'), 'application/json');
  list.holds('x-skyvern-signature is right', hasSkyvernSignature(delivery, keys.apiKey));
  const age =
    delivery.receivedAt.getTime() / 1000 - Number(header(delivery, 'x-skyvern-timestamp'));
  list.holds('x-skyvern-timestamp is less than a minute old', Math.abs(age) < 60, age);
  list.holds('there is a secret for Standard Webhooks', secret?.startsWith('whsec_') ?? false);
  const fault = standardFault(delivery, secret ?? 'whsec_');
  list.holds('the Standard Webhooks signature is right', fault === null, fault);
  const { run_id, workflow_run_id, status, output, outputs } = JSON.parse(delivery.rawBody);
  list.equal(
    'the webhook names the run by both names',
    { run_id, workflow_run_id, status },
    { run_id: runId, workflow_run_id: runId, status: 'completed' },
  );
  list.equal('outputs and output of the webhook', Object.keys(Object(outputs)), [
    ...Object.keys(Object(output)),
  ]);
  list.holds('the webhook carries the outputs', 'compare_output' in Object(output));
}
