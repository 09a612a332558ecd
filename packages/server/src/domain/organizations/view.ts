import type { ApiKey, Organization } from '@lapwing/protocol';
import { wireTime } from '../../lib/time.ts';
import type { ApiKeyRow, OrganizationRow } from './store.ts';

/** What PUT /api/v1/organizations changes besides the slug. */
export type OrganizationSettings = Pick<
  Organization,
  | 'webhook_callback_url'
  | 'max_steps_per_run'
  | 'max_steps_per_workflow_run'
  | 'max_retries_per_step'
  | 'max_concurrent_runs'
>;

export function organizationView(row: OrganizationRow): Organization {
  const settings = row.settings as Partial<OrganizationSettings>;
  return {
    organization_id: row.organizationId,
    organization_name: row.name,
    slug: row.slug,
    webhook_callback_url: settings.webhook_callback_url ?? null,
    max_steps_per_run: settings.max_steps_per_run ?? null,
    max_steps_per_workflow_run: settings.max_steps_per_workflow_run ?? null,
    max_retries_per_step: settings.max_retries_per_step ?? null,
    max_concurrent_runs: settings.max_concurrent_runs ?? null,
    domain: null,
    bw_organization_id: null,
    bw_collection_ids: null,
    artifact_url_expiry_seconds: null,
    default_llm_key: null,
    default_secondary_llm_key: null,
    created_at: wireTime(row.createdAt),
    modified_at: wireTime(row.modifiedAt),
  };
}

/** @param token The text of the key, or what may be shown of it. */
export function keyView(row: ApiKeyRow, token: string): ApiKey {
  return {
    id: row.apiKeyId,
    organization_id: row.organizationId,
    token_type: 'api',
    token,
    valid: row.valid,
    created_at: wireTime(row.createdAt),
    modified_at: wireTime(row.modifiedAt),
  };
}
