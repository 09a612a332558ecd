import {
  type RunTagSuggestions,
  type Tag,
  type TagApplyRequest,
  type TagColor,
  type TagEvent,
  type TagItem,
  TagKeyName,
  type TagSource,
} from '@lapwing/protocol';
import type { Database, Sql } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import { wireTime, wireTimeOrNull } from '../../lib/time.ts';
import type { Principal } from '../organizations/service.ts';
import { planChanges, type TagChange } from './changes.ts';
import { parseTagFilter as parse, type TagFilter } from './filter.ts';
import * as store from './store.ts';
import { plainColor, TagVocabulary } from './vocabulary.ts';

export type { TagFilter } from './filter.ts';

/** For the lists of what carries tags: reading a filter, and the condition that it sets on their rows. */
export const parseTagFilter: (parameters: readonly string[]) => TagFilter = parse;
export const carriesTags: typeof store.carriesTags = store.carriesTags;

/** Most ids of one question. */
const maxIds = 200;
/** Suggestions come from so many of the newest tags. */
const suggestionWindow = 1000;
const valuesSuggested = 3;

const subjectNames = { workflow: 'Workflow', run: 'Run' } as const;
const eventPrefixes = { workflow: 'tge', run: 'rtge' } as const;

const missing = ({ kind, id }: store.Subject) =>
  new LapwingError('not_found', `${subjectNames[kind]} ${id} not found`);

const tagView = (row: store.TagEventRow): Tag => ({
  key: row.key,
  value: row.value,
  source: row.source as TagSource,
  set_at: wireTime(row.setAt),
  set_by: row.setBy,
});

const eventView = (row: store.TagEventRow): TagEvent => ({
  ...tagView(row),
  tag_event_id: `${eventPrefixes[row.subjectKind as store.SubjectKind]}_${row.eventId}`,
  event_type: row.eventType as TagEvent['event_type'],
  superseded_at: wireTimeOrNull(row.supersededAt),
});

