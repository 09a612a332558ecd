import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, storageBucket } from './config.ts';
import type { Database } from './db/database.ts';
import { openDatabase } from './db/open.ts';
import { AdmissionService } from './domain/admission/service.ts';
import { ArtifactsService } from './domain/artifacts/service.ts';
import { FoldersService } from './domain/folders/service.ts';
import { OrganizationsService } from './domain/organizations/service.ts';
import { AnswerAddresses } from './domain/runs/answer-addresses.ts';
import { RunFeed } from './domain/runs/feed.ts';
import { RunsService, runJob } from './domain/runs/service.ts';
import { SchedulesService } from './domain/schedules/service.ts';
import { TagsService } from './domain/tags/service.ts';
import { UploadsService } from './domain/uploads/service.ts';
import { attemptTally, WebhooksService, webhookJob } from './domain/webhooks/service.ts';
import { WorkflowsService } from './domain/workflows/service.ts';
import { HttpClient } from './egress/http-client.ts';
import { EgressPolicy } from './egress/policy.ts';
import { createLog, type Log } from './lib/log.ts';
import { loadOrCreateKey, Seal } from './lib/seal.ts';
import type { JobKind } from './queue/job.ts';
import { JobQueue } from './queue/queue.ts';
import { openStorage } from './storage/open-storage.ts';
import type { Storage } from './storage/storage.ts';
import { Metrics } from './telemetry/metrics.ts';
import { tracedHttp } from './telemetry/traced-http.ts';
import { SpanScope } from './telemetry/tracer.ts';

type Services = ReturnType<typeof buildServices>;

/** What the roles share. */
export interface App {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly queue: JobQueue;
  readonly policy: EgressPolicy;
  readonly http: HttpClient;
  readonly organizations: OrganizationsService;
  readonly workflows: WorkflowsService;
  readonly folders: FoldersService;
  readonly tags: TagsService;
  readonly runs: RunsService;
  readonly schedules: SchedulesService;
  readonly artifacts: ArtifactsService;
  readonly webhooks: WebhooksService;
  readonly uploads: UploadsService;
  readonly metrics: Metrics;
  /** In which span work is: its requests show there. */
  readonly scope: SpanScope;
  /**
   * The services for work that cannot be told to come back later: they wait for a database and a storage that are out of
   * reach, as {@link Database.patient} and {@link Storage.patient} say, until the signal fires.
   */
  patient(signal: AbortSignal): Services;
  /** Says where clients reach the server, once that is known. */
  setPublicUrl(url: string): void;
  close(): Promise<void>;
}

/** Every kind of job there is. */
const jobKinds = (leaseSeconds: number): readonly JobKind[] => [
  // Claimed again when its worker is lost; a run that fails is not retried, its status says so.
  {
    name: runJob,
    retryLimit: 1000,
    retryDelaySeconds: 1,
    retryBackoff: false,
    leaseSeconds,
    patienceSeconds: 300,
    expireSeconds: 9 * 3600,
  },
  {
    name: webhookJob,
    retryLimit: 20,
    retryDelaySeconds: 5,
    retryBackoff: true,
    leaseSeconds,
    expireSeconds: 300,
  },
];

async function loadKey(config: Config): Promise<Seal> {
  const preset = config.LAPWING_SECRET_KEY;
  if (preset !== undefined) return new Seal(Buffer.from(preset, 'hex'));
  return new Seal(await loadOrCreateKey(join(config.LAPWING_DATA_DIR, 'secret.key')));
}

/** Opens what keeps the data of the server. */
async function openData(config: Config, seedPath: string, log: Log) {
  const directory = config.LAPWING_DATA_DIR;
  await mkdir(directory, { recursive: true });
  const seal = await loadKey(config);
  const storage: Storage = await openStorage(
    { directory: join(directory, 'files'), bucket: storageBucket(config) },
    log,
  );
  const database = await openDatabase({
    url: config.DATABASE_URL,
    directory: join(directory, 'database'),
    seedPath,
    log,
  });
  const queue = await JobQueue.start(database, jobKinds(config.LAPWING_LEASE_SECONDS), log);
  const feed = await RunFeed.open(database);
  return { seal, database, queue, feed, storage, attempts: attemptTally() };
}

