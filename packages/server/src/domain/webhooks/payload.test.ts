import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { webhookHeaders, webhookText } from './payload.ts';

const now = new Date();
const old = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const current = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;
const body = webhookText({ name: 'Žofie', amount: 1.0, none: null });

it('writes compact JSON with raw characters and whole floats as integers', () => {
  expect(body).toBe('{"name":"Žofie","amount":1,"none":null}');
});

it('signs the raw body with the API key', () => {
  const headers = webhookHeaders(body, { id: 'msg_1', apiKey: 'key', secrets: [current], now });
  const expected = createHmac('sha256', 'key').update(Buffer.from(body)).digest('hex');
  expect(headers['x-skyvern-signature']).toBe(expected);
});

it('verifies as a Standard Webhook with the new and with the old secret', () => {
  const headers = webhookHeaders(body, {
    id: 'msg_1',
    apiKey: 'key',
    secrets: [current, old],
    now,
  });
  for (const secret of [current, old])
    expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
  expect(() => new Webhook(old).verify(`${body} `, headers)).toThrow();
});
