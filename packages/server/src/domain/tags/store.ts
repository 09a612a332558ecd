import { and, asc, count, desc, eq, gte, inArray, isNull, sql as raw, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Sql } from '../../db/database.ts';
import { runs } from '../../db/tables/runs.ts';
import { tagEvents, tagKeys, tagValues } from '../../db/tables/tags.ts';
import { workflows } from '../../db/tables/workflows.ts';
import type { TagFilter } from './filter.ts';

export type TagEventRow = typeof tagEvents.$inferSelect;
export type NewTagEvent = Omit<typeof tagEvents.$inferInsert, 'eventId'>;

/** What carries tags. */
export type SubjectKind = 'workflow' | 'run';
export interface Subject {
  readonly kind: SubjectKind;
  readonly organizationId: string;
  /** `wpid_…` or `wr_…` */
  readonly id: string;
}

/** A tag that stands. */
const standing = and(isNull(tagEvents.supersededAt), eq(tagEvents.eventType, 'set'));
const ofOrganization = (organizationId: string) => eq(tagEvents.organizationId, organizationId);
/** Tags of a deleted workflow stay where they are and count nowhere. */
const isLiving = (subjectId: PgColumn | SQL) => raw`exists (select 1 from ${workflows}
  where ${workflows.workflowPermanentId} = ${subjectId} and ${workflows.deletedAt} is null)`;
const living = isLiving(tagEvents.subjectId);

/**
 * Changes of tags go side by side; a change of the vocabulary, which may touch the tags of everything, goes alone in its
 * organization. Held to the end of the transaction.
 */
export async function lockVocabulary(
  tx: Sql,
  organizationId: string,
  use: 'shared' | 'alone',
): Promise<void> {
  const key = raw`hashtextextended(${`tags ${organizationId}`}, 0)`;
  await tx.execute(
    use === 'alone'
      ? raw`select pg_advisory_xact_lock(${key})`
      : raw`select pg_advisory_xact_lock_shared(${key})`,
  );
}

function subjectQuery(sql: Sql, { kind, organizationId, id }: Subject) {
  return kind === 'run'
    ? sql
        .select({ id: runs.runId })
        .from(runs)
        .where(and(eq(runs.runId, id), eq(runs.organizationId, organizationId)))
    : sql
        .select({ id: workflows.workflowPermanentId })
        .from(workflows)
        .where(
          and(
            eq(workflows.workflowPermanentId, id),
            eq(workflows.organizationId, organizationId),
            isNull(workflows.deletedAt),
            // There is always one; whoever changes a workflow locks it by this row.
            eq(workflows.version, 1),
          ),
        );
}

export async function subjectExists(sql: Sql, subject: Subject): Promise<boolean> {
  return (await subjectQuery(sql, subject)).length > 0;
}

/** As {@link subjectExists}, and nobody else changes its tags until the transaction ends. */
export async function lockSubject(tx: Sql, subject: Subject): Promise<boolean> {
  return (await subjectQuery(tx, subject).for('no key update')).length > 0;
}

/** The tags of something, in the order in which they were set. */
export async function listTags(sql: Sql, subject: Subject): Promise<TagEventRow[]> {
  return sql
    .select()
    .from(tagEvents)
    .where(
      and(eq(tagEvents.subjectId, subject.id), ofOrganization(subject.organizationId), standing),
    )
    .orderBy(asc(tagEvents.eventId));
}

/** The tags of each of those, in the order in which they were set. */
export async function listTagsOfMany(
  sql: Sql,
  kind: SubjectKind,
  organizationId: string,
  ids: readonly string[],
): Promise<TagEventRow[]> {
  return sql
    .select()
    .from(tagEvents)
    .where(
      and(
        inArray(tagEvents.subjectId, [...ids]),
        ofOrganization(organizationId),
        eq(tagEvents.subjectKind, kind),
        standing,
      ),
    )
    .orderBy(asc(tagEvents.eventId));
}

/** What is open of something: the last event of each of its tags. */
export async function listOpenEvents(sql: Sql, subject: Subject): Promise<TagEventRow[]> {
  return sql
    .select()
    .from(tagEvents)
    .where(and(eq(tagEvents.subjectId, subject.id), isNull(tagEvents.supersededAt)))
    .orderBy(asc(tagEvents.eventId));
}

