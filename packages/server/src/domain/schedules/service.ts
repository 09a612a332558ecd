import type {
  AllSchedules,
  AllSchedulesQuery,
  Schedule,
  ScheduleBackfill,
  ScheduleBackfilled,
  ScheduleFire,
  ScheduleFires,
  ScheduleFiresQuery,
  SchedulePreview,
  SchedulePreviewRequest,
  ScheduleResponse,
  ScheduleTrigger,
  ScheduleUpsert,
} from '@lapwing/protocol';
import type { Sql } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import { newId } from '../../lib/ids.ts';
import type { RunOrigin } from '../runs/service.ts';
import { checkRhythm, checkSchedule, type ScheduleFields } from './check.ts';
import { ScheduleEnds } from './ends.ts';
import { finishOf, lateMs, ScheduleFiring } from './firing.ts';
import { localText } from './instants.ts';
import { Ledger, type OutcomeCounts } from './ledger.ts';
import * as ledgerStore from './ledger-store.ts';
import { firstInstant, rhythmOf, type ScheduleParts, timesOf } from './parts.ts';
import { missingSchedule, ScheduleRequests } from './requests.ts';
import * as store from './store.ts';
import {
  fireView,
  instantsAfter,
  linesOf,
  listItemView,
  responseView,
  scheduleView,
  zuluTimes,
} from './view.ts';

/** Names one schedule of an organization. */
export type ScheduleName = store.ScheduleName;

/** How schedules are doing, over all organizations. */
export interface ScheduleHealth extends store.ScheduleCounts {
  /** How late the one is that waits longest, in seconds; 0 when none is late. */
  readonly longestLateSeconds: number;
}

/** Health tells of what was put right in this time. */
const repairsShownMs = 60 * 60_000;

