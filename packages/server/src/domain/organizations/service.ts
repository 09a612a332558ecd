import { createHash, randomBytes } from 'node:crypto';
import type {
  ApiKey,
  Organization,
  OrganizationCreated,
  OrganizationUpdate,
  UiSession,
} from '@lapwing/protocol';
import type { Database, Sql } from '../../db/database.ts';
import { isUniqueViolation } from '../../db/errors.ts';
import { LapwingError } from '../../errors.ts';
import { newId } from '../../lib/ids.ts';
import type { Seal } from '../../lib/seal.ts';
import { updatedSettings } from './settings.ts';
import * as store from './store.ts';
import { makeUiSession, readUiSession } from './ui-session.ts';
import { keyView, organizationView } from './view.ts';

/** SQL of how many runs of an organization may go on at a time, null for any number: its own limit, else that of all. */
export const runLimitOf: typeof store.runLimitOf = store.runLimitOf;

/** Who is asking: the organization, and the key of the request. */
export interface Principal {
  readonly organizationId: string;
  readonly apiKeyId: string;
  /** A token of a session speaks for the key; such a one manages no keys. */
  readonly isSession?: boolean;
}

const missing = (organizationId: string) =>
  new LapwingError('not_found', `Organization ${organizationId} not found`);

/** What is shown of a key, to be told from others. */
const endOf = (key: string) => `…${key.slice(-4)}`;

const hashOf = (key: string) => createHash('sha256').update(key, 'utf8').digest('hex');
const unixSeconds = () => Math.floor(Date.now() / 1000);
const newWebhookSecret = () => `whsec_${randomBytes(24).toString('base64')}`;
const newKey = () => `lw_${randomBytes(32).toString('base64url')}`;
/** The newest secret signs, and the one before it until the next rotation. */
const secretsKept = 2;

/** Organizations and their keys. */
export class OrganizationsService {
  readonly #database: Database;
  readonly #seal: Seal;
  readonly #sessionKey: Uint8Array;

  constructor(database: Database, seal: Seal) {
    this.#database = database;
    this.#seal = seal;
    this.#sessionKey = seal.derive('ui-sessions');
  }

