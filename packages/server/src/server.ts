import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Api } from './api/start.ts';
import { type App, createApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { isConnectionLost } from './db/errors.ts';
import type { OrganizationsService } from './domain/organizations/service.ts';
import type { TargetSettings } from './targets/settings.ts';
import type { WorkerRole, WorkerSettings } from './worker/start.ts';

/** `all`: API and worker in one process. */
export type Role = 'all' | 'api' | 'worker';

/** A server that works. */
export interface RunningServer {
  /** Where the API listens; null for a worker. */
  readonly url: string | null;
  /** The API key that was made at the first start, to be shown once. */
  readonly firstKey: string | null;
  readonly app: App;
  readonly worker: WorkerRole | null;
  /** Gives running blocks their time, gives the rest back to the queue, and leaves no process behind. */
  close(): Promise<void>;
}

const packageFile = fileURLToPath(new URL('../package.json', import.meta.url));
const seedPath = fileURLToPath(
  new URL('../../../node_modules/.cache/lapwing/seeds', import.meta.url),
);
const version: string = JSON.parse(readFileSync(packageFile, 'utf8')).version;

async function startApiRole(app: App, config: Config, worker: WorkerRole | null): Promise<Api> {
  const { startApi } = await import('./api/start.ts');
  const database = {
    name: 'database',
    check: async () => app.database.ping().then(() => app.database.kind),
  };
  const parts = {
    ...app,
    version,
    checkUrl: (url: string) => app.policy.checkUrl(url),
    healthChecks:
      worker === null ? [database] : [database, { name: 'browsers', check: worker.checkBrowsers }],
    isUnavailable: isConnectionLost,
  };
  return startApi(parts, { host: config.LAPWING_HOST, port: config.LAPWING_PORT });
}

async function startWorkerRole(
  app: App,
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<WorkerRole> {
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
    targets: targetSettings(config),
    mail: mailSettings(config),
    sheets: sheetsSettings(config),
    record: config.LAPWING_RECORDING,
    warmPython: config.LAPWING_WARM_PYTHON,
    codeMemoryBytes: config.LAPWING_CODE_MEMORY_MB * 2 ** 20,
    drainMs: config.LAPWING_DRAIN_SECONDS * 1000,
    environment,
  });
}

function mailSettings(config: Config): WorkerSettings['mail'] {
  return {
    smtpUrl: config.LAPWING_SMTP_URL ?? null,
    from: config.LAPWING_MAIL_FROM ?? null,
    imapUrl: config.LAPWING_IMAP_URL ?? null,
  };
}

function sheetsSettings(config: Config): WorkerSettings['sheets'] {
  return {
    baseUrl: config.LAPWING_GOOGLE_API_URL,
    accessToken: config.LAPWING_GOOGLE_ACCESS_TOKEN ?? null,
    serviceAccount: config.LAPWING_GOOGLE_SERVICE_ACCOUNT ?? null,
  };
}

function targetSettings(config: Config): TargetSettings {
  const { LAPWING_GOOGLE_ACCESS_TOKEN: token } = config;
  return {
    s3Endpoint: config.LAPWING_S3_ENDPOINT ?? null,
    platformBucket: platformBucket(config),
    azureBlobEndpoint: config.LAPWING_AZURE_BLOB_URL,
    googleApiUrl: config.LAPWING_GOOGLE_DRIVE_URL,
    googleAccessToken: token === undefined ? null : async () => token,
  };
}

function platformBucket(config: Config): TargetSettings['platformBucket'] {
  const { LAPWING_S3_BUCKET: place = '' } = config;
  const { LAPWING_S3_ACCESS_KEY_ID: accessKeyId, LAPWING_S3_SECRET_ACCESS_KEY: secret } = config;
  const [bucket, ...folder] = place.split('/');
  if (!bucket || accessKeyId === undefined || secret === undefined) return null;
  return {
    bucket,
    folder: folder.join('/'),
    accessKeyId,
    secretAccessKey: secret,
    region: config.LAPWING_S3_REGION ?? null,
  };
}

/**
 * Starts the roles; each loads only what it needs, and what has started is closed again when a later one cannot.
 * @param environment What browsers are started in.
 */
export async function startServer(
  role: Role,
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RunningServer> {
  const started = new AsyncDisposableStack();
  try {
    const app = await createApp(config, seedPath);
    started.defer(() => app.close());
    // The embedded database is this process's alone: whatever is claimed was claimed by a process that died.
    if (app.database.kind === 'pglite') await app.queue.releaseOrphans();
    const worker = role === 'api' ? null : await startWorkerRole(app, config, environment);
    const api = role === 'worker' ? null : await startApiRole(app, config, worker);
    if (api !== null) {
      started.defer(() => api.close());
      app.setPublicUrl(api.url);
    }
    // Last in, first out: the worker drains while the API still answers.
    if (worker !== null) started.defer(() => worker.close());
    // A key that is made can be shown only once: not before everything else has started.
    const firstKey = await app.organizations.ensureFirst(undefined);
    return {
      url: api?.url ?? null,
      firstKey,
      app,
      worker,
      close: () => started.disposeAsync(),
    };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

/**
 * The organizations in the database that the settings name, without a server.
 * @throws SettingsError, LapwingError `unavailable` when a server has the embedded database open.
 */
export async function openOrganizations(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly organizations: OrganizationsService; close(): Promise<void> }> {
  const app = await createApp(readConfig(environment), seedPath);
  return { organizations: app.organizations, close: () => app.close() };
}