/** Schedules: workflows that run by the clock, and the ledger of their instants. */
export class SchedulesService {
  /** What fires them. */
  readonly firing: ScheduleFiring;
  /** What ended runs do to them. */
  readonly ends: ScheduleEnds;
  readonly #requests: ScheduleRequests;
  readonly #ledger: Ledger;
  readonly #parts: ScheduleParts;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
    this.#ledger = new Ledger(parts);
    this.firing = new ScheduleFiring(parts, this.#ledger);
    this.ends = new ScheduleEnds(parts, this.#ledger, this.firing);
    this.#requests = new ScheduleRequests(parts, this.#ledger);
  }

  /** @throws LapwingError `not_found`, `invalid_parameters`, `invalid_url`, `blocked_host`, `not_supported` */
  async create(
    organizationId: string,
    permanentId: string,
    body: ScheduleUpsert,
  ): Promise<ScheduleResponse> {
    const { now, database } = this.#parts;
    const workflow = await this.#parts.workflows.newest(organizationId, permanentId);
    const fields = await checkSchedule(this.#parts, { organizationId, workflow }, body, null);
    const row = {
      ...fields,
      scheduleId: newId('wfs'),
      organizationId,
      workflowPermanentId: permanentId,
      ...{ enabled: body.enabled ?? true, disabledReason: null },
      ...{ lastDueAt: null, runsStarted: 0, consecutiveFailures: 0, revision: 0 },
    };
    const inserted = await database.transaction(async (tx) => {
      if (!(await store.holdWorkflow(tx, organizationId, permanentId)))
        throw new LapwingError('not_found', `Workflow ${permanentId} not found`);
      return store.insertSchedule(tx, { ...row, ...startTimes(row, now()) });
    });
    return responseView(inserted, now());
  }

  /** Newest first. @throws LapwingError `not_found` */
  async list(organizationId: string, permanentId: string): Promise<{ schedules: Schedule[] }> {
    await this.#parts.workflows.newest(organizationId, permanentId);
    const rows = await store.listSchedules(this.#parts.database.sql, organizationId, permanentId);
    return { schedules: rows.map(scheduleView) };
  }

  /** Those of every workflow, newest first. */
  async listAll(organizationId: string, query: AllSchedulesQuery): Promise<AllSchedules> {
    const { sql } = this.#parts.database;
    const filter = {
      organizationId,
      enabled: query.status === undefined ? undefined : query.status === 'active',
      // A text that is all blanks says nothing.
      search: query.search?.trim() || undefined,
    };
    const rows = await store.listAll(sql, filter, pageOf(query));
    return {
      schedules: rows.map(({ schedule, title }) => listItemView(schedule, title)),
      total_count: await store.countAll(sql, filter),
      ...{ page: query.page, page_size: query.page_size },
    };
  }

  /** @throws LapwingError `not_found` */
  async get(name: ScheduleName): Promise<ScheduleResponse> {
    return responseView(await this.#find(name), this.#parts.now());
  }

  /**
   * Changes a schedule. Instants that are due by now get their lines by what it was before.
   * @throws LapwingError as {@link create}
   */
  async update(name: ScheduleName, body: ScheduleUpsert): Promise<ScheduleResponse> {
    const { organizationId, workflowPermanentId } = name;
    for (;;) {
      const before = await this.#find(name);
      const workflow = await this.#parts.workflows.newest(organizationId, workflowPermanentId);
      const owner = { organizationId, workflow };
      const fields = await checkSchedule(this.#parts, owner, body, before);
      const changed = await this.#change(name, (row) => {
        // What the request leaves out is what it is, not what it was before somebody else changed it.
        if (row.revision !== before.revision) return null;
        const enabled = enabling(row, body.enabled ?? row.enabled);
        return { ...fields, ...counting(row, fields), ...enabled };
      });
      if (changed !== null) return changed;
    }
  }

  /**
   * Enables or disables a schedule; one that is so already stays as it is.
   * @throws LapwingError `not_found`, `invalid_state` when it has nothing left to start.
   */
  async setEnabled(name: ScheduleName, enabled: boolean): Promise<ScheduleResponse> {
    const before = await this.#find(name);
    if (before.enabled === enabled) return responseView(before, this.#parts.now());
    const changed = await this.#change(name, (row) =>
      row.enabled === enabled ? null : enabling(row, enabled),
    );
    return changed ?? this.get(name);
  }

  /** Its runs go on. @throws LapwingError `not_found` */
  async delete(name: ScheduleName): Promise<{ ok: true }> {
    const { database, now } = this.#parts;
    await database.transaction(async (tx) => {
      const row = await this.#lock(tx, name);
      await store.updateSchedule(tx, row.scheduleId, { deletedAt: now(), modifiedAt: now() });
    });
    return { ok: true };
  }

  /** What a cron expression says, and when. @throws LapwingError `invalid_parameters` */
  preview(request: SchedulePreviewRequest): SchedulePreview {
    const { cron_expression: cronExpression, timezone } = request;
    const times = { startAt: request.start_at ?? null, endAt: request.end_at ?? null };
    const rhythm = checkRhythm({ cronExpression, timezone, ...times }, this.#parts.minMinutes);
    const instants = instantsAfter(rhythm, request.from ?? this.#parts.now(), request.count);
    return {
      cron_expression: rhythm.pattern.text,
      timezone,
      description: rhythm.pattern.describe(),
      next_runs: zuluTimes(instants),
      next_runs_local: instants.map((instant) => localText(instant, timezone)),
    };
  }

  /** The ledger, the newest instant first. @throws LapwingError `not_found` */
  async fires(name: ScheduleName, query: ScheduleFiresQuery): Promise<ScheduleFires> {
    const { sql } = this.#parts.database;
    const { scheduleId } = await this.#find(name);
    const filter = { scheduleId, is: linesOf(query.outcome) };
    const rows = await ledgerStore.listFires(sql, filter, pageOf(query));
    return {
      fires: rows.map(({ fire, status }) => fireView(fire, status)),
      total_count: await ledgerStore.countFires(sql, filter),
      ...{ page: query.page, page_size: query.page_size },
    };
  }

  /** Starts a run now. @throws LapwingError as `ScheduleRequests.trigger` */
  async trigger(
    name: ScheduleName,
    request: ScheduleTrigger,
    origin: RunOrigin,
  ): Promise<ScheduleFire> {
    const { fire, status } = await this.#requests.trigger(name, request, origin);
    return fireView(fire, status);
  }

  /** Starts runs for past instants that have none. @throws LapwingError as `ScheduleRequests.backfill` */
  async backfill(name: ScheduleName, request: ScheduleBackfill): Promise<ScheduleBackfilled> {
    const { fires, unchanged } = await this.#requests.backfill(name, request);
    return { fires: fires.map(({ fire, status }) => fireView(fire, status)), unchanged };
  }

  /** How schedules are doing, for health and metrics. */
  async health(): Promise<ScheduleHealth> {
    const now = this.#parts.now();
    const counts = await store.countSchedules(this.#parts.database.sql, {
      lateBefore: new Date(now.getTime() - lateMs),
      repairedSince: new Date(now.getTime() - repairsShownMs),
    });
    const { earliestLate } = counts;
    const lateness = earliestLate === null ? 0 : now.getTime() - earliestLate.getTime();
    return { ...counts, longestLateSeconds: Math.round(lateness / 1000) };
  }

  /** How schedules are doing, in words. @throws LapwingError `unavailable` when one is late or has no next instant. */
  async checkHealth(): Promise<string> {
    const { enabled, late, longestLateSeconds, stranded, repaired } = await this.health();
    const faults = [
      late > 0 ? `${late} late by up to ${longestLateSeconds} s: does a worker run?` : null,
      stranded > 0 ? `${stranded} without a next instant` : null,
    ].filter((fault) => fault !== null);
    const facts = `${enabled} enabled, ${repaired} put right in the last hour`;
    if (faults.length > 0) throw new LapwingError('unavailable', [facts, ...faults].join(', '));
    return facts;
  }

  /** Lines of the ledger that this process has written, by outcome. */
  get outcomes(): OutcomeCounts {
    return this.#ledger.counts;
  }

  /** @param changeOf Of the schedule as it is now; null: nothing is to be changed, and null is the answer. */
  async #change(
    name: ScheduleName,
    changeOf: (row: store.ScheduleRow) => Partial<store.ScheduleRow> | null,
  ): Promise<ScheduleResponse | null> {
    const { database, now } = this.#parts;
    for (;;) {
      await this.firing.settle(name);
      const changed = await database.transaction(async (tx) => {
        const row = await this.#lock(tx, name);
        // Looked at once: what comes behind it is due by what the schedule is then.
        const at = now();
        // Time goes on: what has become due in between is due by what it was.
        if (row.enabled && row.nextDueAt !== null && row.nextDueAt <= at) return 'again';
        const change = changeOf(row);
        if (change === null) return null;
        const times = startTimes({ ...row, ...change }, at);
        const stamp = { revision: row.revision + 1, modifiedAt: at };
        return store.updateSchedule(tx, row.scheduleId, { ...change, ...times, ...stamp });
      });
      if (changed !== 'again') return changed && responseView(changed, now());
    }
  }

  async #find(name: ScheduleName): Promise<store.ScheduleRow> {
    const row = await store.findSchedule(this.#parts.database.sql, name);
    if (row === undefined) throw missingSchedule(name);
    return row;
  }

  async #lock(tx: Sql, name: ScheduleName): Promise<store.ScheduleRow> {
    const row = await store.lockSchedule(tx, name);
    if (row === undefined) throw missingSchedule(name);
    return row;
  }
}

const pageOf = (query: { readonly page: number; readonly page_size: number }) => ({
  limit: query.page_size,
  offset: (query.page - 1) * query.page_size,
});

/** A schedule that is enabled begins anew. */
const enabling = (row: store.ScheduleRow, enabled: boolean) =>
  row.enabled === enabled
    ? {}
    : { enabled, disabledReason: null, ...(enabled && { consecutiveFailures: 0 }) };

/** Failures are counted while somebody wants to know: those of another time say nothing. */
const counting = (row: store.ScheduleRow, { pauseAfterFailures }: ScheduleFields) =>
  (row.pauseAfterFailures === null) === (pauseAfterFailures === null)
    ? {}
    : { consecutiveFailures: 0 };

/** The times of a schedule that goes on from now. @throws LapwingError `invalid_state` when it has nothing left to start. */
function startTimes(
  row: Parameters<typeof rhythmOf>[0] &
    Parameters<typeof timesOf>[0] &
    Pick<store.ScheduleRow, 'enabled' | 'lastDueAt' | 'maxRuns' | 'runsStarted'>,
  now: Date,
): ReturnType<typeof timesOf> {
  if (!row.enabled) return { nextDueAt: null, nextFireAt: null };
  const rhythm = rhythmOf(row);
  const next = firstInstant(row, rhythm, now);
  const finish = finishOf(row, next);
  if (finish !== null) {
    throw new LapwingError(
      'invalid_state',
      `The schedule cannot be enabled: ${finish}. Change that, or save it with enabled = false`,
    );
  }
  return timesOf(row, rhythm, next);
}
