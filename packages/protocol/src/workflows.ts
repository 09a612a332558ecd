import { z } from 'zod';
import { JsonMap, ProxyLocation, StringMap, WireTime } from './fields.ts';

/** Body of create and update: one of the two; the YAML one is used when both are given. */
export const WorkflowBody = z
  .object({
    json_definition: JsonMap.nullish(),
    yaml_definition: z.string().nullish(),
  })
  .refine((body) => typeof body.yaml_definition === 'string' || body.json_definition != null, {
    message: 'Give json_definition (an object) or yaml_definition (a text)',
  })
  .meta({ id: 'WorkflowBody' });
export type WorkflowBody = z.infer<typeof WorkflowBody>;

export const WorkflowStatus = z.enum([
  'published',
  'draft',
  'auto_generated',
  'importing',
  'import_failed',
]);
export type WorkflowStatus = z.infer<typeof WorkflowStatus>;

/** One version of a workflow (reference: api.md §12). */
export const Workflow = z
  .object({
    workflow_id: z.string().meta({ description: 'The version: `w_…`' }),
    organization_id: z.string(),
    title: z.string(),
    workflow_permanent_id: z.string().meta({ description: 'The workflow for good: `wpid_…`' }),
    agent_id: z.string(),
    version: z.number().int(),
    is_saved_task: z.boolean(),
    is_template: z.boolean(),
    description: z.string().nullable(),
    workflow_definition: JsonMap,
    proxy_location: ProxyLocation.nullable(),
    webhook_callback_url: z.string().nullable(),
    totp_verification_url: z.string().nullable(),
    totp_identifier: z.string().nullable(),
    persist_browser_session: z.boolean(),
    reuse_browser_session: z.boolean(),
    mask_secrets: z.boolean(),
    pin_saved_session_ip: z.boolean(),
    browser_profile_id: z.string().nullable(),
    browser_profile_key: z.string().nullable(),
    model: JsonMap.nullable(),
    status: WorkflowStatus,
    max_screenshot_scrolls: z.number().int().nullable(),
    max_elapsed_time_minutes: z.number().int().nullable(),
    extra_http_headers: StringMap.nullable(),
    cdp_connect_headers: StringMap.nullable(),
    run_with: z.string(),
    ai_fallback: z.boolean(),
    cache_key: z.string().nullable(),
    adaptive_caching: z.boolean(),
    enable_self_healing: z.boolean(),
    code_version: z.number().int().nullable(),
    generate_script_on_terminal: z.boolean(),
    run_sequentially: z.boolean().nullable(),
    sequential_key: z.string().nullable(),
    folder_id: z.string().nullable(),
    import_error: z.string().nullable(),
    created_by: z.string().nullable(),
    edited_by: z.string().nullable(),
    copilot_authored: z.boolean(),
    created_at: WireTime,
    modified_at: WireTime,
    deleted_at: WireTime.nullable(),
  })
  .meta({ id: 'Workflow' });
export type Workflow = z.infer<typeof Workflow>;
