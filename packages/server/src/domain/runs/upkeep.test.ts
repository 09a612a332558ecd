import { describe, expect, it } from 'vitest';
import { remedyFor } from './upkeep.ts';

const now = new Date('2026-11-25T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const running = { status: 'running', startedAt: minutesAgo(5), maxElapsedMinutes: 10 } as const;
const overdue = { ...running, startedAt: minutesAgo(12) };

describe('a run with a place', () => {
  it.each(['waiting', 'active'] as const)('is let alone while its job is %s', (job) => {
    expect(remedyFor({ ...running, job }, now)).toBeNull();
    const queued = { ...running, status: 'queued', startedAt: null };
    expect(remedyFor({ ...queued, job }, now)).toBeNull();
  });

  it('gets a job again when it has none', () => {
    expect(remedyFor({ ...running, job: null }, now)).toBe('enqueue');
    expect(remedyFor({ ...running, status: 'paused', job: null }, now)).toBe('enqueue');
  });

  it('fails when its job was given up', () => {
    expect(remedyFor({ ...running, job: 'dead' }, now)).toBe('fail');
  });

  it('times out when its time is over and no worker has it', () => {
    for (const job of ['waiting', 'dead', null] as const)
      expect(remedyFor({ ...overdue, job }, now)).toBe('time_out');
  });

  it('is left to a living worker that ends it, but not for ever', () => {
    expect(remedyFor({ ...overdue, job: 'active' }, now)).toBeNull();
    const late = { ...running, startedAt: minutesAgo(21) };
    expect(remedyFor({ ...late, job: 'active' }, now)).toBe('time_out');
  });

  it('is wound up when it was canceled and its worker is gone', () => {
    const canceled = { ...running, status: 'canceled' };
    expect(remedyFor({ ...canceled, job: null }, now)).toBe('wind_up');
    expect(remedyFor({ ...canceled, job: 'active' }, now)).toBeNull();
    expect(remedyFor({ ...canceled, job: 'waiting' }, now)).toBeNull();
  });
});
