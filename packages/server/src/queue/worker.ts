import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { withLogFields } from '../lib/log.ts';
import {
  type ClaimedJob,
  type JobHandler,
  JobInterrupted,
  type JobKind,
  type JobVerdict,
} from './job.ts';
import { idsOf } from './job-table.ts';
import { holdLease } from './lease.ts';
import type { HeldJob } from './settle.ts';
import { Slots } from './slots.ts';
import { WakeUp } from './wake-up.ts';

/** What a worker asks of the queue. */
export interface WorkerPort {
  claim(kind: string, count: number): Promise<HeldJob[]>;
  /** False when the claim is no longer ours. */
  renew(job: HeldJob): Promise<boolean>;
  /** Waits for a database that is out of reach, until the signal fires. */
  settle(job: HeldJob, verdict: JobVerdict, signal: AbortSignal): Promise<boolean>;
}

export interface WorkerOptions {
  readonly kind: JobKind;
  /** How many jobs run at a time. */
  readonly slots: number;
  readonly handler: JobHandler;
  readonly log: Logger;
}

/** Looks for jobs whose time has come, for retries, and for what a lost notification should have told. */
const pollMs = 2_000;
/** How long a handler that was told to stop may take before its job is given back without it. */
const abortGraceMs = 5_000;

interface Running {
  readonly job: HeldJob;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Claims the jobs of one kind and runs them: its own loop, woken by a notification or a free slot, with a slow poll. */
export class Worker {
  readonly #port: WorkerPort;
  readonly #options: WorkerOptions;
  readonly #wake = new WakeUp();
  readonly #running = new Map<string, Running>();
  readonly #slots: Slots;
  readonly #loop: Promise<void>;
  #claiming = true;
  readonly #closing = new AbortController();

  constructor(port: WorkerPort, options: WorkerOptions) {
    this.#port = port;
    this.#options = options;
    this.#slots = new Slots(options.slots, () => this.wake());
    this.#loop = this.#claimForever();
  }

  get kind(): string {
    return this.#options.kind.name;
  }

  /** How many jobs are running, those included that wait without a slot. */
  get busy(): number {
    return this.#running.size;
  }

  /** Looks for jobs now. */
  wake(): void {
    this.#wake.signal();
  }

  /** Claims nothing more; resolves when that is certain. What runs goes on. */
  async stopClaiming(): Promise<void> {
    this.#claiming = false;
    this.wake();
    await this.#loop;
  }

  /**
   * Stops claiming and gives running jobs `graceMs` to end. Those that do not are aborted and go back to the queue
   * unharmed, whatever their handler makes of it.
   */
  async drain(graceMs: number): Promise<void> {
    await this.stopClaiming();
    const all = () => Promise.all([...this.#running.values()].map(({ ended }) => ended));
    if (await isOver(all(), graceMs)) return;
    for (const { stop } of this.#running.values()) stop.abort(new JobInterrupted('draining'));
    if (await isOver(all(), abortGraceMs)) return;
    this.#closing.abort();
    for (const { job } of this.#running.values())
      await withLogFields(idsOf(job), () => this.#settle(job, { kind: 'again' }));
  }

  async #claimForever(): Promise<void> {
    while (this.#claiming) {
      const free = this.#slots.free;
      const claimed = free > 0 ? await this.#claim(free) : [];
      for (const job of claimed) this.#start(job);
      const mayBeMore = free > 0 && claimed.length === free;
      if (this.#claiming && !(mayBeMore && this.#slots.free > 0)) {
        await this.#wake.wait(pollMs);
      }
    }
  }

  async #claim(count: number): Promise<HeldJob[]> {
    try {
      return await this.#port.claim(this.kind, count);
    } catch (error) {
      this.#options.log.error({ err: error, kind: this.kind }, 'No jobs could be claimed');
      return [];
    }
  }

  #start(job: HeldJob): void {
    const stop = new AbortController();
    this.#slots.take();
    const ended = withLogFields(idsOf(job), () => this.#run(job, stop)).finally(() => {
      this.#running.delete(keyOf(job));
      this.#slots.release();
    });
    this.#running.set(keyOf(job), { job, stop, ended });
  }

  async #run(job: HeldJob, stop: AbortController): Promise<void> {
    const { kind, log } = this.#options;
    const { leaseSeconds } = job.envelope;
    const release =
      leaseSeconds === null
        ? () => {}
        : holdLease({
            seconds: leaseSeconds,
            patienceSeconds: kind.patienceSeconds,
            renew: () => this.#port.renew(job),
            onLost: () => stop.abort(new JobInterrupted('lease_lost')),
            onError: (error) => log.warn({ err: error }, 'A lease could not be renewed'),
          });
    try {
      const verdict = await this.#handle(job, stop.signal);
      if (!isLost(stop.signal)) await this.#settle(job, verdict);
      if (isLost(stop.signal)) log.warn({ verdict }, 'The lease was lost before the job ended');
    } finally {
      release();
    }
  }

  async #handle(job: HeldJob, signal: AbortSignal): Promise<JobVerdict> {
    const claimed: ClaimedJob = {
      id: job.id,
      kind: job.kind,
      data: job.envelope.payload,
      attempt: job.retryCount - job.envelope.returned,
    };
    try {
      return await this.#options.handler(claimed, signal, this.#slots);
    } catch (error) {
      if (signal.aborted) return { kind: 'again' };
      this.#options.log.error({ err: error }, 'A job failed');
      return { kind: 'retry', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** A verdict that cannot be written now is tried again; in the end the lease runs out and the job is run again. */
  async #settle(job: HeldJob, verdict: JobVerdict): Promise<void> {
    const about = { verdict: verdict.kind };
    try {
      const settled = await this.#port.settle(job, verdict, this.#closing.signal);
      if (!settled) this.#options.log.warn(about, 'The job was no longer held by this worker');
    } catch (error) {
      this.#options.log.error({ err: error, ...about }, 'The end of a job could not be recorded');
    }
  }
}

/** A try, not a job: one that was lost and claimed again may run beside its former self. */
function keyOf(job: HeldJob): string {
  return `${job.id}/${job.retryCount}`;
}

function isLost(signal: AbortSignal): boolean {
  return signal.reason instanceof JobInterrupted && signal.reason.why === 'lease_lost';
}

async function isOver(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false);
  const over = await Promise.race([work.then(() => true), late]);
  timer.abort();
  return over;
}
