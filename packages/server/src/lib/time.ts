/**
 * A time on the wire: naive UTC, ISO 8601, no offset; fractions only when non-zero, six digits (reference: api.md §4).
 */
export function wireTime(date: Date): string {
  const text = date.toISOString().slice(0, -1);
  return text.endsWith('.000') ? text.slice(0, -4) : `${text}000`;
}

/** {@link wireTime} of a time that may not have come yet. */
export function wireTimeOrNull(date: Date | null): string | null {
  return date === null ? null : wireTime(date);
}
