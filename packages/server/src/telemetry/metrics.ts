import { createHash, timingSafeEqual } from 'node:crypto';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { LapwingError } from '../errors.ts';

/** How often things have happened, by the value of a label. */
type Counts = ReadonlyMap<string, number>;

/** Jobs of one kind, by what they wait for. */
export interface QueueNumbers {
  readonly kind: string;
  readonly ready: number;
  readonly delayed: number;
  readonly active: number;
  readonly dead: number;
}

/** What is the same whichever process is asked. */
export interface DatabaseNumbers {
  readonly queue: readonly QueueNumbers[];
  /** Runs that have not ended, by status. */
  readonly openRuns: Counts;
  readonly schedules: ScheduleNumbers;
}

export interface ScheduleNumbers {
  readonly enabled: number;
  /** Enabled, and not fired although a minute too late. */
  readonly late: number;
  /** Enabled, without a next instant. */
  readonly stranded: number;
  readonly longestLateSeconds: number;
}

export interface BrowserNumbers {
  readonly open: number;
  readonly ready: number;
  /** Runs that wait for one. */
  readonly waiting: number;
}

/** Where numbers are read from when somebody asks. */
export interface MetricSources {
  /** Rejects soon when the database is not reached. */
  readonly database: () => Promise<DatabaseNumbers>;
  readonly runsEnded: () => Counts;
  readonly webhookAttempts: () => Counts;
  readonly scheduleFires: () => Counts;
}

const queueStates = ['ready', 'delayed', 'active', 'dead'] as const;
const scheduleStates = ['enabled', 'late', 'stranded'] as const;
const browserStates = ['open', 'ready', 'waiting'] as const;
/** Seconds: from a step of code to a workflow that takes an hour. */
const durations = [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600];
const waits = [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 1800, 3600];

/**
 * What this process counts and measures, in the text format of Prometheus: every metric there is, in one table. Labels
 * are names of ours (kinds, states, block types), never data of an organization.
 */
export class Metrics {
  readonly #sources: MetricSources;
  readonly #token: string | null;
  readonly #registry = new Registry();
  readonly #tables = tablesOf(this.#registry);
  #browsers: () => BrowserNumbers | null = () => null;
  #text: Promise<string> | null = null;

  /** @param token What a reader has to show; null: anybody may read who reaches the address. */
  constructor(sources: MetricSources, token: string | null) {
    this.#sources = sources;
    this.#token = token;
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A run was taken up for the first time, so long after it was created. */
  runStarted(waitedSeconds: number): void {
    this.#tables.runWait.observe(waitedSeconds);
  }

  blockEnded(block: { readonly type: string; readonly status: string }, seconds: number): void {
    this.#tables.blockDuration.observe({ ...block }, seconds);
  }

  /** Says where the numbers of this worker's browsers are read from. */
  watchBrowsers(read: () => BrowserNumbers): void {
    this.#browsers = read;
  }

  /**
   * Everything as it is now. Whoever asks while another answer is being made gets the same one.
   * @param authorization That header of the request.
   * @throws LapwingError `invalid_credentials`
   */
  async read(authorization: string | undefined): Promise<string> {
    if (this.#token !== null && !isSame(authorization ?? '', `Bearer ${this.#token}`)) {
      throw new LapwingError(
        'invalid_credentials',
        'Metrics are read with the header authorization: Bearer and the LAPWING_METRICS_TOKEN',
      );
    }
    this.#text ??= this.#write().finally(() => {
      this.#text = null;
    });
    return this.#text;
  }

  async #write(): Promise<string> {
    const { runsEnded, webhookAttempts, scheduleFires } = this.#tables;
    setCounts(runsEnded, 'status', this.#sources.runsEnded());
    setCounts(webhookAttempts, 'outcome', this.#sources.webhookAttempts());
    setCounts(scheduleFires, 'outcome', this.#sources.scheduleFires());
    const browsers = this.#browsers();
    if (browsers !== null)
      for (const state of browserStates) this.#tables.browsers.set({ state }, browsers[state]);
    await this.#readDatabase();
    return this.#registry.metrics();
  }

  async #readDatabase(): Promise<void> {
    const { databaseUp, queueJobs, openRuns, schedules, scheduleLateness } = this.#tables;
    const numbers = await this.#sources.database().catch(() => null);
    databaseUp.set(numbers === null ? 0 : 1);
    for (const gauge of [queueJobs, openRuns, schedules]) gauge.reset();
    scheduleLateness.remove();
    if (numbers === null) return;
    for (const jobs of numbers.queue)
      for (const state of queueStates) queueJobs.set({ kind: jobs.kind, state }, jobs[state]);
    for (const [status, count] of numbers.openRuns) openRuns.set({ status }, count);
    for (const state of scheduleStates) schedules.set({ state }, numbers.schedules[state]);
    scheduleLateness.set(numbers.schedules.longestLateSeconds);
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest();
const isSame = (one: string, other: string) => timingSafeEqual(digest(one), digest(other));

function setCounts<Label extends string>(
  counter: Counter<Label>,
  label: NoInfer<Label>,
  counts: Counts,
): void {
  counter.reset();
  for (const [key, count] of counts) counter.labels({ [label]: key } as never).inc(count);
}

function tablesOf(registry: Registry) {
  const registers = [registry];
  return {
    databaseUp: new Gauge({
      name: 'lapwing_database_up',
      help: 'Whether the database answered; without it the numbers that are read from it are left out',
      registers,
    }),
    queueJobs: new Gauge({
      name: 'lapwing_queue_jobs',
      help: 'Jobs in the queue by kind and state, over all processes',
      labelNames: ['kind', 'state'],
      registers,
    }),
    openRuns: new Gauge({
      name: 'lapwing_runs_open',
      help: 'Runs that have not ended, by status, over all processes',
      labelNames: ['status'],
      registers,
    }),
    schedules: new Gauge({
      name: 'lapwing_schedules',
      help: 'Schedules over all processes: enabled, of them late by more than a minute, without a next instant',
      labelNames: ['state'],
      registers,
    }),
    scheduleLateness: new Gauge({
      name: 'lapwing_schedule_lateness_seconds',
      help: 'How late the latest of the late schedules is; 0 when none is',
      registers,
    }),
    runsEnded: new Counter({
      name: 'lapwing_runs_ended_total',
      help: 'Runs that this process has ended, by status',
      labelNames: ['status'],
      registers,
    }),
    runWait: new Histogram({
      name: 'lapwing_run_wait_seconds',
      help: 'Time from the creation of a run to its start by this worker',
      buckets: waits,
      registers,
    }),
    blockDuration: new Histogram({
      name: 'lapwing_block_duration_seconds',
      help: 'Time that blocks took in this worker, by type and status',
      labelNames: ['type', 'status'],
      buckets: durations,
      registers,
    }),
    browsers: new Gauge({
      name: 'lapwing_browsers',
      help: 'Browsers of this worker: open, of them ready for the next run, and runs waiting for one',
      labelNames: ['state'],
      registers,
    }),
    webhookAttempts: new Counter({
      name: 'lapwing_webhook_attempts_total',
      help: 'Attempts of this worker at webhooks, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    scheduleFires: new Counter({
      name: 'lapwing_schedule_fires_total',
      help: 'Due instants of schedules that this process has settled, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
  };
}
