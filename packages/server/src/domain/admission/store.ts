import { and, eq, inArray, sql as raw, type SQL } from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { runLanes } from '../../db/tables/admission.ts';
import { runs } from '../../db/tables/runs.ts';
import { runLimitOf } from '../organizations/service.ts';

/** What is known of an organization's runs when one of them is to be admitted. */
export interface Standing {
  /** Most runs at a time; null: no limit. */
  readonly limit: number | null;
  /** Runs that have a place: their job is in the queue, or a worker has them. */
  readonly places: number;
  /** Those of them that no worker has taken up yet; counted up to a little more than asked for. */
  readonly ready: number;
  readonly othersWait: boolean;
  /** The round of the organization's last ready run; null when none is ready. */
  readonly lastTurn: number | null;
  /** The round that is being served now, over all organizations; null when no run is ready. */
  readonly firstTurn: number | null;
}

/** A run that has been given a place. */
export interface Admitted {
  readonly runId: string;
  readonly turn: number;
}

const waitersOf = (organizationId: SQL) =>
  // In the order of the index, and one of them: else, beside somebody's huge backlog, the whole table is read for nobody.
  raw<boolean>`exists (select 1 from (select 1 from runs as waiter
    where waiter.organization_id = ${organizationId} and waiter.admission = 'waiting'
    order by waiter.priority desc nulls last, waiter.position limit 1) as first)`;

/** Of a run: whether others of its organization wait for a place, and fewer than so many of it are ready. */
export const isLow = (ready: number): SQL<boolean> => raw`(
  ${waitersOf(raw`runs.organization_id`)} and ${ready}::int > (
    select count(*) from (
      select 1 from runs as place
       where place.organization_id = runs.organization_id and place.admission = 'ready' and not place.awaited
       limit ${ready}
    ) as counted))`;

/** Whoever decides who goes next in an organization does so alone, until the transaction is over. */
export async function lockOrganization(tx: Sql, organizationId: string): Promise<void> {
  await tx.execute(raw`select pg_advisory_xact_lock(hashtextextended(${organizationId}, 1))`);
}

/**
 * @param options.limit Of organizations that have none of their own.
 * @param options.count So many ready runs are told apart.
 */
export async function findStanding(
  sql: Sql,
  organizationId: string,
  options: { readonly limit: number | null; readonly count: number },
): Promise<Standing> {
  const ofRuns = raw`from runs as place where place.organization_id = ${organizationId}`;
  const ready = raw`place.admission = 'ready' and not place.awaited`;
  const { rows } = (await sql.execute(raw`
    select max_runs as "limit",
           case when max_runs is null then 0 else (
             select count(*) ${ofRuns} and place.admission in ('ready', 'taken') and not place.awaited
           ) end::int as places,
           (select count(*) from (select 1 ${ofRuns} and ${ready} limit ${options.count}) as counted)::int as ready,
           ${waitersOf(raw`${organizationId}`)} as "othersWait",
           (select max(turn) ${ofRuns} and ${ready}) as "lastTurn",
           (select min(turn) from runs as place where ${ready}) as "firstTurn"
      from (select ${runLimitOf(organizationId, options.limit)} as max_runs) as organization`)) as unknown as {
    rows: Standing[];
  };
  const standing = rows[0];
  if (standing === undefined) throw new Error('The database did not say how runs stand');
  return standing;
}

/** Gives places to so many of the runs that wait for one. A run that is being ended is passed over. */
export async function admitNext(
  tx: Sql,
  organizationId: string,
  next: { readonly count: number; readonly turn: number },
): Promise<Admitted[]> {
  const { rows } = (await tx.execute(raw`
    with next as (
      select run_id, priority, position from runs
       where organization_id = ${organizationId} and admission = 'waiting'
       order by priority desc nulls last, position limit ${next.count} for no key update skip locked
    ), numbered as (
      select run_id, row_number() over (order by priority desc, position)::int - 1 + ${next.turn}::int as turn from next
    )
    update runs set admission = 'ready', turn = numbered.turn from numbered
     where runs.run_id = numbered.run_id
    returning runs.run_id as "runId", runs.turn`)) as unknown as { rows: Admitted[] };
  return rows.sort((a, b) => a.turn - b.turn);
}

