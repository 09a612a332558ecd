import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { openDatabase } from './db/open.ts';
import { ArtifactsService } from './domain/artifacts/service.ts';
import { FoldersService } from './domain/folders/service.ts';
import { OrganizationsService } from './domain/organizations/service.ts';
import { AnswerAddresses } from './domain/runs/answer-addresses.ts';
import { RunFeed } from './domain/runs/feed.ts';
import { RunsService, runJob } from './domain/runs/service.ts';
import { TagsService } from './domain/tags/service.ts';
import { UploadsService } from './domain/uploads/service.ts';
import { WebhooksService, webhookJob } from './domain/webhooks/service.ts';
import { WorkflowsService } from './domain/workflows/service.ts';
import { HttpClient } from './egress/http-client.ts';
import { EgressPolicy } from './egress/policy.ts';
import { createLog, type Log } from './lib/log.ts';
import { loadOrCreateKey, Seal } from './lib/seal.ts';
import type { JobKind } from './queue/job.ts';
import { JobQueue } from './queue/queue.ts';
import { DiskStorage } from './storage/disk-storage.ts';

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
  readonly artifacts: ArtifactsService;
  readonly webhooks: WebhooksService;
  readonly uploads: UploadsService;
  /** Says where clients reach the server, once that is known. */
  setPublicUrl(url: string): void;
  close(): Promise<void>;
}

/** Every kind of job there is. */
const jobKinds: readonly JobKind[] = [
  // Claimed again when its worker is lost; a run that fails is not retried, its status says so.
  {
    name: runJob,
    retryLimit: 1000,
    retryDelaySeconds: 1,
    retryBackoff: false,
    heartbeatSeconds: 15,
    expireSeconds: 9 * 3600,
  },
  {
    name: webhookJob,
    retryLimit: 20,
    retryDelaySeconds: 5,
    retryBackoff: true,
    heartbeatSeconds: 120,
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
  const database = await openDatabase({
    url: config.DATABASE_URL,
    directory: join(directory, 'database'),
    seedPath,
    log,
  });
  const queue = await JobQueue.start(database, jobKinds, log);
  const feed = await RunFeed.open(database);
  return { seal, database, queue, feed, storage: new DiskStorage(join(directory, 'files')) };
}

/** Opens the database, the queue and the services. Nothing listens and nothing is claimed yet. */
export async function createApp(config: Config, seedPath: string): Promise<App> {
  const log = createLog({ level: config.LAPWING_LOG_LEVEL });
  const { seal, database, queue, feed, storage } = await openData(config, seedPath, log);
  const policy = new EgressPolicy({ allowHosts: config.LAPWING_ALLOW_HOSTS });
  const http = new HttpClient({ policy });
  let publicUrl =
    config.LAPWING_PUBLIC_URL ?? `http://${config.LAPWING_HOST}:${config.LAPWING_PORT}`;
  const baseUrl = () => publicUrl.replace(/\/$/, '');
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
  });
  const workflows = new WorkflowsService(database, seal, checkUrl);
  const folders = new FoldersService(database, workflows);
  const tags = new TagsService(database);
  const runs = new RunsService({
    database,
    queue,
    feed,
    seal,
    workflows,
    tags,
    artifacts,
    webhooks,
    checkUrl,
    answers: new AnswerAddresses(seal.derive('answers'), baseUrl),
  });
  if (config.LAPWING_API_KEY !== undefined) await organizations.ensureFirst(config.LAPWING_API_KEY);
  return {
    config,
    log,
    database,
    queue,
    policy,
    http,
    organizations,
    workflows,
    folders,
    tags,
    runs,
    artifacts,
    webhooks,
    uploads: new UploadsService(database, artifacts),
    setPublicUrl: (url) => {
      publicUrl = config.LAPWING_PUBLIC_URL ?? url;
    },
    close: async () => {
      await feed.close();
      await queue.close();
      await http.close();
      await database.close();
    },
  };
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
