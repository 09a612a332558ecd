import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  insertApiKey,
  insertOrganization,
} from '../../packages/server/src/domain/organizations/store.ts';
import { newId } from '../../packages/server/src/lib/ids.ts';
import { loadOrCreateKey, Seal } from '../../packages/server/src/lib/seal.ts';
import type { Lapwing } from './lapwing.ts';

/** An organization beside the first one. */
export interface OtherOrganization {
  readonly organizationId: string;
  readonly apiKeyId: string;
  /** Headers that speak for it: put them behind those of {@link Lapwing.request}. */
  readonly headers: { readonly 'x-api-key': string };
}

/** Makes another organization, whose key and webhook secret are known before. */
export async function addOrganization(lapwing: Lapwing, name: string): Promise<OtherOrganization> {
  const { config, database } = lapwing.server.app;
  const seal = new Seal(await loadOrCreateKey(join(config.LAPWING_DATA_DIR, 'secret.key')));
  const organizationId = newId('o');
  const apiKeyId = newId('oat');
  const apiKey = `key-of-${name}-0123456789`;
  await insertOrganization(database.sql, {
    organizationId,
    name,
    webhookSecretsSealed: [seal.seal('whsec_b3RoZXI=')],
  });
  await insertApiKey(database.sql, {
    apiKeyId,
    organizationId,
    keyHash: createHash('sha256').update(apiKey, 'utf8').digest('hex'),
    keySealed: seal.seal(apiKey),
  });
  return { organizationId, apiKeyId, headers: { 'x-api-key': apiKey } };
}
