import { z } from 'zod';
import type { JsonObject, JsonValue } from '../json.ts';
import { boundedInteger, laxBoolean, laxInteger, optional } from './lax.ts';
import { proxyLocationNames } from './proxy-locations.ts';

/** A parameter as a request declares it, its defaults filled in (blocks.md §2.1). */
export interface DeclaredParameter {
  readonly parameter_type: string;
  readonly key: string;
  readonly description: string | null;
  readonly [field: string]: JsonValue;
}

/** A block as a request writes it, its defaults filled in: the common fields and those of its type. */
export interface RequestBlock {
  readonly block_type: string;
  readonly label: string;
  readonly next_block_label: string | null;
  readonly continue_on_failure: boolean;
  readonly next_loop_on_failure: boolean;
  readonly model: JsonObject | null;
  readonly ignore_workflow_system_prompt: boolean;
  readonly retry_on_interruption?: boolean;
  readonly parameter_keys: readonly string[] | null;
  readonly loop_blocks?: readonly RequestBlock[];
  readonly [field: string]: unknown;
}

/** `workflow_definition` of a request (blocks.md §1.2). */
export interface RequestDefinition {
  /** As given, or computed: 2 when a top-level block is a conditional or has a `next_block_label`, else 1. */
  readonly version: number;
  readonly parameters: readonly DeclaredParameter[];
  readonly blocks: readonly RequestBlock[];
  readonly finally_block_label: string | null;
  readonly error_code_mapping: Readonly<Record<string, string>> | null;
  readonly workflow_system_prompt: string | null;
  readonly completion_contract: JsonObject | null;
}

const stringMap = z.record(z.string(), z.string());
const jsonMap = z.record(z.string(), z.unknown());

/** Fields of a definition; `parameters` and `blocks` are parsed one by one, to list the problems of each. */
export const definitionFields = z.object({
  version: optional(laxInteger),
  parameters: z.array(z.unknown()),
  blocks: z.array(z.unknown()),
  finally_block_label: optional(z.string()),
  error_code_mapping: optional(stringMap),
  workflow_system_prompt: optional(z.string()),
  completion_contract: optional(jsonMap),
});

/** Unknown spellings of `run_with` mean `agent` (blocks.md §1.1). */
function runWith(value: unknown): 'agent' | 'code' {
  return value === 'code' || value === 'code_v2' ? 'code' : 'agent';
}

function trimmedOrNull(value: string | null): string | null {
  const text = (value ?? '').trim();
  return text === '' ? null : text;
}

/**
 * Settings of a workflow, as create and update take them. Fields that an update inherits when they are left out
 * (`max_elapsed_time_minutes`, `cdp_connect_headers`, `pin_saved_session_ip`) are absent then; null clears them.
 */
export const workflowFields = z.object({
  title: z.string(),
  description: optional(z.string()),
  proxy_location: optional(z.union([z.enum(proxyLocationNames), jsonMap])),
  webhook_callback_url: optional(z.string()),
  totp_verification_url: optional(z.string()),
  totp_identifier: optional(z.string()),
  persist_browser_session: laxBoolean.default(false),
  reuse_browser_session: laxBoolean.default(false),
  mask_secrets: optional(laxBoolean),
  pin_saved_session_ip: laxBoolean.optional(),
  browser_profile_id: optional(z.string()),
  browser_profile_key: optional(z.string()).transform(trimmedOrNull),
  model: optional(jsonMap),
  is_saved_task: laxBoolean.default(false),
  max_screenshot_scrolls: optional(
    laxInteger.transform((scrolls) => Math.min(1000, Math.max(0, scrolls))),
  ),
  max_elapsed_time_minutes: boundedInteger(1, 480).nullable().optional(),
  extra_http_headers: optional(stringMap),
  cdp_connect_headers: stringMap.nullable().optional(),
  status: z
    .enum(['published', 'draft', 'auto_generated', 'importing', 'import_failed'])
    .default('published'),
  run_with: z.unknown().optional().transform(runWith),
  ai_fallback: laxBoolean.default(true),
  cache_key: z.string().nullable().default('default'),
  adaptive_caching: laxBoolean.default(false),
  enable_self_healing: optional(laxBoolean),
  code_version: optional(boundedInteger(1, 2)),
  generate_script_on_terminal: laxBoolean.default(false),
  run_sequentially: laxBoolean.default(false),
  sequential_key: optional(z.string()),
  folder_id: optional(z.string()),
});

/** A create or update request that has passed every check; defaults are filled in. */
export interface WorkflowRequest extends z.output<typeof workflowFields> {
  readonly workflow_definition: RequestDefinition;
}
