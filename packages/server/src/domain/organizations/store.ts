import { and, asc, desc, eq, sql as raw, type SQL } from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { apiKeys, organizations } from '../../db/tables/organizations.ts';

export type OrganizationRow = typeof organizations.$inferSelect;
export type ApiKeyRow = typeof apiKeys.$inferSelect;

export async function findFirstOrganization(sql: Sql): Promise<OrganizationRow | undefined> {
  const rows = await sql
    .select()
    .from(organizations)
    .orderBy(asc(organizations.createdAt))
    .limit(1);
  return rows[0];
}

export async function findOrganization(
  sql: Sql,
  organizationId: string,
): Promise<OrganizationRow | undefined> {
  const rows = await sql
    .select()
    .from(organizations)
    .where(eq(organizations.organizationId, organizationId));
  return rows[0];
}

/**
 * How many runs of an organization may go on at a time, null for any number: its own limit, else that of all.
 */
export function runLimitOf(organizationId: string, ofAll: number | null): SQL<number | null> {
  return raw`coalesce(
    (select (settings ->> 'max_concurrent_runs')::int from organizations where organization_id = ${organizationId}),
    ${ofAll}::int)`;
}

export async function insertOrganization(
  sql: Sql,
  row: typeof organizations.$inferInsert,
): Promise<void> {
  await sql.insert(organizations).values(row);
}

export async function updateWebhookSecrets(
  sql: Sql,
  organizationId: string,
  sealed: string[],
): Promise<void> {
  await sql
    .update(organizations)
    .set({ webhookSecretsSealed: sealed, modifiedAt: new Date() })
    .where(eq(organizations.organizationId, organizationId));
}

/** Adds a key, or makes a known one valid again. */
export async function insertApiKey(sql: Sql, row: typeof apiKeys.$inferInsert): Promise<void> {
  await sql
    .insert(apiKeys)
    .values(row)
    .onConflictDoUpdate({ target: apiKeys.keyHash, set: { valid: true, modifiedAt: new Date() } });
}

export async function findKeyByHash(sql: Sql, keyHash: string): Promise<ApiKeyRow | undefined> {
  const rows = await sql
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.keyHash, keyHash), eq(apiKeys.valid, true)));
  return rows[0];
}

export async function findKey(sql: Sql, apiKeyId: string): Promise<ApiKeyRow | undefined> {
  const rows = await sql.select().from(apiKeys).where(eq(apiKeys.apiKeyId, apiKeyId));
  return rows[0];
}

export async function findNewestKey(
  sql: Sql,
  organizationId: string,
): Promise<ApiKeyRow | undefined> {
  const rows = await sql
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.organizationId, organizationId), eq(apiKeys.valid, true)))
    .orderBy(desc(apiKeys.createdAt))
    .limit(1);
  return rows[0];
}

/** Oldest first. */
export async function listOrganizations(sql: Sql): Promise<OrganizationRow[]> {
  return sql
    .select()
    .from(organizations)
    .orderBy(asc(organizations.createdAt), asc(organizations.organizationId));
}

/** Nobody else changes the organization or takes one of its keys away until the transaction ends. */
export async function lockOrganization(
  tx: Sql,
  organizationId: string,
): Promise<OrganizationRow | undefined> {
  const rows = await tx
    .select()
    .from(organizations)
    .where(eq(organizations.organizationId, organizationId))
    .for('update');
  return rows[0];
}

export async function updateOrganization(
  sql: Sql,
  organizationId: string,
  change: Pick<Partial<typeof organizations.$inferInsert>, 'slug' | 'settings'>,
): Promise<void> {
  await sql
    .update(organizations)
    .set({ ...change, modifiedAt: new Date() })
    .where(eq(organizations.organizationId, organizationId));
}

/** Newest first, revoked ones too. */
export async function listKeys(sql: Sql, organizationId: string): Promise<ApiKeyRow[]> {
  return sql
    .select()
    .from(apiKeys)
    .where(eq(apiKeys.organizationId, organizationId))
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.apiKeyId));
}

export async function invalidateKey(sql: Sql, apiKeyId: string): Promise<void> {
  await sql
    .update(apiKeys)
    .set({ valid: false, modifiedAt: new Date() })
    .where(eq(apiKeys.apiKeyId, apiKeyId));
}
