import { boolean, index, json, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { createdAt, modifiedAt } from './columns.ts';

export const organizations = pgTable('organizations', {
  organizationId: text('organization_id').primaryKey(),
  name: text('organization_name').notNull(),
  slug: text('slug').unique('organizations_slug'),
  /** Limits and addresses, as PUT /api/v1/organizations takes them. */
  settings: json('settings').notNull().$type<Record<string, unknown>>().default({}),
  /** `whsec_…` secrets, newest first, sealed; the first two sign webhooks so that a rotation loses none. */
  webhookSecretsSealed: json('webhook_secrets_sealed').$type<string[]>().notNull(),
  createdAt: createdAt(),
  modifiedAt: modifiedAt(),
});

export const apiKeys = pgTable(
  'api_keys',
  {
    apiKeyId: text('api_key_id').primaryKey(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.organizationId),
    /** SHA-256 of the key, hex: what a request is looked up by. */
    keyHash: text('key_hash').notNull(),
    /** The key itself, sealed: webhooks are signed with it (api.md §8.3). */
    keySealed: text('key_sealed').notNull(),
    valid: boolean('valid').notNull().default(true),
    createdAt: createdAt(),
    modifiedAt: modifiedAt(),
  },
  (t) => [
    uniqueIndex('api_keys_hash').on(t.keyHash),
    index('api_keys_organization').on(t.organizationId),
  ],
);
