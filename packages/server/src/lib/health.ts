/** One thing that must be well for the server to work. Rejects with the fault. */
export interface HealthCheck {
  readonly name: string;
  /** The server works in spite of its fault, which is shown all the same. */
  readonly isMinor?: boolean;
  check(): Promise<string>;
}

/** What came of the checks: `failing` when the server cannot work. */
export interface HealthReport {
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly checks: Record<string, { ok: boolean; detail: string }>;
  /** What is wrong with each, in a line; empty unless it fails. */
  readonly faults: string;
}

async function run(check: HealthCheck): Promise<{ ok: boolean; detail: string }> {
  try {
    return { ok: true, detail: await check.check() };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Makes every check, all at a time. */
export async function checkHealth(checks: readonly HealthCheck[]): Promise<HealthReport> {
  const results = await Promise.all(
    checks.map(async (check) => ({ ...check, result: await run(check) })),
  );
  const faults = results.filter(({ result, isMinor }) => !result.ok && isMinor !== true);
  const isWell = results.every(({ result }) => result.ok);
  return {
    status: faults.length > 0 ? 'failing' : isWell ? 'ok' : 'degraded',
    checks: Object.fromEntries(results.map(({ name, result }) => [name, result])),
    faults: faults.map(({ name, result }) => `${name}: ${result.detail}`).join('; '),
  };
}
