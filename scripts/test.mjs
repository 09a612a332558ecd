// All tests: unit, integration on the embedded database and end-to-end; then, on PostgreSQL where one can be had, the
// integration tests once more. The last line is the sum: `N passed, N failed`. With arguments it is vitest with these
// arguments:
//
//   npm test -- packages/server/src/egress
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const reports = join(root, '.setup', 'test-reports');
const noPostgres = 69;
/** What is run on both databases: all but what is about the embedded one, or about sites and mail servers only. */
const leftOut = ['blocks', 'site'];
const sharedSuites = readdirSync(join(root, 'test/integration'))
  .filter((name) => !leftOut.includes(name))
  .map((name) => `test/integration/${name}/`);

function run(command, parameters) {
  const { status, error } = spawnSync(command, parameters, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

function vitest(name, ...parameters) {
  const report = join(reports, `${name}.json`);
  return [
    'vitest',
    'run',
    ...parameters,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
}

/** What a suite's report counts; a file that could not be loaded, and a suite that died, count as one failure. */
function countsOf({ name, code }) {
  let passed = 0;
  let failed = 0;
  try {
    const report = JSON.parse(readFileSync(join(reports, `${name}.json`), 'utf8'));
    const broken = report.testResults.filter(
      (file) =>
        file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
    );
    passed = report.numPassedTests;
    failed = report.numFailedTests + broken.length;
  } catch {
    console.error(`The suite "${name}" left no report.`);
  }
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed };
}

function runAll() {
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const [command, ...parameters] = vitest('all');
  const suites = [{ name: 'all', code: run(command, parameters) }];
  console.log('\nThe integration tests on PostgreSQL:');
  const code = run('node', [
    'scripts/with-postgres.mjs',
    ...vitest('postgres', '--project', 'integration', '--exclude=**/embedded-*', ...sharedSuites),
  ]);
  if (code === noPostgres) console.log('Left out: there is no PostgreSQL here.');
  else suites.push({ name: 'postgres', code });
  return suites.map(countsOf);
}

const given = process.argv.slice(2);
if (given.length > 0) process.exit(run('vitest', ['run', ...given]));

const counts = runAll();
const sum = (key) => counts.reduce((total, suite) => total + suite[key], 0);
const line = `${sum('passed')} passed, ${sum('failed')} failed`;
writeFileSync(join(reports, 'sum.txt'), `${line}\n`);
console.log(line);
process.exit(sum('failed') > 0 || sum('passed') === 0 ? 1 : 0);
