import { describe, expect, it } from 'vitest';
import { type ClockRules, planClock, planOverlap, type Standing } from './plan.ts';

const at = (time: string) => new Date(`2026-06-01T${time}:00Z`);
const free: Standing = { openRuns: [], isWaiting: false };
const busy: Standing = { openRuns: ['wr_1'], isWaiting: false };
const rules: ClockRules = {
  overlapPolicy: 'allow',
  catchUp: 'latest',
  catchUpWindowMinutes: 1440,
  runsLeft: null,
};

/** `09:00 clock started` for each decision. */
const said = (plan: ReturnType<typeof planClock>) =>
  plan.decisions.map(
    ({ dueAt, cause, state }) => `${dueAt.toISOString().slice(11, 16)} ${cause} ${state}`,
  );

const clock = (
  times: readonly string[],
  now: string,
  more: Partial<ClockRules & Standing & { isComplete: boolean; jitterMs: number }> = {},
) => {
  const { jitterMs = 0 } = more;
  const standing = { openRuns: more.openRuns ?? [], isWaiting: more.isWaiting ?? false };
  return planClock(
    times.map((time) => ({
      dueAt: at(time),
      lookAt: new Date(at(time).getTime() + jitterMs),
    })),
    more.isComplete ?? true,
    { ...rules, ...more },
    { now: at(now), standing },
  );
};

describe('instants that come in time', () => {
  it('start a run, whatever is to be made up for', () => {
    for (const catchUp of ['none', 'latest', 'all'] as const)
      expect(said(clock(['09:00'], '09:01', { catchUp }))).toEqual(['09:00 clock started']);
  });

  it('are in time for five minutes', () => {
    expect(said(clock(['09:00'], '09:05', { catchUp: 'none' }))).toEqual(['09:00 clock started']);
    expect(said(clock(['09:00'], '09:06', { catchUp: 'none' }))).toEqual(['09:00 clock missed']);
  });
});

describe('instants whose runs start late by chance', () => {
  const late = { catchUp: 'none', jitterMs: 50 * 60_000 } as const;

  it('are in time for five minutes behind that', () => {
    expect(said(clock(['09:00'], '09:55', late))).toEqual(['09:00 clock started']);
    expect(said(clock(['09:00'], '09:56', late))).toEqual(['09:00 clock missed']);
  });

  it('are in time before that too: when the schedule is changed', () => {
    expect(said(clock(['09:00'], '09:01', late))).toEqual(['09:00 clock started']);
  });
});

describe('instants that nobody was there for', () => {
  const missed = ['09:00', '10:00', '11:00'];

  it('none of them is made up for', () => {
    expect(said(clock(missed, '11:30', { catchUp: 'none' }))).toEqual([
      '09:00 clock missed',
      '10:00 clock missed',
      '11:00 clock missed',
    ]);
  });

  it('the latest is made up for, the others have a line that says why not', () => {
    const plan = clock(missed, '11:30');
    expect(said(plan)).toEqual([
      '09:00 clock missed',
      '10:00 clock missed',
      '11:00 catch_up started',
    ]);
    expect(plan.decisions[0]).toMatchObject({ reason: expect.stringContaining('latest') });
  });

  it('where one comes in time, that is the latest', () => {
    expect(said(clock(missed, '11:02'))).toEqual([
      '09:00 clock missed',
      '10:00 clock missed',
      '11:00 clock started',
    ]);
  });

  it('all of them are made up for, as far back as the window goes', () => {
    expect(said(clock(missed, '11:30', { catchUp: 'all', catchUpWindowMinutes: 100 }))).toEqual([
      '09:00 clock missed',
      '10:00 catch_up started',
      '11:00 catch_up started',
    ]);
  });

  it('the latest of a part is not the latest', () => {
    expect(said(clock(missed, '23:30', { isComplete: false })).join()).not.toContain('started');
  });

  it('at most twenty runs start in one transaction, and the rest of the instants stays due', () => {
    const many = Array.from(
      { length: 48 },
      (_, index) =>
        `${String(Math.floor(index / 4)).padStart(2, '0')}:${['00', '15', '30', '45'][index % 4]}`,
    );
    expect(clock(many, '13:00', { catchUp: 'all' }).decisions).toHaveLength(20);
  });

  it('no more start than are left', () => {
    expect(said(clock(missed, '11:30', { catchUp: 'all', runsLeft: 1 }))).toEqual([
      '09:00 catch_up started',
    ]);
  });
});

describe('an open run', () => {
  it.each([
    ['allow', ['09:00 clock started'], []],
    ['skip', ['09:00 clock skipped'], []],
    ['queue_one', ['09:00 clock queued'], []],
    ['cancel_previous', ['09:00 clock started'], ['wr_1']],
    ['terminate_previous', ['09:00 clock started'], ['wr_1']],
  ] as const)('%s', (overlapPolicy, decisions, replaced) => {
    const plan = clock(['09:00'], '09:00', { overlapPolicy, ...busy });
    expect(said(plan)).toEqual(decisions);
    expect(plan.replaced).toEqual(replaced);
  });

  it('a second one does not wait: one does already', () => {
    const plan = clock(['09:00'], '09:00', {
      overlapPolicy: 'queue_one',
      ...busy,
      isWaiting: true,
    });
    expect(said(plan)).toEqual(['09:00 clock skipped']);
    expect(plan.decisions[0]).toMatchObject({ reason: expect.stringContaining('wr_1') });
  });

  it('is nothing to instants that were missed', () => {
    const plan = clock(['09:00'], '19:00', {
      overlapPolicy: 'cancel_previous',
      catchUp: 'none',
      ...busy,
    });
    expect(plan.replaced).toEqual([]);
  });
});

describe('several instants at once', () => {
  const instants = ['09:00', '10:00', '11:00'].map((time) => ({
    dueAt: at(time),
    cause: 'backfill' as const,
  }));
  const states = (policy: ClockRules['overlapPolicy']) =>
    planOverlap(instants, policy, free).decisions.map(({ state }) => state);

  it.each([
    ['allow', ['started', 'started', 'started']],
    ['skip', ['started', 'skipped', 'skipped']],
    ['queue_one', ['started', 'queued', 'skipped']],
    // Two would end before they have begun.
    ['cancel_previous', ['skipped', 'skipped', 'started']],
    ['terminate_previous', ['skipped', 'skipped', 'started']],
  ] as const)('%s: %j', (policy, expected) => {
    expect(states(policy)).toEqual(expected);
  });
});