/** Of a run: whether another one is before it in one of its lanes. */
const isBehind = raw`exists (
  select 1 from run_lanes as own join run_lanes as ahead
      on ahead.organization_id = own.organization_id and ahead.lane = own.lane and ahead.position < own.position
   where own.run_id = ${runs.runId})`;

/** Stands a run at the end of its lanes. True when another one is before it in any. */
export async function joinLanes(
  tx: Sql,
  run: { readonly organizationId: string; readonly runId: string },
  lanes: readonly string[],
): Promise<boolean> {
  const { organizationId, runId } = run;
  await tx.insert(runLanes).values(lanes.map((lane) => ({ organizationId, lane, runId })));
  const blocked = await tx
    .update(runs)
    .set({ admission: 'blocked' })
    .where(and(eq(runs.runId, runId), isBehind))
    .returning({ runId: runs.runId });
  return blocked.length > 0;
}

/** Takes a run out of its lanes. @returns Those in which it stood. */
export async function leaveLanes(tx: Sql, runId: string): Promise<string[]> {
  const rows = await tx
    .delete(runLanes)
    .where(eq(runLanes.runId, runId))
    .returning({ lane: runLanes.lane });
  return rows.map(({ lane }) => lane);
}

/** The first of each of these lanes, if it is first in all of its own, waits for a place from now on. */
export async function unblockFirst(
  tx: Sql,
  organizationId: string,
  lanes: readonly string[],
): Promise<void> {
  await tx.execute(raw`
    update runs set admission = 'waiting' where run_id in (
      select run_id from runs
       where admission = 'blocked' and not ${isBehind} and run_id in (
         select first.run_id from json_array_elements_text(${JSON.stringify(lanes)}::json) as wanted(lane)
           cross join lateral (
             select run_id from run_lanes
              where organization_id = ${organizationId} and lane = wanted.lane
              order by position limit 1
           ) as first
       ) for no key update skip locked)`);
}

/** Organizations of which runs wait. */
export async function listWaitingOrganizations(sql: Sql): Promise<string[]> {
  const { rows } = (await sql.execute(raw`
    select organization_id as id from organizations as organization
     where exists (select 1 from runs as waiter where waiter.organization_id = organization.organization_id
       and waiter.admission in ('blocked', 'waiting'))`)) as unknown as { rows: { id: string }[] };
  return rows.map(({ id }) => id);
}

/** Lanes whose first run should not stand there: it is over, or it waits though nobody is before it. */
export async function listStuckLanes(
  sql: Sql,
  organizationId: string,
): Promise<{ readonly lane: string; readonly runId: string; readonly isOver: boolean }[]> {
  const { rows } = (await sql.execute(raw`
    select first.lane, first.run_id as "runId", admission = 'over' as "isOver"
      from (select distinct on (lane) lane, run_id from run_lanes
             where organization_id = ${organizationId} order by lane, position) as first
      join runs on runs.run_id = first.run_id
     where admission = 'over' or (admission = 'blocked' and not ${isBehind})`)) as unknown as {
    rows: { lane: string; runId: string; isOver: boolean }[];
  };
  return rows;
}

/** A run that has a place. */
export interface Placed {
  readonly runId: string;
  readonly organizationId: string;
  readonly status: string;
  readonly startedAt: Date | null;
  readonly maxElapsedMinutes: number;
}

/** Every run that has a place. */
export async function listPlaced(sql: Sql): Promise<Placed[]> {
  return sql
    .select({
      runId: runs.runId,
      organizationId: runs.organizationId,
      status: runs.status,
      startedAt: runs.startedAt,
      maxElapsedMinutes: runs.maxElapsedMinutes,
    })
    .from(runs)
    .where(inArray(runs.admission, ['ready', 'taken']));
}
