import { z } from 'zod';
import { optional } from './lax.ts';

export const workflowParameterTypes = [
  'string',
  'integer',
  'float',
  'boolean',
  'json',
  'file_url',
  'credential_id',
] as const;

/** Type of a value that a run is started with (blocks.md §2.2). */
export type WorkflowParameterType = (typeof workflowParameterTypes)[number];

/** One kind of declared parameter: how a request writes it, and the id that it is stored under. */
export interface ParameterKind {
  /** Own fields of the request, beside `parameter_type`, `key` and `description`. */
  readonly fields: z.ZodObject;
  /** Name and prefix of the stored id; null for context parameters, which are not stored by themselves. */
  readonly id: { readonly field: string; readonly prefix: string } | null;
}

const bitwardenAccess = {
  bitwarden_client_id_aws_secret_key: z.string(),
  bitwarden_client_secret_aws_secret_key: z.string(),
  bitwarden_master_password_aws_secret_key: z.string(),
};

/** Every `parameter_type` that a request may declare (blocks.md §2.1). */
export const parameterKinds: ReadonlyMap<string, ParameterKind> = new Map<string, ParameterKind>([
  [
    'workflow',
    {
      fields: z.object({
        workflow_parameter_type: z.enum(workflowParameterTypes),
        default_value: z
          .unknown()
          .optional()
          .transform((value) => value ?? null),
      }),
      id: { field: 'workflow_parameter_id', prefix: 'wp' },
    },
  ],
  ['context', { fields: z.object({ source_parameter_key: z.string() }), id: null }],
  [
    'credential',
    {
      fields: z.object({
        credential_id: z.string(),
        credential_ids: optional(z.array(z.string())),
        selection_strategy: optional(z.string()),
        fallback_credential_ids: optional(z.array(z.string())),
        fallback_trigger: optional(z.string()),
      }),
      id: { field: 'credential_parameter_id', prefix: 'cp' },
    },
  ],
  [
    'aws_secret',
    {
      fields: z.object({ aws_key: z.string() }),
      id: { field: 'aws_secret_parameter_id', prefix: 'asp' },
    },
  ],
  [
    'bitwarden_login_credential',
    {
      fields: z.object({
        ...bitwardenAccess,
        url_parameter_key: optional(z.string()),
        bitwarden_collection_id: optional(z.string()),
        bitwarden_item_id: optional(z.string()),
      }),
      id: { field: 'bitwarden_login_credential_parameter_id', prefix: 'blc' },
    },
  ],
  [
    'bitwarden_sensitive_information',
    {
      fields: z.object({
        ...bitwardenAccess,
        bitwarden_collection_id: z.string(),
        bitwarden_identity_key: z.string(),
        bitwarden_identity_fields: z.array(z.string()),
      }),
      id: { field: 'bitwarden_sensitive_information_parameter_id', prefix: 'bsi' },
    },
  ],
  [
    'bitwarden_credit_card_data',
    {
      fields: z.object({
        ...bitwardenAccess,
        bitwarden_collection_id: z.string(),
        bitwarden_item_id: z.string(),
      }),
      id: { field: 'bitwarden_credit_card_data_parameter_id', prefix: 'bccd' },
    },
  ],
  [
    'onepassword',
    {
      fields: z.object({ vault_id: z.string(), item_id: z.string() }),
      id: { field: 'onepassword_credential_parameter_id', prefix: 'opp' },
    },
  ],
  [
    'azure_vault_credential',
    {
      fields: z.object({
        vault_name: z.string(),
        username_key: z.string(),
        password_key: z.string(),
        totp_secret_key: optional(z.string()),
      }),
      id: { field: 'azure_vault_credential_parameter_id', prefix: 'azcp' },
    },
  ],
]);
