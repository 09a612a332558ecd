import { expect, it } from 'vitest';
import { mayRetry, retryAfterSeconds, retryDelay } from './retry.ts';

const now = new Date('2026-01-01T00:00:00Z');

it('waits longer after each attempt, over hours, and then gives up', () => {
  const waits = Array.from({ length: 10 }, (_, index) => retryDelay(index + 1, null, 0) ?? 0);
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(6 * 3600);
  expect(retryDelay(11, null, 0)).toBeNull();
});

it('waits at least as long as the receiver asks', () => {
  expect(retryDelay(1, 90, 0)).toBe(90);
  expect(retryDelay(3, 1, 0)).toBe(30);
  expect(retryDelay(3, 1, 1)).toBe(36);
});

it('reads Retry-After as seconds or as a date', () => {
  expect(retryAfterSeconds('120', now)).toBe(120);
  expect(retryAfterSeconds('Thu, 01 Jan 2026 00:01:00 GMT', now)).toBe(60);
  expect(retryAfterSeconds('soon', now)).toBeNull();
  expect(retryAfterSeconds('999999999', now)).toBe(86_400);
});

it('does not repeat what the receiver refused for good', () => {
  expect([null, 500, 503, 429, 403].every(mayRetry)).toBe(true);
  expect([400, 404, 410, 302].some(mayRetry)).toBe(false);
});
