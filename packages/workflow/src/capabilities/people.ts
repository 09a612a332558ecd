/** Where a person reads of the run and answers it. Whoever has the address of an answer may give it. */
export interface AnswerLinks {
  readonly run: string;
  readonly approve: string;
  readonly reject: string;
}

/** People whom a run waits for. */
export interface PeopleCapability {
  /** Addresses for the message to them. The answers work once, before `until`, while this block waits. */
  links(until: Date): AnswerLinks;
  /** Shows the run as `paused`. */
  pause(): Promise<void>;
  /** Shows the run as `running` again without an answer; does nothing when it is not paused. */
  goOn(): Promise<void>;
  /**
   * Waits until the run is paused no longer: `running` was approved, `canceled` was rejected. Null when nobody answered
   * before `until`: the run is running again then. Needs no slot of the worker meanwhile.
   * Rejects with RunStopped when the run is interrupted or its time is over.
   */
  answer(until: Date): Promise<string | null>;
}
