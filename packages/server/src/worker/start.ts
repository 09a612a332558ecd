import { join } from 'node:path';
import { RunStopped } from '@lapwing/workflow';
import { BrowserUnavailable } from '../browser/failures.ts';
import { BrowserLauncher } from '../browser/launcher.ts';
import { BrowserPool } from '../browser/pool.ts';
import type { BrowserSettings } from '../browser/settings.ts';
import type { ArtifactsService } from '../domain/artifacts/service.ts';
import { type RunsService, runJob } from '../domain/runs/service.ts';
import type { SchedulesService } from '../domain/schedules/service.ts';
import type { UploadsService } from '../domain/uploads/service.ts';
import { type WebhooksService, webhookJob } from '../domain/webhooks/service.ts';
import type { HttpClient } from '../egress/http-client.ts';
import type { EgressPolicy } from '../egress/policy.ts';
import type { MailSettings } from '../host/mail.ts';
import type { HostTools } from '../host/run-host.ts';
import { openSheets, type SheetsAccess, type SheetsSettings } from '../host/sheets.ts';
import type { Log } from '../lib/log.ts';
import type { JobQueue } from '../queue/queue.ts';
import { Sandbox } from '../sandbox/sandbox.ts';
import type { TargetSettings } from '../targets/settings.ts';
import { runHandler } from './handlers/run.ts';
import { webhookHandler } from './handlers/webhook.ts';
import type { Telemetry } from './observe-run.ts';
import { startReaper } from './reaper.ts';
import { startScheduler } from './scheduler.ts';
import { startSweep } from './sweep.ts';

export interface WorkerParts {
  readonly log: Log;
  readonly queue: JobQueue;
  readonly runs: RunsService;
  readonly schedules: SchedulesService;
  readonly artifacts: ArtifactsService;
  readonly webhooks: WebhooksService;
  /** For chores, which come again anyway: these do not wait for a database that is away. */
  readonly chores: { readonly runs: RunsService; readonly uploads: UploadsService };
  readonly policy: EgressPolicy;
  readonly http: HttpClient;
  readonly telemetry: Telemetry;
}

export interface WorkerSettings {
  /** Absolute folder for what the worker makes while runs go on. */
  readonly directory: string;
  /** Runs at a time. */
  readonly slots: number;
  readonly maxBrowsers: number;
  readonly warmBrowsers: number;
  readonly browser: Omit<BrowserSettings, 'directory'>;
  readonly targets: TargetSettings;
  readonly mail: MailSettings;
  readonly sheets: SheetsSettings;
  readonly record: boolean;
  readonly warmPython: boolean;
  readonly codeBlocks: boolean;
  readonly codeMemoryBytes: number;
  readonly drainMs: number;
  /** The environment that browsers are started in. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A worker that claims jobs. */
export interface WorkerRole {
  /** How many browsers are open. Rejects, saying what to install, when none can be started here. */
  checkBrowsers(): Promise<string>;
  /** Claims nothing more, gives running blocks their time, gives the rest back, and leaves no process behind. */
  close(): Promise<void>;
}

const webhookSlots = 32;

function buildTools(
  parts: WorkerParts,
  settings: WorkerSettings,
  means: {
    readonly launcher: BrowserLauncher;
    readonly browserSettings: BrowserSettings;
    readonly sheets: SheetsAccess;
  },
): HostTools {
  const { launcher, browserSettings, sheets } = means;
  const pool = new BrowserPool({
    max: settings.maxBrowsers,
    warm: Math.min(settings.warmBrowsers, settings.maxBrowsers),
    launch: (signal) => launcher.launch(signal),
    log: (level, message) => parts.log[level === 'warning' ? 'warn' : level](message),
  });
  return {
    runs: parts.runs,
    artifacts: parts.artifacts,
    webhooks: parts.webhooks,
    http: parts.http,
    policy: parts.policy,
    sandbox: new Sandbox({ maxChildren: settings.slots + 2 }),
    pool,
    adopt: (place, runId) => launcher.adopt(place, runId),
    browserSettings,
    codeBlocks: settings.codeBlocks,
    codeMemoryBytes: settings.codeMemoryBytes,
    targets: settings.targets,
    mail: settings.mail,
    sheets,
    record: settings.record,
    directory: runFolders(settings),
  };
}

const runFolders = (settings: WorkerSettings) => join(settings.directory, 'runs');

/** Ends what an earlier worker left behind, then claims runs and webhooks. */
export async function startWorker(
  parts: WorkerParts,
  settings: WorkerSettings,
): Promise<WorkerRole> {
  const browserSettings = { ...settings.browser, directory: join(settings.directory, 'browsers') };
  const stopReaper = await startReaper({
    browsers: browserSettings.directory,
    runFolders: runFolders(settings),
    runs: parts.chores.runs,
    log: parts.log,
  });
  const launcher = new BrowserLauncher(browserSettings, settings.environment);
  const sheets = await openSheets(settings.sheets, parts.http);
  const tools = buildTools(parts, settings, { launcher, browserSettings, sheets });
  if (settings.warmPython && settings.codeBlocks) {
    tools.sandbox
      .warm('python')
      .catch((error: unknown) => parts.log.warn({ err: error }, 'No Python was made ready'));
  }
  const { pool } = tools;
  const { metrics, scope } = parts.telemetry;
  metrics.watchBrowsers(() => ({ open: pool.alive, ready: pool.ready, waiting: pool.waiting }));
  const draining = new AbortController();
  const handleRun = runHandler({ ...parts, tools, draining: draining.signal });
  const workers = [
    parts.queue.work(runJob, {
      slots: settings.slots,
      handler: (...job) => scope.run(() => handleRun(...job)),
    }),
    parts.queue.work(webhookJob, { slots: webhookSlots, handler: webhookHandler(parts) }),
  ];
  const stopScheduler = startScheduler(parts);
  const stopSweep = startSweep({ ...parts.chores, log: parts.log });
  return {
    checkBrowsers: async () => {
      await launcher.locate();
      const { alive, fault } = pool;
      if (fault !== null)
        throw new BrowserUnavailable(`The last one could not be started: ${fault}`);
      return `${alive} open`;
    },
    close: async () => {
      draining.abort(new RunStopped('interrupted', 'The worker is shutting down'));
      await Promise.all([stopScheduler(), stopSweep(), stopReaper()]);
      await Promise.all(workers.map((worker) => worker.drain(settings.drainMs)));
      await Promise.all([tools.pool.close(), tools.sandbox.close()]);
    },
  };
}
