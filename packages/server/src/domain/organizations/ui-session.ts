import { createHmac, timingSafeEqual } from 'node:crypto';
import type { UiSession } from '@lapwing/protocol';

/** Whom a token speaks for. */
interface Speaker {
  readonly organizationId: string;
  readonly apiKeyId: string;
}

const prefix = 'lws_';
/** Seconds that a token lives at least; at most it is twice that. */
const halfLife = 30 * 60;

const signatureOf = (key: Uint8Array, claims: string) =>
  createHmac('sha256', key).update(claims).digest('base64url');

/**
 * A token that speaks for a key until it expires, or the key is revoked. It is kept nowhere: what it says is signed. Within
 * half an hour the same key is given the same token.
 * @param now Unix seconds.
 */
export function makeUiSession(key: Uint8Array, speaker: Speaker, now: number): UiSession {
  const expiresAt = (Math.floor(now / halfLife) + 2) * halfLife;
  const text = [speaker.organizationId, speaker.apiKeyId, expiresAt].join(' ');
  const claims = Buffer.from(text).toString('base64url');
  return { token: `${prefix}${claims}.${signatureOf(key, claims)}`, expires_at: expiresAt };
}

/** Whom a token speaks for at `now` (unix seconds); null when it is none of ours, or has expired. */
export function readUiSession(key: Uint8Array, token: string, now: number): Speaker | null {
  if (!token.startsWith(prefix)) return null;
  const [claims = '', signature = ''] = token.slice(prefix.length).split('.');
  const expected = Buffer.from(signatureOf(key, claims));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const [organizationId = '', apiKeyId = '', expiresAt] = Buffer.from(claims, 'base64url')
    .toString('utf8')
    .split(' ');
  return Number(expiresAt) > now ? { organizationId, apiKeyId } : null;
}
