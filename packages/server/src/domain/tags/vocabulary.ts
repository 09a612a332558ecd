import type {
  TagColor,
  TagKey,
  TagKeyDeleted,
  TagValue,
  TagValueCreate,
  TagValueDeleted,
  TagValueRenamed,
} from '@lapwing/protocol';
import type { Database, Sql } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import type { Principal } from '../organizations/service.ts';
import * as store from './store.ts';

/** Of a value that nobody gave a colour. */
export const plainColor = 'gray';

const nameOf = ({ key, value }: store.Term) =>
  value === undefined ? `Tag key ${key}` : `Tag value ${key}:${value}`;

const taken = (term: store.Term) =>
  new LapwingError('conflict', `${nameOf(term)} exists already: choose another name`);

/** The keys and values of an organization's tags. */
export class TagVocabulary {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async keys(organizationId: string): Promise<TagKey[]> {
    const { sql } = this.#database;
    const rows = await store.listKeys(sql, organizationId);
    const counts = new Map<string | null, number>();
    for (const { key, count } of await store.countWorkflowsByValue(sql, organizationId, undefined))
      counts.set(key, (counts.get(key) ?? 0) + count);
    return rows.map(({ key, description }) => ({
      key,
      description,
      workflow_count: counts.get(key) ?? 0,
    }));
  }

  /** @param description Undefined: as it is. @throws LapwingError `not_found` */
  async describe(
    organizationId: string,
    key: string,
    description: string | null | undefined,
  ): Promise<TagKey> {
    const term = { organizationId, key };
    return this.#alone(organizationId, async (tx) => {
      await this.#known(tx, term);
      await store.addKeys(tx, organizationId, [key]);
      if (description !== undefined) await store.describeKey(tx, term, description);
      return {
        key,
        description: (await store.findKey(tx, term))?.description ?? null,
        workflow_count: await store.countWorkflows(tx, term),
      };
    });
  }

  /** Takes a key out of the vocabulary and off everything that has it. @throws LapwingError `not_found` */
  async deleteKey(principal: Principal, key: string): Promise<TagKeyDeleted> {
    const term = { organizationId: principal.organizationId, key };
    return { key, ...(await this.#delete(principal, term)) };
  }

  async values(organizationId: string, key: string | undefined): Promise<TagValue[]> {
    const { sql } = this.#database;
    const rows = await store.listValues(sql, organizationId, key);
    const usage = await store.countWorkflowsByValue(sql, organizationId, key);
    const counts = new Map(usage.map(({ key, value, count }) => [`${key}:${value}`, count]));
    return rows.map(({ key, value, color }) => ({
      key,
      value,
      color: color as TagColor,
      workflow_count: counts.get(`${key}:${value}`) ?? 0,
    }));
  }

  /** @throws LapwingError `conflict` when the value is there already. */
  async createValue(organizationId: string, request: TagValueCreate): Promise<TagValue> {
    const { key, value } = request;
    const color = request.color ?? plainColor;
    const term = { organizationId, key, value };
    return this.#alone(organizationId, async (tx) => {
      await store.addKeys(tx, organizationId, [key]);
      if (!(await store.addValue(tx, { ...term, color }))) throw taken(term);
      return { key, value, color, workflow_count: await store.countWorkflows(tx, term) };
    });
  }

  /** @throws LapwingError `not_found` */
  async recolor(
    organizationId: string,
    key: string,
    change: { readonly value: string; readonly color: TagColor },
  ): Promise<TagValue> {
    const term = { organizationId, key, value: change.value };
    return this.#alone(organizationId, async (tx) => {
      await this.#known(tx, term);
      await store.addKeys(tx, organizationId, [key]);
      await store.colorValue(tx, { ...term, color: change.color });
      return { key, ...change, workflow_count: await store.countWorkflows(tx, term) };
    });
  }

  /**
   * Renames a value on everything that has it.
   * @throws LapwingError `not_found`, `conflict` when the new name is in the vocabulary or in use.
   */
  async rename(
    principal: Principal,
    key: string,
    names: { readonly value: string; readonly new_value: string },
  ): Promise<TagValueRenamed> {
    const { organizationId } = principal;
    const before = { organizationId, key, value: names.value };
    const after = { organizationId, key, value: names.new_value };
    return this.#alone(organizationId, async (tx) => {
      await this.#known(tx, before);
      if (await isKnown(tx, after)) throw taken(after);
      const color = (await store.findValue(tx, before))?.color ?? plainColor;
      await store.forgetValue(tx, before);
      await store.addKeys(tx, organizationId, [key]);
      await store.addValue(tx, { ...after, color });
      const { workflows } = await store.changeTerm(tx, before, {
        eventType: 'set',
        newValue: names.new_value,
        setBy: principal.apiKeyId,
        at: new Date(),
      });
      return {
        key,
        value: names.new_value,
        color: color as TagColor,
        renamed_workflow_count: workflows,
      };
    });
  }

  /** Takes a value out of the vocabulary and off everything that has it. @throws LapwingError `not_found` */
  async deleteValue(principal: Principal, key: string, value: string): Promise<TagValueDeleted> {
    const term = { organizationId: principal.organizationId, key, value };
    return { key, value, ...(await this.#delete(principal, term)) };
  }

  async #delete(
    { organizationId, apiKeyId }: Principal,
    term: store.Term,
  ): Promise<Omit<TagKeyDeleted, 'key'>> {
    return this.#alone(organizationId, async (tx) => {
      await this.#known(tx, term);
      await (term.value === undefined ? store.forgetKey(tx, term) : store.forgetValue(tx, term));
      const { workflows, runs } = await store.changeTerm(tx, term, {
        eventType: 'delete',
        newValue: null,
        setBy: apiKeyId,
        at: new Date(),
      });
      return {
        removed_from_workflow_count: workflows,
        removed_from_run_count: runs,
        removed_count: workflows + runs,
      };
    });
  }

  /** A transaction beside which nothing changes the tags of the organization. */
  #alone<T>(organizationId: string, work: (tx: Sql) => Promise<T>): Promise<T> {
    return this.#database.transaction(async (tx) => {
      await store.lockVocabulary(tx, organizationId, 'alone');
      return work(tx);
    });
  }

  async #known(tx: Sql, term: store.Term): Promise<void> {
    if (!(await isKnown(tx, term)))
      throw new LapwingError('not_found', `${nameOf(term)} not found`);
  }
}

/** Whether the vocabulary has it, or something carries it. */
async function isKnown(tx: Sql, term: store.Term): Promise<boolean> {
  const listed =
    term.value === undefined ? await store.findKey(tx, term) : await store.findValue(tx, term);
  return listed !== undefined || (await store.isInUse(tx, term));
}
