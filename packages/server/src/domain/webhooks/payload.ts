import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/**
 * The exact text of a webhook: compact JSON in insertion order, non-ASCII raw (reference: api.md §8.3). JavaScript
 * writes a float without a fraction as an integer, as the reference does.
 */
export function webhookText(payload: object): string {
  return JSON.stringify(payload);
}

/**
 * Headers of a webhook: the reference's two, signed with the API key, and the three of Standard Webhooks, signed with
 * every secret given so that a rotation breaks no receiver.
 * @param id The same for each attempt at one delivery.
 */
export function webhookHeaders(
  body: string,
  signing: { id: string; apiKey: string; secrets: readonly string[]; now: Date },
): Record<string, string> {
  const seconds = String(Math.floor(signing.now.getTime() / 1000));
  const signatures = signing.secrets.map((secret) =>
    new Webhook(secret).sign(signing.id, signing.now, body),
  );
  return {
    'content-type': 'application/json',
    'x-skyvern-timestamp': seconds,
    'x-skyvern-signature': createHmac('sha256', signing.apiKey).update(body, 'utf8').digest('hex'),
    'webhook-id': signing.id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatures.join(' '),
  };
}
