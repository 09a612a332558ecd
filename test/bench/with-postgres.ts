import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What scripts/with-postgres.mjs ends with where there is no PostgreSQL and none could be installed. */
const unavailable = 69;

/** Runs this program once more, with a PostgreSQL server as long as it runs. Its exit code; null: there is no server. */
export function runAgainWithPostgres(): number | null {
  const script = fileURLToPath(new URL('../../scripts/with-postgres.mjs', import.meta.url));
  const command = [script, process.execPath, ...process.argv.slice(1)];
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
  return status === unavailable ? null : (status ?? 1);
}
