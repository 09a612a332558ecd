import { expect, it } from 'vitest';
import { sign, verifies } from './signature.ts';

const key = new Uint8Array(32).fill(7);
const now = 1_800_000_000;

it('accepts its own signature until it expires', () => {
  const signature = sign(key, 'a_1', now + 10);
  expect(verifies(key, 'a_1', signature, now)).toBe(true);
  expect(verifies(key, 'a_1', signature, now + 10)).toBe(false);
});

it('refuses another artifact, another expiry, another key and another key id', () => {
  const signature = sign(key, 'a_1', now + 10);
  expect(verifies(key, 'a_2', signature, now)).toBe(false);
  expect(verifies(key, 'a_1', { ...signature, expiry: String(now + 11) }, now)).toBe(false);
  expect(verifies(new Uint8Array(32), 'a_1', signature, now)).toBe(false);
  expect(verifies(key, 'a_1', { ...signature, kid: 'k2' }, now)).toBe(false);
  expect(verifies(key, 'a_1', { ...signature, sig: '' }, now)).toBe(false);
});

it('writes 43 characters of base64url', () => {
  expect(sign(key, 'a_1', now).sig).toMatch(/^[\w-]{43}$/);
});