  /**
   * @param key A key, or the token of a session.
   * @throws LapwingError `invalid_credentials` when it is missing, unknown, revoked or expired.
   */
  async authenticate(key: string | undefined): Promise<Principal> {
    if (key === undefined || key === '') {
      throw new LapwingError('invalid_credentials', 'No API key: send it in the header x-api-key');
    }
    const row = await store.findKeyByHash(this.#database.sql, hashOf(key));
    if (row !== undefined) return { organizationId: row.organizationId, apiKeyId: row.apiKeyId };
    const session = readUiSession(this.#sessionKey, key, unixSeconds());
    const speaksFor =
      session === null ? undefined : await store.findKey(this.#database.sql, session.apiKeyId);
    if (session !== null && speaksFor?.valid === true) return { ...session, isSession: true };
    throw new LapwingError(
      'invalid_credentials',
      'The API key in x-api-key is not known here, was revoked, or has expired',
    );
  }

  /** A token that speaks for the key for up to an hour. @throws LapwingError `not_allowed` for a session. */
  createUiSession(principal: Principal): UiSession {
    this.assertKey(principal);
    const { organizationId, apiKeyId } = principal;
    return makeUiSession(this.#sessionKey, { organizationId, apiKeyId }, unixSeconds());
  }

  /** @throws LapwingError `not_allowed` when only the token of a session was sent. */
  assertKey({ isSession = false }: Principal): void {
    if (isSession) {
      const message = 'The token of a session may not do this: send an API key in x-api-key';
      throw new LapwingError('not_allowed', message);
    }
  }

  /** What is sealed in the database can be opened here. @throws LapwingError `unavailable` */
  async #assertSealed(): Promise<void> {
    const first = await store.findFirstOrganization(this.#database.sql);
    const sealed = first?.webhookSecretsSealed[0];
    if (sealed === undefined) return;
    try {
      this.#seal.open(sealed);
    } catch (error) {
      throw new LapwingError(
        'unavailable',
        'The secrets in this database were sealed with another key: give every process the same LAPWING_SECRET_KEY, or the secret.key of the data folder that they were sealed with',
        { cause: error },
      );
    }
  }

  /**
   * Makes the first organization when there is none. Of processes that start together, one does.
   * @param presetKey Becomes (and stays) a valid key of the first organization.
   * @returns The key that was made, to be shown once; null when none had to be made.
   * @throws LapwingError `unavailable` when another process has sealed what is there with another key.
   */
  async ensureFirst(presetKey: string | undefined): Promise<string | null> {
    return this.#database.alone(async () => {
      await this.#assertSealed();
      return this.#makeFirst(presetKey);
    });
  }

  async #makeFirst(presetKey: string | undefined): Promise<string | null> {
    return this.#database.transaction(async (tx) => {
      const existing = await store.findFirstOrganization(tx);
      const organizationId = existing?.organizationId ?? newId('o');
      if (existing === undefined) {
        await this.#insert(tx, organizationId, 'Lapwing');
      }
      if (presetKey !== undefined) await this.#addKey(tx, organizationId, presetKey);
      if (presetKey !== undefined || existing !== undefined) return null;
      const made = newKey();
      await this.#addKey(tx, organizationId, made);
      return made;
    });
  }

  async #addKey(tx: Sql, organizationId: string, key: string): Promise<void> {
    await store.insertApiKey(tx, {
      apiKeyId: newId('oat'),
      organizationId,
      keyHash: hashOf(key),
      keySealed: this.#seal.seal(key),
    });
  }

  async #insert(tx: Sql, organizationId: string, name: string): Promise<void> {
    await store.insertOrganization(tx, {
      organizationId,
      name,
      webhookSecretsSealed: [this.#seal.seal(newWebhookSecret())],
    });
  }

  /** Whether it is the first organization, which may make others. */
  async isFirst(organizationId: string): Promise<boolean> {
    const first = await store.findFirstOrganization(this.#database.sql);
    return first?.organizationId === organizationId;
  }

  /** Makes an organization with its first key, whose text is in no other answer. */
  async create(name: string): Promise<OrganizationCreated> {
    const organizationId = newId('o');
    await this.#database.transaction((tx) => this.#insert(tx, organizationId, name));
    return {
      api_key: await this.createKey(organizationId),
      organization: await this.get(organizationId),
    };
  }

  /** Oldest first. */
  async list(): Promise<Organization[]> {
    return (await store.listOrganizations(this.#database.sql)).map(organizationView);
  }

  /** @throws LapwingError `not_found` */
  async get(organizationId: string): Promise<Organization> {
    const row = await store.findOrganization(this.#database.sql, organizationId);
    if (row === undefined) throw missing(organizationId);
    return organizationView(row);
  }

  /** @throws LapwingError `invalid_parameters`, `not_supported`, `conflict` when the slug is taken. */
  async update(organizationId: string, update: OrganizationUpdate): Promise<Organization> {
    try {
      return await this.#database.transaction(async (tx) => {
        const before = await store.lockOrganization(tx, organizationId);
        if (before === undefined) throw missing(organizationId);
        const change = {
          slug: update.slug ?? before.slug,
          settings: updatedSettings(before.settings, update),
        };
        await store.updateOrganization(tx, organizationId, change);
        return organizationView({ ...before, ...change, modifiedAt: new Date() });
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const message = `slug ${update.slug} is taken: choose another one`;
      throw new LapwingError('conflict', message, { cause: error });
    }
  }

  /** Makes a key; its text is in no other answer. @throws LapwingError `not_found` */
  async createKey(organizationId: string): Promise<ApiKey> {
    await this.get(organizationId);
    const key = newKey();
    await this.#addKey(this.#database.sql, organizationId, key);
    const row = await store.findKeyByHash(this.#database.sql, hashOf(key));
    if (row === undefined) throw new Error('The key that was just made is not there');
    return keyView(row, key);
  }

  /**
   * The keys of an organization, newest first, each by its end.
   * @param asking This key is shown whole, and first.
   */
  async keys(organizationId: string, asking: string | null): Promise<ApiKey[]> {
    const rows = await store.listKeys(this.#database.sql, organizationId);
    const views = rows.map((row) => {
      const key = this.#seal.open(row.keySealed);
      return keyView(row, row.apiKeyId === asking ? key : endOf(key));
    });
    return views.sort((a, b) => Number(b.id === asking) - Number(a.id === asking));
  }

  /** Makes a key invalid, at once. @throws LapwingError `not_found`, `invalid_state` for the last valid one. */
  async revokeKey(organizationId: string, apiKeyId: string): Promise<ApiKey> {
    return this.#database.transaction(async (tx) => {
      await store.lockOrganization(tx, organizationId);
      const rows = await store.listKeys(tx, organizationId);
      const row = rows.find((one) => one.apiKeyId === apiKeyId);
      if (row === undefined) throw new LapwingError('not_found', `Key ${apiKeyId} not found`);
      if (!rows.some((one) => one.valid && one.apiKeyId !== apiKeyId)) {
        throw new LapwingError(
          'invalid_state',
          `${apiKeyId} is the last valid key of ${organizationId}: make another one before`,
        );
      }
      await store.invalidateKey(tx, apiKeyId);
      return keyView({ ...row, valid: false }, endOf(this.#seal.open(row.keySealed)));
    });
  }

  /** The key that signs a webhook: the one named, else the organization's newest valid one (api.md §8.3). */
  async signingKey(organizationId: string, apiKeyId: string | null): Promise<string | null> {
    const named = apiKeyId === null ? undefined : await store.findKey(this.#database.sql, apiKeyId);
    const row = named ?? (await store.findNewestKey(this.#database.sql, organizationId));
    return row === undefined ? null : this.#seal.open(row.keySealed);
  }

  /** `whsec_…`, newest first. */
  async webhookSecrets(organizationId: string): Promise<string[]> {
    const row = await store.findOrganization(this.#database.sql, organizationId);
    return (row?.webhookSecretsSealed ?? []).map((sealed) => this.#seal.open(sealed));
  }

  async rotateWebhookSecret(organizationId: string): Promise<string[]> {
    const secrets = [newWebhookSecret(), ...(await this.webhookSecrets(organizationId))].slice(
      0,
      secretsKept,
    );
    const sealed = secrets.map((secret) => this.#seal.seal(secret));
    await store.updateWebhookSecrets(this.#database.sql, organizationId, sealed);
    return secrets;
  }
}
