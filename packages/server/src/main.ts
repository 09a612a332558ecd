import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Api } from './api/start.ts';
import { type App, createApp } from './app.ts';
import { type Config, environment, readConfig, SettingsError } from './config.ts';
import { isConnectionLost } from './db/errors.ts';
import { LapwingError } from './errors.ts';
import type { WorkerRole } from './worker/start.ts';

type Role = 'all' | 'api' | 'worker';

const usage = 'Usage: node packages/server/src/main.ts [all|api|worker]';
const packageFile = fileURLToPath(new URL('../package.json', import.meta.url));
const seedPath = fileURLToPath(
  new URL('../../../node_modules/.cache/lapwing/seeds', import.meta.url),
);
const version: string = JSON.parse(readFileSync(packageFile, 'utf8')).version;

function roleOf(argument: string | undefined): Role {
  const role = argument ?? 'all';
  if (role === 'all' || role === 'api' || role === 'worker') return role;
  throw new SettingsError(`There is no role ${role}. ${usage}`);
}

async function startApiRole(app: App, config: Config, worker: WorkerRole | null): Promise<Api> {
  const { startApi } = await import('./api/start.ts');
  const database = {
    name: 'database',
    check: async () => app.database.ping().then(() => app.database.kind),
  };
  const browsers = { name: 'browsers', check: async () => `${worker?.browsers() ?? 0} open` };
  const checks = worker === null ? [database] : [database, browsers];
  const parts = {
    ...app,
    version,
    checkUrl: (url: string) => app.policy.checkUrl(url),
    healthChecks: checks,
    isUnavailable: isConnectionLost,
  };
  return startApi(parts, { host: config.LAPWING_HOST, port: config.LAPWING_PORT });
}

async function startWorkerRole(app: App, config: Config): Promise<WorkerRole> {
  const { startWorker } = await import('./worker/start.ts');
  return startWorker(app, {
    directory: config.LAPWING_DATA_DIR,
    slots: config.LAPWING_SLOTS,
    maxBrowsers: config.LAPWING_MAX_BROWSERS,
    warmBrowsers: config.LAPWING_WARM_BROWSERS,
    browser: {
      executablePath: config.LAPWING_BROWSER_PATH ?? null,
      kind: 'headless-shell',
      extraArgs: config.LAPWING_BROWSER_ARGS,
      viewport: config.LAPWING_VIEWPORT,
      locale: config.LAPWING_LOCALE,
      timeZone: config.LAPWING_TIME_ZONE ?? null,
      navigationTimeoutMs: config.LAPWING_NAVIGATION_TIMEOUT_SECONDS * 1000,
    },
    record: config.LAPWING_RECORDING,
    codeMemoryBytes: config.LAPWING_CODE_MEMORY_MB * 2 ** 20,
    drainMs: config.LAPWING_DRAIN_SECONDS * 1000,
    environment: environment(),
  });
}

function announce(app: App, api: Api | null): void {
  if (app.firstKey !== null) {
    console.log(`API key (shown only now; send it as x-api-key): ${app.firstKey}`);
  }
  console.log(
    api === null
      ? 'Lapwing worker is ready'
      : `Lapwing is ready at ${api.url} (docs at ${api.url}/docs)`,
  );
}

/** Ends once, however many signals come; a second one ends it at once. */
function closeOnSignal(log: App['log'], close: () => Promise<void>): void {
  let closing = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (closing) process.exit(1);
    closing = true;
    log.info({ signal }, 'Stopping');
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'The server did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** Starts the roles; each loads only what it needs. */
async function main(role: Role, config: Config): Promise<void> {
  const app = await createApp(config, seedPath);
  // The embedded database is this process's alone: whatever is claimed was claimed by a process that died.
  if (app.database.kind === 'pglite') await app.queue.releaseOrphans();
  const worker = role === 'api' ? null : await startWorkerRole(app, config);
  const api = role === 'worker' ? null : await startApiRole(app, config, worker);
  if (api !== null) app.setPublicUrl(api.url);
  closeOnSignal(app.log, async () => {
    await worker?.close();
    await api?.close();
    await app.close();
  });
  announce(app, api);
}

try {
  await main(roleOf(process.argv[2]), readConfig(environment()));
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof LapwingError || isAddressInUse(error)))
    throw error;
  console.error(`Lapwing could not start:\n${error.message}`);
  process.exit(1);
}

function isAddressInUse(error: unknown): error is Error {
  return (
    error instanceof Error &&
    'code' in error &&
    ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes(String(error.code))
  );
}
