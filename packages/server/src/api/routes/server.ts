import { LapwingError } from '../../errors.ts';
import type { JsonHandlers } from '../handlers.ts';

/** One thing that must be well for the server to work. Rejects with the fault. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<string>;
}

type ServerHandlers = Pick<JsonHandlers, 'getVersion' | 'getHealth'>;

async function run(check: HealthCheck): Promise<{ ok: boolean; detail: string }> {
  try {
    return { ok: true, detail: await check.check() };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

export function serverHandlers(version: string, checks: readonly HealthCheck[]): ServerHandlers {
  return {
    getVersion: async () => ({ version }),
    getHealth: async () => {
      const results = await Promise.all(
        checks.map(async (check) => [check.name, await run(check)] as const),
      );
      const faults = results.filter(([, result]) => !result.ok);
      if (faults.length > 0) {
        throw new LapwingError(
          'unavailable',
          faults.map(([name, result]) => `${name}: ${result.detail}`).join('; '),
        );
      }
      return { status: 'ok', checks: Object.fromEntries(results) };
    },
  };
}
