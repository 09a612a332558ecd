import { createHash } from 'node:crypto';
import type { OverlapPolicy, ScheduleBackfill, ScheduleTrigger } from '@lapwing/protocol';
import type { Sql } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import type { PreparedRun, RunOrigin } from '../runs/service.ts';
import { tellOfFires } from './events.ts';
import { replaceRuns } from './firing.ts';
import { instantAfter } from './instants.ts';
import type { Ledger, Line } from './ledger.ts';
import * as ledgerStore from './ledger-store.ts';
import { originOf, prepareRun, rhythmOf, type ScheduleParts } from './parts.ts';
import { planOverlap, replaces } from './plan.ts';
import * as store from './store.ts';

/** Instants of one backfill. */
const maxInstants = 500;
/** Of them, in one transaction. */
const portionSize = 20;

type FireRow = ledgerStore.FireRow;

/** What one transaction has come to. */
type Attempt =
  | { readonly kind: 'written'; readonly fires: readonly FireRow[] }
  /** The line that the same request has written already. */
  | { readonly kind: 'known'; readonly fireId: string }
  | { readonly kind: 'end first'; readonly runIds: readonly string[]; readonly dueAt: Date };

/** What is to be started. */
interface Start {
  readonly cause: 'trigger' | 'backfill';
  readonly name: store.ScheduleName;
  readonly policy: OverlapPolicy;
  readonly run: PreparedRun;
}

interface Wanted {
  readonly dueAt: Date;
  readonly existing: FireRow | null;
}

export const missingSchedule = ({ scheduleId, workflowPermanentId }: store.ScheduleName) =>
  new LapwingError(
    'not_found',
    `Schedule ${scheduleId} of workflow ${workflowPermanentId} not found`,
  );

/** Runs of schedules that people ask for: now, or for past instants. */
export class ScheduleRequests {
  readonly #parts: ScheduleParts;
  readonly #ledger: Ledger;

  constructor(parts: ScheduleParts, ledger: Ledger) {
    this.#parts = parts;
    this.#ledger = ledger;
  }

  /**
   * Starts a run now. What the schedule does about open runs holds, unless the request says otherwise.
   * @returns The line; that of the earlier request, when the idempotency key has one.
   * @throws LapwingError `not_found`, `idempotency_conflict`, and as `RunsService.prepare`.
   */
  async trigger(
    name: store.ScheduleName,
    request: ScheduleTrigger,
    { idempotencyKey, ...origin }: RunOrigin,
  ): Promise<ledgerStore.FireWithRun> {
    const row = await this.#find(name);
    const start = {
      cause: 'trigger',
      name,
      policy: request?.overlap_policy ?? (row.overlapPolicy as OverlapPolicy),
      run: await this.#prepare(row, { ...origin, idempotencyKey: undefined }),
    } as const;
    const key = idempotencyKey === undefined ? null : keyOf(name, request, idempotencyKey);
    const done = await this.#untilWritten(start, (tx) => this.#triggerIn(tx, start, key));
    const [fire] = await ledgerStore.listFiresByIds(
      this.#parts.database.sql,
      done.kind === 'known' ? [done.fireId] : done.fires.map(({ fireId }) => fireId),
    );
    if (fire === undefined) throw new Error(`The trigger of ${name.scheduleId} left no line`);
    return fire;
  }

