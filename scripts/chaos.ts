// Carries runs out while their servers are killed at random, and looks whether all that was promised was kept. Prints a
// table; the exit code is 1 when a promise was broken.
//
//   npm run chaos -- --minutes 10 --workers 3
//
//   --minutes <n>        how long the servers are disturbed (1)
//   --workers <n>        worker processes beside the API (1); with 1 and no server: one process on the embedded database
//   --database-url <url> a PostgreSQL server on which a database may be made; else one is started for more than one worker
//   --no-browsers        runs without pages only
//   --parallel <n>       runs at a time (10)
//   --seed <n>           does the same again
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    'database-url': { type: 'string' },
    'no-browsers': { type: 'boolean', default: false },
    parallel: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const workers = Number(values.workers);
const url = values['database-url'] ?? process.env.LAPWING_TEST_DATABASE_URL;
if (url === undefined && workers > 1) process.exit(onOwnServer());
if (url !== undefined) process.env.LAPWING_TEST_DATABASE_URL = url;

const { runChaos } = await import('../test/chaos/chaos.ts');
const { chaosTable } = await import('../test/chaos/table.ts');

const began = performance.now();
console.log(`Seed ${values.seed}`);
const report = await runChaos({
  seconds: Number(values.minutes) * 60,
  workers,
  browsers: !values['no-browsers'],
  seed: Number(values.seed),
  parallel: Number(values.parallel),
  log: (line) => console.log(`${((performance.now() - began) / 1000).toFixed(1)} s  ${line}`),
});
console.log(`\n${chaosTable(report)}`);
for (const violation of report.violations) console.log(`VIOLATION ${violation}`);
process.exit(report.violations.length === 0 ? 0 : 1);

/** The same again with a server that is there as long as this. */
function onOwnServer(): number {
  const withPostgres = fileURLToPath(new URL('with-postgres.mjs', import.meta.url));
  const command = [withPostgres, 'node', fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  return spawnSync(process.execPath, command, { stdio: 'inherit' }).status ?? 1;
}
