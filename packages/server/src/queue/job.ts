/** What is kept with a job: plain JSON. */
export type JobData = { readonly [key: string]: unknown };

/** One line of the table of job kinds: how its jobs are retried and how long they may run. */
export interface JobKind {
  /** Letters, digits, `_`, `-`, `.` and `/`. */
  readonly name: string;
  /** Tries after the first one; a worker that dies uses one up as a failure does. */
  readonly retryLimit: number;
  /** Before the next try, unless the handler chose its own delay. */
  readonly retryDelaySeconds: number;
  /** Doubles the delay with each try, half of it at random. */
  readonly retryBackoff: boolean;
  readonly retryDelayMaxSeconds?: number;
  /** A worker that is silent for so long has lost the job. Absent: only `expireSeconds` counts. */
  readonly leaseSeconds?: number;
  /** A worker that cannot reach the database goes on for so long, unless the job was given to another meanwhile. */
  readonly patienceSeconds?: number;
  /** How long one try may take; at most a day. */
  readonly expireSeconds: number;
}

export interface NewJob {
  /** A UUID. Enqueuing an id that is there already, running or dead, does nothing. */
  readonly id?: string;
  readonly data: JobData;
  /** Higher goes first; 0 by default. Within a priority the oldest goes first. */
  readonly priority?: number;
  readonly startAfter?: Date;
}

/** A job that this worker holds. */
export interface ClaimedJob {
  readonly id: string;
  readonly kind: string;
  readonly data: JobData;
  /** Tries before this one; those given back unharmed do not count. */
  readonly attempt: number;
}

/** How a try ended. */
export type JobVerdict =
  | { readonly kind: 'done' }
  /** Another try, after the kind's own delay or `afterSeconds`; without tries left the job is dead. */
  | { readonly kind: 'retry'; readonly afterSeconds?: number; readonly reason: string }
  /** Given back unharmed: it may start again at once and no try is counted. */
  | { readonly kind: 'again' }
  | { readonly kind: 'dead'; readonly reason: string };

/** The place that a job takes up among those that its worker runs at the same time. */
export interface JobSlot {
  /**
   * Waits for something without the slot: other jobs may have it meanwhile. Resolves when one is free again, for which
   * the job goes before those that have not started. Passes a rejection on at once.
   */
  lend<T>(waiting: Promise<T>): Promise<T>;
}

/**
 * Does one job. A handler that throws asks for a retry.
 *
 * @param signal aborted with a {@link JobInterrupted} when the job is no longer this worker's or must be given back.
 */
export type JobHandler = (
  job: ClaimedJob,
  signal: AbortSignal,
  slot: JobSlot,
) => Promise<JobVerdict>;

/** Why a handler was stopped. `lease_lost`: another worker may have the job, what the handler returns is ignored. */
export class JobInterrupted extends Error {
  override readonly name = 'JobInterrupted';
  readonly why: 'lease_lost' | 'draining';

  constructor(why: JobInterrupted['why']) {
    super(
      why === 'lease_lost'
        ? 'The lease of this job was lost: another worker may run it'
        : 'The worker is stopping: the job goes back to the queue',
    );
    this.why = why;
  }
}

/** A job that is given up, kept to be looked at for 30 days. */
export interface DeadJob {
  readonly id: string;
  readonly data: JobData;
  readonly reason: string;
  readonly attempts: number;
  readonly diedAt: Date;
}

/** `waiting`: for a worker or for its time. `dead`: given up. */
export type JobState = 'waiting' | 'active' | 'dead';

export interface QueueDepth {
  readonly kind: string;
  /** May start now. */
  readonly ready: number;
  /** Waiting for its time. */
  readonly delayed: number;
  readonly active: number;
  readonly dead: number;
}
