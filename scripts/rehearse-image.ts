// Carries out deploy/Dockerfile without an engine, and runs what comes of it: with the production dependencies only, and as
// the image's user where this is root. What a package of Debian is to bring is simulated, and taken from this machine.
//
//   node scripts/rehearse-image.ts [--keep]     # --keep leaves the image's folder behind
//   node scripts/with-postgres.mjs node scripts/rehearse-image.ts    # with the roles apart, too
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listProcesses } from '../packages/server/src/browser/process-table.ts';
import { openContext } from './rehearse-image/build-context.ts';
import { Container, type Role, runIn } from './rehearse-image/container.ts';
import { parseDockerfile } from './rehearse-image/dockerfile.ts';
import { buildImage, type Image } from './rehearse-image/image.ts';
import { note, step } from './rehearse-image/terminal.ts';
import { apiKey, freePort, tryBrowser, tryWithoutBrowser } from './rehearse-image/trial.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const databaseUrl = process.env.LAPWING_TEST_DATABASE_URL;

const folder = mkdtempSync(join(tmpdir(), 'lapwing-image-'));
// The image's user has to get in.
chmodSync(folder, 0o755);
try {
  const context = openContext(root, read('.dockerignore'));
  const image = buildImage(parseDockerfile(read('deploy/Dockerfile')), context, folder);
  checkTree(image);
  await tryAll(image);
  if (databaseUrl === undefined) {
    step('api, worker: left out, for LAPWING_TEST_DATABASE_URL names no PostgreSQL');
  } else await tryRoles(image, databaseUrl);
  console.log('The rehearsal went well.');
} finally {
  if (process.argv.includes('--keep')) console.log(`Kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}

/** What must not be in the image, and that its other commands work. */
function checkTree(image: Image): void {
  step('the tree of the image');
  const app = join(image.root, 'app');
  const paths = readdirSync(app, { recursive: true }).map(String);
  const isForeign = (path: string) =>
    /^(?!.*node_modules\/).*(\.test\.ts|\/testing|\.env|\.md)$|^node_modules\/node-linux/.test(
      path,
    );
  const installed = JSON.parse(readFileSync(join(app, 'node_modules/.package-lock.json'), 'utf8'));
  const packages = Object.entries<{ readonly dev?: boolean }>(installed.packages);
  const foreign = [
    ...paths.filter(isForeign),
    ...packages.filter(([, { dev = false }]) => dev).map(([path]) => path),
  ];
  if (foreign.length > 0) throw new Error(`This does not belong there: ${foreign.join(', ')}`);
  const { output: size } = runIn(image, ['du', '-sh', app]);
  note(`${packages.length} packages, ${paths.length} files and folders, ${size.split('\t')[0]}`);
  const help = runIn(image, ['lapwing', '--help']);
  if (help.status !== 0) throw new Error(`lapwing --help failed: ${help.output}`);
  note(`lapwing --help: ${help.output.split('\n')[0]}`);
}

/** One container with everything, on the embedded database. */
async function tryAll(image: Image): Promise<void> {
  step('lapwing all, with the embedded database');
  const port = await freePort();
  const env = { ...settingsOf(image), LAPWING_PORT: String(port) };
  const server = new Container(image, { role: 'all', env, data: join(folder, 'all'), files: null });
  try {
    note(`HEALTHCHECK: ${await server.healthy()}`);
    await tryRuns(`http://127.0.0.1:${port}`, image, [server]);
  } finally {
    await stop(server);
  }
  await checkNothingLeft();
}

/** An API and two workers on one database, which share the files of runs and nothing else. */
async function tryRoles(image: Image, url: string): Promise<void> {
  step('lapwing api, and lapwing worker twice, with PostgreSQL');
  const [port, ...workerPorts] = await Promise.all([freePort(), freePort(), freePort()]);
  const env = {
    ...settingsOf(image),
    DATABASE_URL: url,
    LAPWING_SECRET_KEY: randomBytes(32).toString('hex'),
    LAPWING_PUBLIC_URL: `http://127.0.0.1:${port}`,
    LAPWING_PORT: String(port),
  };
  const start = (role: Role, name: string, workerPort: number) =>
    new Container(image, {
      role,
      env: { ...env, LAPWING_WORKER_PORT: String(workerPort) },
      data: join(folder, name),
      files: join(folder, 'shared-files'),
    });
  const containers = [start('api', 'api', 0)];
  try {
    for (const container of containers) note(`api: ${await container.healthy()}`);
    for (const [index, workerPort] of workerPorts.entries()) {
      const worker = start('worker', `worker-${index}`, workerPort);
      containers.push(worker);
      note(`worker: ${await worker.healthy()}`);
    }
    await tryRuns(`http://127.0.0.1:${port}`, image, containers);
  } finally {
    for (const container of containers.reverse()) await stop(container);
  }
  await checkNothingLeft();
}

/** Shows what the containers said when something goes wrong. */
async function tryRuns(
  server: string,
  image: Image,
  containers: readonly Container[],
): Promise<void> {
  try {
    note(await tryWithoutBrowser(server));
    if (hasBrowser(image)) {
      const isBare = containers.some(({ output }) => output.includes('without its sandbox'));
      note(`${await tryBrowser(server)}, ${isBare ? 'without' : 'in'} Chromium's sandbox`);
    } else note('no page was opened: the browser of the image is not on this machine');
  } catch (error) {
    for (const { role, output } of containers) console.error(`--- ${role}\n${output}`);
    throw error;
  }
}

function hasBrowser(image: Image): boolean {
  return existsSync(image.env.LAPWING_BROWSER_PATH ?? '');
}

function settingsOf(image: Image): Record<string, string> {
  return {
    LAPWING_API_KEY: apiKey,
    LAPWING_ALLOW_HOSTS: '127.0.0.1',
    // Without the browser that it is to have, a worker is never healthy.
    ...(!hasBrowser(image) && { LAPWING_BROWSER_PATH: '', LAPWING_WARM_BROWSERS: '0' }),
  };
}

async function stop(container: Container): Promise<void> {
  const started = Date.now();
  const code = await container.stop();
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  note(`${container.role}: stopped by its signal in ${seconds} s, exit code ${code}`);
  if (code !== 0)
    throw new Error(`The ${container.role} stopped with ${code}:\n${container.output}`);
}

/** No browser and no child of the sandbox outlives a container that was stopped in good order. */
async function checkNothingLeft(): Promise<void> {
  const left = (await listProcesses()).filter(({ arguments: words }) =>
    words.some((word) => word.includes(folder)),
  );
  if (left.length > 0)
    throw new Error(`Left behind: ${left.map(({ pid, arguments: [name] }) => `${pid} ${name}`)}`);
  note('no process is left behind');
}
