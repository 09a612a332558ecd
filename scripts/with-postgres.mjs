// Runs a command with a throw-away PostgreSQL server: LAPWING_TEST_DATABASE_URL names it.
//
//   node scripts/with-postgres.mjs vitest run --project integration
//
// PostgreSQL's own programs are used where they are installed; as root on Debian or Ubuntu the package is installed.
// Exit code 69: there is no PostgreSQL and none could be installed.
//
// The server lives in a temporary directory on a free port of 127.0.0.1 and is gone when the command ends, whose exit
// code is passed on.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const unavailable = 69;
const [command, ...parameters] = process.argv.slice(2);
if (command === undefined) fail('Usage: node scripts/with-postgres.mjs <command> [arguments]');

const programs = findPrograms() ?? installPrograms();
const account = process.getuid?.() === 0 ? serverAccount() : null;
const directory = mkdtempSync(join(tmpdir(), 'lapwing-postgres-'));
if (account !== null) chownSync(directory, account.uid, account.gid);
const data = join(directory, 'data');
const server = await start();
const code = await run();
await stop();
process.exit(code);

function fail(message, code = 1) {
  console.error(message);
  process.exit(code);
}

/** The directory of initdb and postgres: the newest of Debian's, else wherever PATH has them. */
function findPrograms() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const candidates = [
    ...versions
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  const found = candidates.find((path) =>
    ['initdb', 'postgres'].every((program) => existsSync(join(path, program))),
  );
  return found ?? null;
}

function installPrograms() {
  const isDebian = existsSync('/etc/debian_version');
  if (!isDebian || process.getuid?.() !== 0) {
    fail(
      'No PostgreSQL found: install its server (initdb, postgres) and put it on the PATH.',
      unavailable,
    );
  }
  console.error('Installing PostgreSQL …');
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  for (const args of [
    ['update', '-q'],
    ['install', '-qy', '--no-install-recommends', 'postgresql'],
  ]) {
    if (spawnSync('apt-get', args, options).status !== 0)
      fail(`apt-get ${args[0]} failed.`, unavailable);
  }
  return findPrograms() ?? fail('The package postgresql has no initdb.');
}

/** PostgreSQL refuses to run as root: the account that its package made runs it. */
function serverAccount() {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  if (line === undefined) fail('Running as root needs an account "postgres" for the server.');
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function start() {
  const as = { cwd: directory, ...account };
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'lapwing', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...as, encoding: 'utf8' },
  );
  if (made.status !== 0) fail(`initdb failed: ${made.stderr ?? made.error}`);
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${directory}`,
    'fsync=off',
    'max_connections=200',
  ];
  const child = spawn(
    join(programs, 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    { ...as, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await ready(child);
  return { child, port };
}

/** Resolves when the server says so in its log; its log is shown when it ends instead. */
function ready(child) {
  return new Promise((resolve) => {
    let log = '';
    child.stderr.on('data', (chunk) => {
      if (log === null) return;
      log += chunk;
      if (!log.includes('database system is ready to accept connections')) return;
      log = null;
      resolve();
    });
    child.once('exit', () => {
      if (log !== null) fail(`PostgreSQL did not start:\n${log}`);
    });
  });
}

function run() {
  const url = `postgres://lapwing@127.0.0.1:${server.port}/postgres`;
  const child = spawn(command, parameters, {
    stdio: 'inherit',
    env: { ...process.env, LAPWING_TEST_DATABASE_URL: url },
  });
  // An interrupt reaches the command too: it ends first, then the server is stopped.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (code, signal) => resolve(signal === null ? code : 1));
  });
}

async function stop() {
  const ended = new Promise((resolve) => server.child.once('exit', resolve));
  // SIGINT is PostgreSQL's fast shutdown: open connections are ended.
  server.child.kill('SIGINT');
  await ended;
  rmSync(directory, { recursive: true, force: true });
}