/** What the server knows and does, over what keeps its data. */
function buildServices(
  config: Config,
  data: Awaited<ReturnType<typeof openData>>,
  net: { readonly policy: EgressPolicy; readonly http: HttpClient; readonly baseUrl: () => string },
) {
  const { seal, database, queue, feed, storage, attempts } = data;
  const { policy, http, baseUrl } = net;
  const checkUrl = (url: string) => policy.checkUrl(url);
  const organizations = new OrganizationsService(database, seal);
  const artifacts = new ArtifactsService({
    database,
    storage,
    signingKey: seal.derive('artifact-urls'),
    publicUrl: baseUrl,
  });
  const webhooks = new WebhooksService({
    database,
    queue,
    organizations,
    send: webhookSender(http),
    attempts,
  });
  const workflows = new WorkflowsService({
    database,
    seal,
    checkUrl,
    templates: config.LAPWING_TEMPLATES,
  });
  const folders = new FoldersService(database, workflows);
  const tags = new TagsService(database);
  const admission = new AdmissionService({
    database,
    queue,
    limit: config.LAPWING_MAX_RUNS_PER_ORGANIZATION ?? null,
  });
  const runs = new RunsService({
    database,
    admission,
    feed,
    seal,
    workflows,
    tags,
    artifacts,
    webhooks,
    checkUrl,
    answers: new AnswerAddresses(seal.derive('answers'), baseUrl),
  });
  const schedules = new SchedulesService({
    ...{ database, runs, workflows, webhooks, checkUrl },
    minMinutes: config.LAPWING_SCHEDULE_MIN_MINUTES,
    now: () => new Date(),
  });
  return {
    ...{ organizations, workflows, folders, tags, runs, schedules, artifacts, webhooks },
    uploads: new UploadsService(database, artifacts),
  };
}

/** Opens the database, the queue and the services. Nothing listens and nothing is claimed yet. */
export async function createApp(config: Config, seedPath: string): Promise<App> {
  const log = createLog({ level: config.LAPWING_LOG_LEVEL });
  const data = await openData(config, seedPath, log);
  const { database, queue, feed } = data;
  const policy = new EgressPolicy({ allowHosts: config.LAPWING_ALLOW_HOSTS });
  const scope = new SpanScope();
  const http = new HttpClient({ policy, observe: tracedHttp(scope) });
  let publicUrl =
    config.LAPWING_PUBLIC_URL ?? `http://${config.LAPWING_HOST}:${config.LAPWING_PORT}`;
  const baseUrl = () => publicUrl.replace(/\/$/, '');
  const net = { policy, http, baseUrl };
  const services = buildServices(config, data, net);
  const close = async () => {
    await feed.close();
    await queue.close();
    await http.close();
    await database.close();
  };
  if (config.LAPWING_API_KEY !== undefined) {
    await services.organizations.ensureFirst(config.LAPWING_API_KEY).catch(async (error) => {
      await close();
      throw error;
    });
  }
  return {
    config,
    log,
    database,
    queue,
    policy,
    http,
    ...services,
    metrics: metricsOf(config, { database, queue, ...services }),
    scope,
    patient: (signal) =>
      buildServices(
        config,
        { ...data, database: database.patient(signal), storage: data.storage.patient(signal) },
        net,
      ),
    setPublicUrl: (url) => {
      publicUrl = config.LAPWING_PUBLIC_URL ?? url;
    },
    close,
  };
}

function metricsOf(
  config: Config,
  parts: Pick<App, 'database' | 'queue' | 'runs' | 'webhooks' | 'schedules'>,
): Metrics {
  const { database, queue, runs, webhooks, schedules } = parts;
  const sources = {
    database: async () => {
      await database.ping();
      return {
        queue: await queue.stats(),
        openRuns: await runs.openCounts(),
        schedules: await schedules.health(),
      };
    },
    runsEnded: () => runs.endings,
    webhookAttempts: () => webhooks.attempts,
    scheduleFires: () => schedules.outcomes,
  };
  return new Metrics(sources, config.LAPWING_METRICS_TOKEN ?? null);
}

/** Receivers are sent nothing but the POST itself: a redirect is an answer like any other. */
function webhookSender(http: HttpClient): ConstructorParameters<typeof WebhooksService>[0]['send'] {
  return (post, signal) =>
    http.request(
      {
        method: 'POST',
        url: post.url,
        headers: post.headers,
        body: { kind: 'text', text: post.body },
        timeoutSeconds: post.timeoutSeconds,
        followRedirects: false,
        maxBytes: 1024 * 1024,
      },
      signal,
    );
}
