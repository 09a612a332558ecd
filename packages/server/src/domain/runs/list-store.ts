import { and, desc, eq, getTableColumns, gte, isNull, lt, sql as raw, type SQL } from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { runSearches, runs } from '../../db/tables/runs.ts';
import { carriesTags, type TagFilter } from '../tags/service.ts';
import type { RunRow } from './store.ts';

/** Where a run stands in a list. */
export interface RunPlace {
  readonly createdAt: Date;
  readonly runId: string;
}

/** Undefined filters let everything through. */
export interface RunFilter {
  readonly organizationId: string;
  readonly statuses: readonly string[] | undefined;
  readonly workflowIds: readonly string[] | undefined;
  readonly search: string | undefined;
  readonly errorCode: string | undefined;
  readonly tags: TagFilter | undefined;
  readonly createdFrom: Date | undefined;
  readonly createdBefore: Date | undefined;
  /** With the runs that other runs started. */
  readonly children: boolean;
  /** Only what stands behind it. */
  readonly after: RunPlace | null;
  readonly offset: number;
  readonly limit: number;
}

const {
  output: _output,
  parameters: _parameters,
  partial: _partial,
  ...listedColumns
} = getTableColumns(runs);

export type ListedRun = Pick<RunRow, keyof typeof listedColumns> & {
  readonly workflowDeleted: boolean;
};

const elements = (list: readonly string[], name: string) =>
  raw`json_array_elements_text(${JSON.stringify(list)}::json) as ${raw.identifier(name)}(key)`;

const containing = (text: string) =>
  `%${text.replace(/[\\%_]/g, (character) => `\\${character}`)}%`;

function conditions(sql: Sql, filter: RunFilter): SQL | undefined {
  const { search, errorCode, createdFrom, createdBefore, after } = filter;
  return and(
    eq(runs.organizationId, filter.organizationId),
    filter.statuses && eq(runs.status, raw`status.key`),
    filter.workflowIds && eq(runs.workflowPermanentId, raw`workflow.key`),
    isNull(runs.debugSessionId),
    filter.children ? undefined : isNull(runs.parentRunId),
    filter.tags &&
      carriesTags(
        sql,
        { kind: 'run', organizationId: filter.organizationId, id: runs.runId },
        filter.tags,
      ),
    createdFrom && gte(runs.createdAt, createdFrom),
    createdBefore && lt(runs.createdAt, createdBefore),
    after === null
      ? undefined
      : raw`(${runs.createdAt}, ${runs.runId}) < (${after.createdAt.toISOString()}::timestamptz, ${after.runId})`,
    errorCode === undefined
      ? undefined
      : raw`(${runs.errors})::jsonb @> ${JSON.stringify([{ error_code: errorCode }])}::jsonb`,
    search === undefined
      ? undefined
      : raw`exists (select 1 from ${runSearches} where ${runSearches.runId} = ${runs.runId} and ${runSearches.text} ilike ${containing(search)})`,
  );
}

/**
 * Runs, newest first. For each status and workflow that is asked for, an index holds its runs in this order: the newest of
 * each are read and merged, so that neither a rare status nor a quiet workflow makes the database look through all runs.
 */
export async function listRuns(sql: Sql, filter: RunFilter): Promise<ListedRun[]> {
  const { statuses, workflowIds, offset, limit } = filter;
  const branches = [
    raw`(select 1) as one`,
    ...(statuses === undefined ? [] : [elements(statuses, 'status')]),
    ...(workflowIds === undefined ? [] : [elements(workflowIds, 'workflow')]),
  ];
  const page = raw`(
    select newest.run_id from ${raw.join(branches, raw` cross join `)} cross join lateral (
      select ${runs.runId} as run_id, ${runs.createdAt} as created_at from ${runs}
       where ${conditions(sql, filter)}
       order by ${runs.createdAt} desc, ${runs.runId} desc limit ${offset + limit}
    ) as newest
    order by newest.created_at desc, newest.run_id desc offset ${offset} limit ${limit}
  ) as page`;
  return sql
    .select({
      ...listedColumns,
      workflowDeleted: raw<boolean>`not exists (select 1 from workflows as kept
        where kept.workflow_permanent_id = ${runs.workflowPermanentId} and kept.deleted_at is null)`,
    })
    .from(page)
    .innerJoin(runs, eq(runs.runId, raw`page.run_id`))
    .orderBy(desc(runs.createdAt), desc(runs.runId));
}
