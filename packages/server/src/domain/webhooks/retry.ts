/** Seconds before attempt 2, 3, …: about 14 hours in all. */
const delays = [1, 5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600] as const;
const longestRetryAfter = 24 * 3600;
const retriedStatuses: readonly number[] = [403, 408, 425, 429];

/** Whether another attempt may help: no answer, a 5xx, or one of 403, 408, 425, 429 (reference: api.md §8.4). */
export function mayRetry(statusCode: number | null): boolean {
  return statusCode === null || statusCode >= 500 || retriedStatuses.includes(statusCode);
}

/** Seconds that a `Retry-After` header asks for (a number or an HTTP date); null when it says nothing usable. */
export function retryAfterSeconds(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Math.min(Number(header), longestRetryAfter);
  const date = Date.parse(header);
  if (Number.isNaN(date)) return null;
  return Math.min(Math.max(0, Math.ceil((date - now.getTime()) / 1000)), longestRetryAfter);
}

/**
 * Seconds until the next attempt, or null when there is none left.
 * @param attempts Attempts made so far.
 * @param random A number from 0 to 1: up to 20% are added, so that many failures do not come back at once.
 */
export function retryDelay(
  attempts: number,
  retryAfter: number | null,
  random: number,
): number | null {
  const base = delays[attempts - 1];
  if (base === undefined) return null;
  return Math.max(base * (1 + random * 0.2), retryAfter ?? 0);
}
