import type { CatchUpPolicy, OverlapPolicy } from '@lapwing/protocol';

/** An instant that is taken up after so long was missed. No two instants of a schedule are closer by default. */
const onTimeMs = 5 * 60_000;
/** Runs that one transaction starts. */
const maxStarts = 20;

/** What stands at the moment of a decision. */
export interface Standing {
  /** Open runs of the schedule. */
  readonly openRuns: readonly string[];
  /** Whether a line waits for the end of a run already. */
  readonly isWaiting: boolean;
}

export interface ClockRules {
  readonly overlapPolicy: OverlapPolicy;
  readonly catchUp: CatchUpPolicy;
  readonly catchUpWindowMinutes: number;
  /** How many more runs the clock may start; null: any number. */
  readonly runsLeft: number | null;
}

/** An instant that has come. */
export interface DueInstant {
  readonly dueAt: Date;
  /** When it was to be looked at: itself and its jitter. */
  readonly lookAt: Date;
}

/** What asked for a run. */
export type Cause = 'clock' | 'catch_up' | 'backfill' | 'trigger';

/** What becomes of one instant. */
export type Decision = { readonly dueAt: Date; readonly cause: Cause } & (
  | { readonly state: 'started' | 'queued' }
  | { readonly state: 'skipped' | 'missed'; readonly reason: string }
);

/** What becomes of some instants, in their order. */
export interface Plan {
  readonly decisions: readonly Decision[];
  /** Runs that are to end first: nothing may be written before they have. */
  readonly replaced: readonly string[];
}

/** Where one run gives way to the next, only the last of several is worth a start. */
export const replaces = (policy: OverlapPolicy) =>
  policy === 'cancel_previous' || policy === 'terminate_previous';

/**
 * What becomes of instants that are to have a run, one after the other, by what to do about open runs.
 * @param instants Oldest first.
 */
export function planOverlap(
  instants: readonly { readonly dueAt: Date; readonly cause: Cause }[],
  policy: OverlapPolicy,
  standing: Standing,
): Plan {
  if (replaces(policy)) {
    const decisions = instants.map((instant, index) =>
      index === instants.length - 1
        ? ({ ...instant, state: 'started' } as const)
        : ({ ...instant, state: 'skipped', reason: 'A later instant takes its place' } as const),
    );
    return { decisions, replaced: instants.length === 0 ? [] : standing.openRuns };
  }
  let isOpen = standing.openRuns.length > 0;
  let isWaiting = standing.isWaiting;
  const decide = (instant: { readonly dueAt: Date; readonly cause: Cause }): Decision => {
    if (policy === 'allow' || !isOpen) {
      isOpen = true;
      return { ...instant, state: 'started' };
    }
    const open = standing.openRuns[0] ?? 'the run of the instant before';
    if (policy === 'skip' || isWaiting) {
      const also = isWaiting ? ', and another instant waits for its end' : '';
      return { ...instant, state: 'skipped', reason: `Open then: ${open}${also}` };
    }
    isWaiting = true;
    return { ...instant, state: 'queued' };
  };
  return { decisions: instants.map(decide), replaced: [] };
}

const missed = (dueAt: Date, reason: string): Decision => ({
  dueAt,
  cause: 'clock',
  state: 'missed',
  reason,
});

/** What the policy for missed instants says of one: whether it is to have a run, and as what. */
function verdictOf(
  { dueAt, lookAt }: DueInstant,
  isNewest: boolean,
  rules: ClockRules,
  now: Date,
): { readonly cause: Cause } | { readonly missedBecause: string } {
  if (now.getTime() - lookAt.getTime() <= onTimeMs) return { cause: 'clock' };
  if (rules.catchUp === 'none') return { missedBecause: 'No worker was there; catch_up is none' };
  if (now.getTime() - dueAt.getTime() > rules.catchUpWindowMinutes * 60_000) {
    return {
      missedBecause: `No worker was there for more than catch_up_window_minutes (${rules.catchUpWindowMinutes})`,
    };
  }
  if (rules.catchUp === 'latest' && !isNewest)
    return { missedBecause: 'No worker was there; catch_up is latest, and a later instant is due' };
  return { cause: 'catch_up' };
}

/**
 * What becomes of due instants: as many of them as one transaction should write, from the oldest on.
 * @param instants Oldest first.
 * @param isComplete Whether no later instant is due.
 */
export function planClock(
  instants: readonly DueInstant[],
  isComplete: boolean,
  rules: ClockRules,
  at: { readonly now: Date; readonly standing: Standing },
): Plan {
  const decisions: Decision[] = [];
  const wanted: { readonly dueAt: Date; readonly cause: Cause }[] = [];
  // Where one replaces the next, there is one start.
  const most = replaces(rules.overlapPolicy) ? instants.length : maxStarts;
  const limit = Math.min(most, rules.runsLeft ?? most);
  for (const [index, instant] of instants.entries()) {
    if (wanted.length === limit) break;
    const { dueAt } = instant;
    const verdict = verdictOf(instant, isComplete && index === instants.length - 1, rules, at.now);
    if ('cause' in verdict) wanted.push({ dueAt, ...verdict });
    else decisions.push(missed(dueAt, verdict.missedBecause));
  }
  const plan = planOverlap(wanted, rules.overlapPolicy, at.standing);
  const inOrder = [...decisions, ...plan.decisions].sort(
    (one, other) => one.dueAt.getTime() - other.dueAt.getTime(),
  );
  return { decisions: inOrder, replaced: plan.replaced };
}
