import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Api } from './api/start.ts';
import { type App, createApp } from './app.ts';
import { type Config, readConfig, SettingsError } from './config.ts';
import { isConnectionLost } from './db/errors.ts';
import type { OrganizationsService } from './domain/organizations/service.ts';
import type { HealthCheck } from './lib/health.ts';
import type { TargetSettings } from './targets/settings.ts';
import { openTracer } from './telemetry/open-tracer.ts';
import type { WorkerRole, WorkerSettings } from './worker/start.ts';

/** `all`: API and worker in one process. */
export type Role = 'all' | 'api' | 'worker';

/** A server that works. */
export interface RunningServer {
  readonly role: Role;
  /** Where the API listens, or a worker answers probes; null for a worker without a port. */
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

async function startApiRole(app: App, worker: WorkerRole | null): Promise<Api> {
  const { startApi } = await import('./api/start.ts');
  const parts = {
    ...app,
    version,
    checkUrl: (url: string) => app.policy.checkUrl(url),
    healthChecks: healthChecks(app, worker),
    isUnavailable: isConnectionLost,
  };
  const { LAPWING_HOST: host, LAPWING_PORT: port } = app.config;
  const api = await startApi(parts, { host, port });
  app.setPublicUrl(api.url);
  return api;
}

/** What must be well for this process to do its part. */
function healthChecks(app: App, worker: WorkerRole | null): readonly HealthCheck[] {
  return [
    { name: 'database', check: async () => app.database.ping().then(() => app.database.kind) },
    { name: 'schedules', isMinor: true, check: () => app.schedules.checkHealth() },
    ...(worker === null ? [] : [{ name: 'browsers', check: worker.checkBrowsers }]),
  ];
}

/** What a process answers HTTP with. */
type Listener = Pick<Api, 'url' | 'close'>;

async function listen(role: Role, app: App, worker: WorkerRole | null): Promise<Listener | null> {
  const { LAPWING_HOST: host, LAPWING_WORKER_PORT: port } = app.config;
  if (role !== 'worker') return startApiRole(app, worker);
  if (port === undefined) return null;
  const { startProbes } = await import('./worker/probes.ts');
  const parts = { metrics: app.metrics, healthChecks: healthChecks(app, worker) };
  return startProbes(parts, { host, port });
}

async function startWorkerRole(
  app: App,
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<WorkerRole> {
  const { startWorker } = await import('./worker/start.ts');
  const patience = new AbortController();
  const { runs, artifacts, webhooks } = app.patient(patience.signal);
  const tracer = await openTracer(environment, { version, log: app.log });
  const telemetry = { metrics: app.metrics, scope: app.scope, tracer, log: app.log };
  const worker = await startWorker(
    { ...app, runs, artifacts, webhooks, telemetry, chores: app },
    {
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
      codeBlocks: config.LAPWING_CODE_BLOCKS,
      codeMemoryBytes: config.LAPWING_CODE_MEMORY_MB * 2 ** 20,
      drainMs: config.LAPWING_DRAIN_SECONDS * 1000,
      environment,
    },
  );
  const close = () => worker.close().finally(() => patience.abort());
  return { ...worker, close: () => close().finally(() => tracer.close()) };
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

/** Roles of their own meet in the database, and the embedded one is a single process's. */
function requireServerDatabase(role: Role, config: Config): void {
  if (role === 'all' || config.DATABASE_URL !== undefined) return;
  throw new SettingsError(
    `The role ${role} works with others in one database: name a PostgreSQL server in DATABASE_URL, or start \`all\`, which needs none.`,
  );
}

/**
 * Starts the roles; each loads only what it needs, and what has started is closed again when a later one cannot.
 * @throws SettingsError
 * @param environment What browsers are started in.
 */
export async function startServer(
  role: Role,
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RunningServer> {
  const started = new AsyncDisposableStack();
  try {
    requireServerDatabase(role, config);
    const app = await createApp(config, seedPath);
    started.defer(() => app.close());
    // The embedded database is this process's alone: whatever is claimed was claimed by a process that died.
    if (app.database.kind === 'pglite') await app.queue.releaseOrphans();
    let listener: Listener | null = null;
    started.defer(async () => listener?.close());
    const worker = role === 'api' ? null : await startWorkerRole(app, config, environment);
    // Last in, first out: the worker drains while the process still answers.
    if (worker !== null) started.defer(() => worker.close());
    listener = await listen(role, app, worker);
    // A key that is made can be shown only once: not before everything else has started.
    const firstKey = await app.organizations.ensureFirst(undefined);
    return {
      role,
      url: listener?.url ?? null,
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
