import { sql } from 'drizzle-orm';
import { bigserial, index, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/**
 * Everything that happened to the tags of workflows and runs. A tag that stands is a `set` event that is not superseded;
 * of each tag one event is open, whichever happened last.
 */
export const tagEvents = pgTable(
  'tag_events',
  {
    /** In the order of events. */
    eventId: bigserial('event_id', { mode: 'number' }).primaryKey(),
    organizationId: text('organization_id').notNull(),
    /** workflow | run */
    subjectKind: text('subject_kind').notNull(),
    /** `wpid_…` or `wr_…` */
    subjectId: text('subject_id').notNull(),
    /** Null: a bare label. */
    key: text('key'),
    value: text('value').notNull(),
    /** set | delete */
    eventType: text('event_type').notNull(),
    source: text('source').notNull(),
    setAt: instant('set_at').notNull(),
    setBy: text('set_by').notNull(),
    supersededAt: instant('superseded_at'),
  },
  (t) => [
    uniqueIndex('tag_events_open')
      .on(t.subjectId, sql`coalesce(key, '')`, sql`(case when key is null then value else '' end)`)
      .where(sql`superseded_at is null`),
    index('tag_events_history').on(t.subjectId, t.eventId),
    index('tag_events_usage')
      .on(t.organizationId, t.subjectKind, t.key, t.value, t.subjectId)
      .where(sql`superseded_at is null and event_type = 'set'`),
    index('tag_events_newest')
      .on(t.organizationId, t.subjectKind, t.eventId)
      .where(sql`superseded_at is null and event_type = 'set'`),
  ],
);

/** The vocabulary: keys of tags that workflows have or had, or that were made on purpose. */
export const tagKeys = pgTable(
  'tag_keys',
  {
    organizationId: text('organization_id').notNull(),
    key: text('key').notNull(),
    description: text('description'),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.key] })],
);

/** The vocabulary: values of those keys. */
export const tagValues = pgTable(
  'tag_values',
  {
    organizationId: text('organization_id').notNull(),
    key: text('key').notNull(),
    value: text('value').notNull(),
    color: text('color').notNull(),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.key, t.value] })],
);
