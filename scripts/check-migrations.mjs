// Fails when the tables in packages/server/src/db/tables and the migrations beside them disagree: drizzle-kit is asked
// for the next migration on a copy, and must have nothing to write.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const server = fileURLToPath(new URL('../packages/server/', import.meta.url));
const migrations = join(server, 'src/db/migrations');
// Within the package: drizzle-kit takes its output directory from where it runs.
const copy = mkdtempSync(join(server, '.migrations-'));

try {
  cpSync(migrations, copy, { recursive: true });
  const arguments_ = ['generate', '--dialect', 'postgresql', '--schema', './src/db/tables/*.ts'];
  const run = spawnSync('drizzle-kit', [...arguments_, '--out', copy.slice(server.length)], {
    cwd: server,
    encoding: 'utf8',
  });
  if (run.status !== 0) {
    console.error(run.stdout, run.stderr, run.error ?? '');
    process.exitCode = 1;
  } else if (sqlFiles(copy).length > sqlFiles(migrations).length) {
    console.error(
      'db/tables has changed and no migration says so. Run in packages/server: drizzle-kit generate --name <what-changed>',
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function sqlFiles(directory) {
  return readdirSync(directory).filter((name) => name.endsWith('.sql'));
}
