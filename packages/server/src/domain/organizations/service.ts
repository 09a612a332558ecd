import { createHash, randomBytes } from 'node:crypto';
import type { Database, Sql } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import { newId } from '../../lib/ids.ts';
import type { Seal } from '../../lib/seal.ts';
import * as store from './store.ts';

/** Who is asking: the organization, and the key of the request. */
export interface Principal {
  readonly organizationId: string;
  readonly apiKeyId: string;
}

const hashOf = (key: string) => createHash('sha256').update(key, 'utf8').digest('hex');
const newWebhookSecret = () => `whsec_${randomBytes(24).toString('base64')}`;
/** The newest secret signs, and the one before it until the next rotation. */
const secretsKept = 2;

/** Organizations and their keys. */
export class OrganizationsService {
  readonly #database: Database;
  readonly #seal: Seal;

  constructor(database: Database, seal: Seal) {
    this.#database = database;
    this.#seal = seal;
  }

  /** @throws LapwingError `invalid_credentials` when the key is missing, unknown or revoked. */
  async authenticate(key: string | undefined): Promise<Principal> {
    if (key === undefined || key === '') {
      throw new LapwingError('invalid_credentials', 'No API key: send it in the header x-api-key');
    }
    const row = await store.findKeyByHash(this.#database.sql, hashOf(key));
    if (row === undefined) {
      throw new LapwingError(
        'invalid_credentials',
        'The API key in x-api-key is not known here, or was revoked',
      );
    }
    return { organizationId: row.organizationId, apiKeyId: row.apiKeyId };
  }

  /**
   * Makes the first organization when there is none.
   * @param presetKey Becomes (and stays) a valid key of the first organization.
   * @returns The key that was made, to be shown once; null when none had to be made.
   */
  async ensureFirst(presetKey: string | undefined): Promise<string | null> {
    return this.#database.transaction(async (tx) => {
      const existing = await store.findFirstOrganization(tx);
      const organizationId = existing?.organizationId ?? newId('o');
      if (existing === undefined) {
        await store.insertOrganization(tx, {
          organizationId,
          name: 'Lapwing',
          webhookSecretsSealed: [this.#seal.seal(newWebhookSecret())],
        });
      }
      if (presetKey !== undefined) await this.#addKey(tx, organizationId, presetKey);
      if (presetKey !== undefined || existing !== undefined) return null;
      const made = `lw_${randomBytes(32).toString('base64url')}`;
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