export async function listEvents(
  sql: Sql,
  subject: Subject,
  query: { limit: number; since?: Date | undefined; key?: string | undefined },
): Promise<TagEventRow[]> {
  return sql
    .select()
    .from(tagEvents)
    .where(
      and(
        eq(tagEvents.subjectId, subject.id),
        ofOrganization(subject.organizationId),
        query.since === undefined ? undefined : gte(tagEvents.setAt, query.since),
        query.key === undefined ? undefined : eq(tagEvents.key, query.key),
      ),
    )
    .orderBy(desc(tagEvents.eventId))
    .limit(query.limit);
}

export async function supersede(tx: Sql, eventIds: readonly number[], at: Date): Promise<void> {
  await tx
    .update(tagEvents)
    .set({ supersededAt: at })
    .where(inArray(tagEvents.eventId, [...eventIds]));
}

export async function insertEvents(tx: Sql, events: readonly NewTagEvent[]): Promise<void> {
  await tx.insert(tagEvents).values([...events]);
}

/** The newest tags of runs. */
export async function listNewestRunTags(
  sql: Sql,
  organizationId: string,
  limit: number,
): Promise<Pick<TagEventRow, 'key' | 'value'>[]> {
  return sql
    .select({ key: tagEvents.key, value: tagEvents.value })
    .from(tagEvents)
    .where(and(ofOrganization(organizationId), eq(tagEvents.subjectKind, 'run'), standing))
    .orderBy(desc(tagEvents.eventId))
    .limit(limit);
}

/**
 * A condition on the rows of another query: that what they tell of carries the tags of a filter.
 * @param id The column with its `wpid_…` or `wr_…`.
 */
export function carriesTags(
  sql: Sql,
  subject: { readonly kind: SubjectKind; readonly organizationId: string; readonly id: PgColumn },
  filter: TagFilter,
): SQL | undefined {
  const having = (key: SQL, values: readonly string[] | 'any') =>
    inArray(
      subject.id,
      sql
        .select({ id: tagEvents.subjectId })
        .from(tagEvents)
        .where(
          and(
            ofOrganization(subject.organizationId),
            eq(tagEvents.subjectKind, subject.kind),
            standing,
            key,
            values === 'any' ? undefined : inArray(tagEvents.value, [...values]),
          ),
        ),
    );
  return and(
    ...filter.labels.map((label) => having(isNull(tagEvents.key), [label])),
    ...[...filter.groups].map(([key, values]) => having(eq(tagEvents.key, key), values)),
  );
}

/** A key, or one value of it. */
export interface Term {
  readonly organizationId: string;
  readonly key: string;
  readonly value?: string | undefined;
}

const withTerm = (term: Term) =>
  and(
    ofOrganization(term.organizationId),
    eq(tagEvents.key, term.key),
    term.value === undefined ? undefined : eq(tagEvents.value, term.value),
    standing,
  );

/** For the index: a condition that is always met. */
const anyKind = inArray(tagEvents.subjectKind, ['workflow', 'run']);

/** Whether a workflow or run carries it. */
export async function isInUse(sql: Sql, term: Term): Promise<boolean> {
  const rows = await sql
    .select({ id: tagEvents.eventId })
    .from(tagEvents)
    .where(and(withTerm(term), anyKind))
    .limit(1);
  return rows.length > 0;
}

/** How many workflows carry it. */
export async function countWorkflows(sql: Sql, term: Term): Promise<number> {
  const rows = await sql
    .select({ count: count() })
    .from(tagEvents)
    .where(and(withTerm(term), eq(tagEvents.subjectKind, 'workflow'), living));
  return rows[0]?.count ?? 0;
}

/** How many workflows carry each value of each key, or of one key. */
export async function countWorkflowsByValue(
  sql: Sql,
  organizationId: string,
  key: string | undefined,
): Promise<{ key: string | null; value: string; count: number }[]> {
  return sql
    .select({ key: tagEvents.key, value: tagEvents.value, count: count() })
    .from(tagEvents)
    .where(
      and(
        ofOrganization(organizationId),
        eq(tagEvents.subjectKind, 'workflow'),
        standing,
        key === undefined ? undefined : eq(tagEvents.key, key),
        living,
      ),
    )
    .groupBy(tagEvents.key, tagEvents.value);
}

/** What happens at once to every tag that is a term. */
export interface TermChange {
  readonly eventType: 'set' | 'delete';
  /** Null: as it was. */
  readonly newValue: string | null;
  readonly setBy: string;
  readonly at: Date;
}

/**
 * Changes every tag that is the term, in one statement, however many there are.
 * @returns of how many workflows and runs.
 */
