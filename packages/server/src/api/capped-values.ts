/** Bytes of JSON that one value of an answer to the UI may have (reference: api.md §1). */
const limitBytes = 2 * 1024 * 1024;

/** The values of outputs or parameters, each too large for the UI replaced by what says so. */
export function cappedValues<T extends Readonly<Record<string, unknown>> | null>(values: T): T {
  if (values === null) return values;
  const entries = Object.entries(values).map(([key, value]) => [key, capped(value)]);
  return Object.fromEntries(entries);
}

function capped(value: unknown): unknown {
  const size = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (size <= limitBytes) return value;
  return {
    truncated: true,
    reason: 'exceeded_max_run_response_value_size',
    original_size_bytes: size,
    limit_bytes: limitBytes,
  };
}
