import { createHmac, timingSafeEqual } from 'node:crypto';

/** The query of a signed address. */
export interface Signature {
  readonly sig: string;
  /** Unix seconds. */
  readonly expiry: string;
  readonly kid: string;
}

const kid = 'k1';

function hmac(key: Uint8Array, artifactId: string, expiry: string): Buffer {
  const lines = ['GET', `/v1/artifacts/${artifactId}/content`, expiry, kid];
  return createHmac('sha256', key).update(lines.join('\n')).digest();
}

/** Signs the address of an artifact's content (reference: api.md §10). */
export function sign(key: Uint8Array, artifactId: string, expiresAt: number): Signature {
  const expiry = String(expiresAt);
  return { sig: hmac(key, artifactId, expiry).toString('base64url'), expiry, kid };
}

/** Whether the signature is ours and not expired at `now` (unix seconds). */
export function verifies(
  key: Uint8Array,
  artifactId: string,
  signature: Signature,
  now: number,
): boolean {
  if (signature.kid !== kid || !/^\d{1,12}$/.test(signature.expiry)) return false;
  if (Number(signature.expiry) <= now) return false;
  const expected = hmac(key, artifactId, signature.expiry);
  const given = Buffer.from(signature.sig, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