export async function changeTerm(
  tx: Sql,
  term: Term,
  change: TermChange,
): Promise<{ workflows: number; runs: number }> {
  const closed = tx.$with('closed').as(
    tx
      .update(tagEvents)
      .set({ supersededAt: change.at })
      .where(and(withTerm(term), anyKind))
      .returning(),
  );
  const at = raw`${change.at.toISOString()}::timestamptz`;
  const added = tx.$with('added', {}).as(raw`
    insert into ${tagEvents}
      (organization_id, subject_kind, subject_id, key, value, event_type, source, set_at, set_by)
    select organization_id, subject_kind, subject_id, key, coalesce(${change.newValue}::text, value),
      ${change.eventType}::text, 'bulk_apply', ${at}, ${change.setBy}::text
    from closed`);
  const rows = await tx
    .with(closed, added)
    .select({
      workflows:
        raw`count(*) filter (where subject_kind = 'workflow' and ${isLiving(raw`subject_id`)})`.mapWith(
          Number,
        ),
      runs: raw`count(*) filter (where subject_kind = 'run')`.mapWith(Number),
    })
    .from(closed);
  return rows[0] ?? { workflows: 0, runs: 0 };
}

const keyIs = ({ organizationId, key }: Term) =>
  and(eq(tagKeys.organizationId, organizationId), eq(tagKeys.key, key));

export async function listKeys(
  sql: Sql,
  organizationId: string,
): Promise<(typeof tagKeys.$inferSelect)[]> {
  return sql
    .select()
    .from(tagKeys)
    .where(eq(tagKeys.organizationId, organizationId))
    .orderBy(asc(tagKeys.key));
}

export async function findKey(
  sql: Sql,
  term: Term,
): Promise<typeof tagKeys.$inferSelect | undefined> {
  const rows = await sql.select().from(tagKeys).where(keyIs(term));
  return rows[0];
}

/** Adds keys that are not there. In one order for all: two that add the same keys must not wait for each other. */
export async function addKeys(
  tx: Sql,
  organizationId: string,
  keys: readonly string[],
): Promise<void> {
  const rows = [...new Set(keys)].sort().map((key) => ({ organizationId, key }));
  if (rows.length > 0) await tx.insert(tagKeys).values(rows).onConflictDoNothing();
}

export async function describeKey(tx: Sql, term: Term, description: string | null): Promise<void> {
  await tx.update(tagKeys).set({ description }).where(keyIs(term));
}

/** Forgets a key and its values. */
export async function forgetKey(tx: Sql, term: Term): Promise<void> {
  await tx.delete(tagValues).where(valueIs({ ...term, value: undefined }));
  await tx.delete(tagKeys).where(keyIs(term));
}

const valueIs = ({ organizationId, key, value }: Term) =>
  and(
    eq(tagValues.organizationId, organizationId),
    eq(tagValues.key, key),
    value === undefined ? undefined : eq(tagValues.value, value),
  );

export async function listValues(
  sql: Sql,
  organizationId: string,
  key: string | undefined,
): Promise<(typeof tagValues.$inferSelect)[]> {
  return sql
    .select()
    .from(tagValues)
    .where(
      and(
        eq(tagValues.organizationId, organizationId),
        key === undefined ? undefined : eq(tagValues.key, key),
      ),
    )
    .orderBy(asc(tagValues.key), asc(tagValues.value));
}

export async function findValue(
  sql: Sql,
  term: Term,
): Promise<typeof tagValues.$inferSelect | undefined> {
  const rows = await sql.select().from(tagValues).where(valueIs(term)).limit(1);
  return rows[0];
}

/** A value of a key, with its colour. */
export interface ColoredTerm extends Term {
  readonly value: string;
  readonly color: string;
}

/** False when the value is there already: then nothing was written. */
export async function addValue(tx: Sql, value: ColoredTerm): Promise<boolean> {
  const rows = await tx.insert(tagValues).values(value).onConflictDoNothing().returning();
  return rows.length === 1;
}

/** Adds a value, or gives the one that is there this colour. */
export async function colorValue(tx: Sql, value: ColoredTerm): Promise<void> {
  await tx
    .insert(tagValues)
    .values(value)
    .onConflictDoUpdate({
      target: [tagValues.organizationId, tagValues.key, tagValues.value],
      set: { color: value.color },
    });
}

export async function forgetValue(tx: Sql, term: Term): Promise<void> {
  await tx.delete(tagValues).where(valueIs(term));
}