/** Tags of workflows and runs. */
export class TagsService {
  readonly vocabulary: TagVocabulary;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.vocabulary = new TagVocabulary(database);
  }

  /** @throws LapwingError `not_found` */
  async list(subject: store.Subject): Promise<Tag[]> {
    await this.#check(subject);
    return (await store.listTags(this.#database.sql, subject)).map(tagView);
  }

  /**
   * Sets and deletes tags of one workflow or run, and answers with those that stand then.
   * @throws LapwingError `not_found`, `validation_failed`
   */
  async apply(
    subject: store.Subject,
    principal: Principal,
    request: TagApplyRequest,
  ): Promise<Tag[]> {
    return this.#database.transaction(async (tx) => {
      await store.lockVocabulary(tx, subject.organizationId, 'shared');
      if (!(await store.lockSubject(tx, subject))) throw missing(subject);
      const changes = planChanges(await store.listOpenEvents(tx, subject), request);
      if (changes.length > 0) await write(tx, subject, principal, changes);
      await learn(tx, subject, request);
      return (await store.listTags(tx, subject)).map(tagView);
    });
  }

  /**
   * Deletes a grouped tag; one that is absent is no error.
   * @throws LapwingError `not_found`, `invalid_parameters` when it is no key.
   */
  async remove(subject: store.Subject, principal: Principal, key: string): Promise<Tag[]> {
    if (!TagKeyName.safeParse(key).success) {
      throw new LapwingError('invalid_parameters', `${JSON.stringify(key)} is no tag key`);
    }
    return this.apply(subject, principal, { tags: [], tags_to_delete: [{ key }] });
  }

  /** Newest first. @throws LapwingError `not_found` */
  async history(
    subject: store.Subject,
    query: { limit: number; since?: Date | undefined; key?: string | undefined },
  ): Promise<TagEvent[]> {
    await this.#check(subject);
    return (await store.listEvents(this.#database.sql, subject, query)).map(eventView);
  }

  /**
   * The tags of each id; none of what is unknown here.
   * @throws LapwingError `invalid_parameters` for more than 200 ids.
   */
  async ofMany(
    kind: store.SubjectKind,
    organizationId: string,
    ids: readonly string[],
  ): Promise<Record<string, TagItem[]>> {
    if (ids.length > maxIds) {
      throw new LapwingError(
        'invalid_parameters',
        `${ids.length} ids were sent; at most ${maxIds} are answered at once`,
      );
    }
    const tags = new Map<string, TagItem[]>(ids.map((id) => [id, []]));
    if (ids.length === 0) return {};
    for (const row of await store.listTagsOfMany(this.#database.sql, kind, organizationId, ids)) {
      tags.get(row.subjectId)?.push({ key: row.key, value: row.value });
    }
    return Object.fromEntries(tags);
  }

  /** Tags a run with its `run_metadata`, in the transaction that creates it. */
  async tagNewRun(
    tx: Sql,
    run: { readonly runId: string; readonly principal: Principal },
    metadata: Readonly<Record<string, string>>,
  ): Promise<void> {
    const subject = {
      kind: 'run',
      organizationId: run.principal.organizationId,
      id: run.runId,
    } as const;
    const changes = Object.entries(metadata).map(
      ([key, value]): TagChange => ({ key, value, eventType: 'set', supersedes: null }),
    );
    if (changes.length > 0) await write(tx, subject, run.principal, changes);
  }

  /** What runs were tagged with lately, newest first. */
  async runSuggestions(organizationId: string): Promise<RunTagSuggestions> {
    const rows = await store.listNewestRunTags(
      this.#database.sql,
      organizationId,
      suggestionWindow,
    );
    const labels = new Set<string>();
    const values = new Map<string, Set<string>>();
    for (const { key, value } of rows) {
      if (key === null) labels.add(value);
      else {
        const known = values.get(key) ?? new Set();
        if (known.size < valuesSuggested) known.add(value);
        values.set(key, known);
      }
    }
    return {
      keys: [...values.keys()],
      values_by_key: Object.fromEntries([...values].map(([key, known]) => [key, [...known]])),
      labels: [...labels],
    };
  }

  async #check(subject: store.Subject): Promise<void> {
    if (!(await store.subjectExists(this.#database.sql, subject))) throw missing(subject);
  }
}

async function write(
  tx: Sql,
  subject: store.Subject,
  principal: Principal,
  changes: readonly TagChange[],
): Promise<void> {
  const at = new Date();
  const superseded = changes.flatMap(({ supersedes }) => supersedes ?? []);
  if (superseded.length > 0) await store.supersede(tx, superseded, at);
  await store.insertEvents(
    tx,
    changes.map(({ key, value, eventType }) => ({
      organizationId: subject.organizationId,
      subjectKind: subject.kind,
      subjectId: subject.id,
      key,
      value,
      eventType,
      source: 'manual',
      setAt: at,
      setBy: principal.apiKeyId,
    })),
  );
}

/**
 * Adds to the vocabulary what a workflow is tagged with. Of runs only what is given a colour: their values, an order's
 * number for instance, may be new with every run.
 */
async function learn(tx: Sql, subject: store.Subject, request: TagApplyRequest): Promise<void> {
  const { organizationId, kind } = subject;
  const colorOf = (value: string): TagColor | undefined =>
    request.colors != null && Object.hasOwn(request.colors, value)
      ? request.colors[value]
      : undefined;
  const terms = request.tags
    .flatMap(({ key, value }) => (key == null ? [] : [{ organizationId, key, value }]))
    .filter(({ value }) => kind === 'workflow' || colorOf(value) !== undefined)
    .sort((a, b) => (`${a.key}:${a.value}` < `${b.key}:${b.value}` ? -1 : 1));
  await store.addKeys(
    tx,
    organizationId,
    terms.map(({ key }) => key),
  );
  for (const term of terms) {
    const color = colorOf(term.value);
    if (color === undefined) await store.addValue(tx, { ...term, color: plainColor });
    else await store.colorValue(tx, { ...term, color });
  }
}
