import { boundedInteger } from '@lapwing/workflow';
import { z } from 'zod';
import { WireTime } from './fields.ts';

const count = z.number().int().nullable();

/** An organization as the reference shows it (reference: api.md §24). */
export const Organization = z
  .object({
    organization_id: z.string(),
    organization_name: z.string(),
    slug: z.string().nullable(),
    webhook_callback_url: z.string().nullable(),
    max_steps_per_run: count,
    max_steps_per_workflow_run: count,
    max_retries_per_step: count,
    max_concurrent_runs: count.meta({
      description:
        'Runs that go on at a time, further ones wait; null: as many as the server allows (beyond the reference)',
    }),
    domain: z.string().nullable(),
    bw_organization_id: z.string().nullable(),
    bw_collection_ids: z.array(z.string()).nullable(),
    artifact_url_expiry_seconds: count,
    default_llm_key: z.string().nullable(),
    default_secondary_llm_key: z.string().nullable(),
    created_at: WireTime,
    modified_at: WireTime,
  })
  .meta({ id: 'Organization' });
export type Organization = z.infer<typeof Organization>;

export const Organizations = z.object({ organizations: z.array(Organization) });

const atLeast = (minimum: number) => boundedInteger(minimum, 2 ** 31 - 1).nullish();

/** Body of PUT /api/v1/organizations: what is left out stays. */
export const OrganizationUpdate = z
  .object({
    organization_name: z.string().trim().min(1).max(255).nullish(),
    slug: z
      .string()
      .regex(/^[a-z0-9-]{1,20}$/, '1 to 20 of a-z, 0-9 and -')
      .nullish(),
    webhook_callback_url: z.string().nullish(),
    max_steps_per_run: atLeast(1),
    max_steps_per_workflow_run: atLeast(1),
    clear_max_steps_per_workflow_run: z.boolean().default(false),
    max_retries_per_step: atLeast(0),
    max_concurrent_runs: atLeast(1).meta({
      description: 'Runs that go on at a time (beyond the reference)',
    }),
    clear_max_concurrent_runs: z.boolean().default(false),
    artifact_url_expiry_seconds: z.number().int().nullish(),
    clear_artifact_url_expiry_seconds: z.boolean().default(false),
    default_llm_key: z.string().nullish(),
    clear_default_llm_key: z.boolean().default(false),
    default_secondary_llm_key: z.string().nullish(),
    clear_default_secondary_llm_key: z.boolean().default(false),
  })
  .meta({ id: 'OrganizationUpdate' });
export type OrganizationUpdate = z.infer<typeof OrganizationUpdate>;

export const OrganizationCreate = z
  .object({ organization_name: z.string().trim().min(1).max(255) })
  .meta({ id: 'OrganizationCreate' });

/** A key. Its text is shown once, when it is made; after that only its end. */
export const ApiKey = z
  .object({
    id: z.string().meta({ description: '`oat_…`' }),
    organization_id: z.string(),
    token_type: z.literal('api'),
    token: z.string().meta({ description: 'The whole key, or `…` and its last four characters' }),
    valid: z.boolean(),
    created_at: WireTime,
    modified_at: WireTime,
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;

export const ApiKeys = z.object({ api_keys: z.array(ApiKey) });

export const OrganizationCreated = z
  .object({ organization: Organization, api_key: ApiKey })
  .meta({ id: 'OrganizationCreated' });
export type OrganizationCreated = z.infer<typeof OrganizationCreated>;