  /**
   * Starts runs for past instants that have none. What it has done stays when it is interrupted: the same request again
   * does the rest.
   * @throws LapwingError `not_found`, `invalid_parameters`, and as `RunsService.prepare`.
   */
  async backfill(
    name: store.ScheduleName,
    request: ScheduleBackfill,
  ): Promise<{ readonly fires: readonly ledgerStore.FireWithRun[]; readonly unchanged: number }> {
    const row = await this.#find(name);
    const instants = pastInstants(row, request, this.#parts.now());
    const start = {
      cause: 'backfill',
      name,
      policy: request.overlap_policy ?? (row.overlapPolicy as OverlapPolicy),
      run: await this.#prepare(row, originOf(name.organizationId, 'backfill')),
    } as const;
    const ids: string[] = [];
    // Where one run gives way to the next, all of them together start one.
    const size = replaces(start.policy) ? maxInstants : portionSize;
    for (let from = 0; from < instants.length; from += size) {
      const portion = instants.slice(from, from + size);
      const done = await this.#untilWritten(start, (tx) => this.#backfillIn(tx, start, portion));
      if (done.kind === 'written') ids.push(...done.fires.map(({ fireId }) => fireId));
    }
    const fires = await ledgerStore.listFiresByIds(this.#parts.database.sql, ids);
    return { fires, unchanged: instants.length - fires.length };
  }

  async #untilWritten(
    start: Start,
    attempt: (tx: Sql) => Promise<Attempt>,
  ): Promise<Exclude<Attempt, { kind: 'end first' }>> {
    for (;;) {
      const done = await this.#parts.database.transaction(attempt);
      if (done.kind === 'written') this.#ledger.count(done.fires);
      if (done.kind !== 'end first') return done;
      await replaceRuns(this.#parts, start.policy, done);
    }
  }

  async #triggerIn(tx: Sql, start: Start, key: ledgerStore.TriggerKey | null): Promise<Attempt> {
    await this.#lock(tx, start.name);
    const known = key === null ? null : await knownFire(tx, key);
    if (known !== null) return { kind: 'known', fireId: known };
    const dueAt = await freeInstant(tx, start.name.scheduleId, this.#parts.now());
    const done = await this.#write(tx, start, [{ dueAt, existing: null }]);
    const [fire] = done.kind === 'written' ? done.fires : [];
    if (key !== null && fire !== undefined && !(await ledgerStore.claimKey(tx, key, fire.fireId)))
      throw conflict(key);
    return done;
  }

  async #backfillIn(tx: Sql, start: Start, instants: readonly Date[]): Promise<Attempt> {
    await this.#lock(tx, start.name);
    const { scheduleId } = start.name;
    const lines = await ledgerStore.listFiresAt(tx, scheduleId, instants);
    const known = new Map(lines.map((line) => [line.dueAt.getTime(), line]));
    const wanted = instants
      .map((dueAt) => ({ dueAt, existing: known.get(dueAt.getTime()) ?? null }))
      .filter(({ existing }) => existing === null || hasNoRun(existing));
    return this.#write(tx, start, wanted);
  }

  async #write(tx: Sql, start: Start, wanted: readonly Wanted[]): Promise<Attempt> {
    const { cause, name, policy, run } = start;
    const standing = await this.#ledger.standing(tx, name.scheduleId, policy);
    const instants = wanted.map(({ dueAt }) => ({ dueAt, cause }));
    const plan = planOverlap(instants, policy, standing);
    const last = wanted.at(-1);
    if (plan.replaced.length > 0 && last !== undefined)
      return { kind: 'end first', runIds: plan.replaced, dueAt: last.dueAt };
    const lines: Line[] = plan.decisions.map((decision, index) => ({
      decision,
      existing: wanted[index]?.existing ?? null,
    }));
    const fires = await this.#ledger.write(tx, name, lines, { ok: true, run });
    const row = await store.findSchedule(tx, name);
    if (row !== undefined) await tellOfFires(tx, this.#parts, row, fires);
    return { kind: 'written', fires };
  }

  async #find(name: store.ScheduleName): Promise<store.ScheduleRow> {
    const row = await store.findSchedule(this.#parts.database.sql, name);
    if (row === undefined) throw missingSchedule(name);
    return row;
  }

  async #lock(tx: Sql, name: store.ScheduleName): Promise<void> {
    if ((await store.lockSchedule(tx, name)) === undefined) throw missingSchedule(name);
  }

  async #prepare(row: store.ScheduleRow, origin: RunOrigin): Promise<PreparedRun> {
    const { organizationId, workflowPermanentId, parameters } = row;
    const workflow = await this.#parts.workflows.newest(organizationId, workflowPermanentId);
    return prepareRun(this.#parts, parameters, workflow, origin);
  }
}

/** A line that tells of no run, nor of one to come. */
const hasNoRun = ({ state }: FireRow) => state === 'missed' || state === 'skipped';

/** @throws LapwingError `invalid_parameters` for a span that is none, or too long. */
function pastInstants(row: store.ScheduleRow, { from, to }: ScheduleBackfill, now: Date): Date[] {
  if (from > to || to > now) {
    throw new LapwingError(
      'invalid_parameters',
      `from ${from.toISOString()} to ${to.toISOString()} is no past span of time: from must not be after to, nor to after now`,
    );
  }
  const rhythm = rhythmOf(row);
  const instants: Date[] = [];
  let next = instantAfter(rhythm, new Date(from.getTime() - 1));
  while (next !== null && next <= to) {
    if (instants.length === maxInstants) {
      throw new LapwingError(
        'invalid_parameters',
        `from ${from.toISOString()} to ${to.toISOString()} has more than ${maxInstants} instants: ask for the ones before ${next.toISOString()} first`,
      );
    }
    instants.push(next);
    next = instantAfter(rhythm, next);
  }
  return instants;
}

/** Now, or as soon after as no line and no instant of the clock is: those are whole minutes. */
async function freeInstant(tx: Sql, scheduleId: string, now: Date): Promise<Date> {
  const candidates = Array.from({ length: 100 }, (_, ms) => new Date(now.getTime() + ms));
  const lines = await ledgerStore.listFiresAt(tx, scheduleId, candidates);
  const taken = new Set(lines.map(({ dueAt }) => dueAt.getTime()));
  const free = candidates
    .map((date) => date.getTime())
    .find((ms) => ms % 60_000 !== 0 && !taken.has(ms));
  if (free === undefined) {
    throw new LapwingError('conflict', 'The schedule is triggered too often: try again');
  }
  return new Date(free);
}

function keyOf(
  name: store.ScheduleName,
  request: ScheduleTrigger,
  key: string,
): ledgerStore.TriggerKey {
  const said = JSON.stringify([name.scheduleId, request?.overlap_policy ?? null]);
  const requestHash = createHash('sha256').update(said).digest('hex');
  return { organizationId: name.organizationId, key, requestHash };
}

/** @throws LapwingError `idempotency_conflict` */
async function knownFire(tx: Sql, key: ledgerStore.TriggerKey): Promise<string | null> {
  const holder = await ledgerStore.findKey(tx, key);
  if (holder === undefined) return null;
  if (holder.requestHash !== key.requestHash) throw conflict(key);
  return holder.resourceId;
}

const conflict = ({ key }: ledgerStore.TriggerKey) =>
  new LapwingError(
    'idempotency_conflict',
    `Idempotency-Key ${key} was used for another trigger: send a new key`,
  );
