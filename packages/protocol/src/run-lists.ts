import { z } from 'zod';
import {
  boundedCount,
  JsonMap,
  Page,
  PageSize,
  ProxyLocation,
  QueryBoolean,
  QueryInstant,
  repeated,
  StringMap,
  WireTime,
} from './fields.ts';
import { FileInfo } from './files.ts';
import {
  freshRefusal,
  freshStandsAlone,
  RunErrorEntry,
  RunRequest,
  RunResponse,
  RunStatus,
} from './runs.ts';
import { Workflow } from './workflows.ts';

/** What started a run (reference: api.md §1, `x-user-agent`). */
export const TriggerType = z.enum(['manual', 'mcp', 'api', 'scheduled', 'webhook']);
export type TriggerType = z.infer<typeof TriggerType>;

/** Kinds of runs (openapi.json `RunType`). All runs of this version are workflow runs. */
const RunType = z.enum([
  'task_v1',
  'task_v2',
  'task_v3',
  'workflow_run',
  'openai_cua',
  'anthropic_cua',
  'ui_tars',
  'yutori_navigator',
]);

/** A row of GET /v1/runs (reference: api.md §11). */
export const RunListItem = z
  .object({
    task_run_id: z.string().meta({ description: '`tr_…`' }),
    run_id: z.string(),
    task_run_type: z.string(),
    status: z.string(),
    title: z.string().nullable(),
    started_at: WireTime.nullable(),
    finished_at: WireTime.nullable(),
    created_at: WireTime,
    workflow_permanent_id: z.string().nullable(),
    workflow_deleted: z.boolean(),
    script_run: z.boolean(),
    trigger_type: TriggerType.nullable(),
  })
  .meta({ id: 'TaskRunListItem' });
export type RunListItem = z.infer<typeof RunListItem>;

const text = z.string().nullable();

/** A row of the lists of a workflow's runs (openapi.json `WorkflowRun`). */
export const WorkflowRun = z
  .object({
    workflow_run_id: z.string(),
    workflow_id: z.string().meta({ description: 'The version: `w_…`' }),
    workflow_permanent_id: z.string(),
    organization_id: z.string(),
    agent_id: z.string(),
    agent_run_id: z.string(),
    browser_session_id: text,
    browser_profile_id: text,
    browser_seed_source: text,
    browser_sink_profile_id: text,
    start_fresh_browser: z.boolean().nullable(),
    reuse_browser_session: z.boolean().nullable(),
    debug_session_id: text,
    status: RunStatus,
    extra_http_headers: StringMap.nullable(),
    cdp_connect_headers: StringMap.nullable().meta({ description: 'Every value is shown as ***' }),
    proxy_location: ProxyLocation.nullable(),
    webhook_callback_url: text,
    webhook_failure_reason: text,
    totp_verification_url: text,
    totp_identifier: text,
    failure_reason: text,
    failure_category: z.array(JsonMap).nullable(),
    retried_from_workflow_run_id: text,
    fallback_attempt: z.number().int().nullable(),
    parent_workflow_run_id: text,
    workflow_title: text,
    max_screenshot_scrolls: z.number().int().nullable(),
    max_elapsed_time_minutes: z.number().int().nullable(),
    browser_address: text,
    run_with: text,
    script_run: z.null(),
    job_id: text,
    depends_on_workflow_run_id: text,
    sequential_key: text,
    sequential_credential_id: text,
    ai_fallback: z.boolean().nullable(),
    code_gen: z.boolean().nullable(),
    trigger_type: TriggerType.nullable(),
    workflow_schedule_id: text,
    ignore_inherited_workflow_system_prompt: z.boolean(),
    copilot_session_id: text,
    credits_used: z.number().int(),
    cached_credits_used: z.number().int(),
    queued_at: WireTime.nullable(),
    started_at: WireTime.nullable(),
    finished_at: WireTime.nullable(),
    created_at: WireTime,
    modified_at: WireTime,
  })
  .meta({ id: 'WorkflowRun' });
export type WorkflowRun = z.infer<typeof WorkflowRun>;

const tags = repeated(z.string(), 20).meta({
  description:
    '`label`, `key:*` or `key:value`; keys and labels must all be there, of a key one value',
});

const cursor = z.string().max(200).optional().meta({
  description:
    'Go on behind the last row of another answer: the value of its header `x-next-cursor`. In place of `page`, and equally quick however far it leads (beyond the reference)',
});

/** Query of GET /v1/runs. */
export const RunListQuery = z.object({
  page: boundedCount(100).default(1),
  page_size: boundedCount(100).default(10),
  cursor,
  status: repeated(RunStatus),
  search_key: z.string().min(3).max(500).optional(),
  run_type: repeated(RunType),
  workflow_permanent_id: repeated(z.string(), 50),
  tags,
});

/** Query of GET /v1/agents/runs. */
export const WorkflowRunsQuery = z.object({
  page: Page,
  page_size: PageSize,
  cursor,
  status: repeated(RunStatus),
  search_key: z.string().max(500).optional(),
  error_code: z.string().max(500).optional(),
});

/** Query of GET /v1/agents/{workflow_permanent_id}/runs. */
export const RunsOfWorkflowQuery = WorkflowRunsQuery.extend({
  created_at_start: QueryInstant.optional().meta({ description: 'From this time on' }),
  created_at_end: QueryInstant.optional().meta({ description: 'Before this time' }),
  tags,
  include_child_runs: QueryBoolean.default(false),
});

/** Query of the legacy GET /api/v1/runs. */
export const LegacyRunListQuery = WorkflowRunsQuery.omit({ cursor: true, error_code: true });

/** Body of POST /v1/run/workflows/blocks: a run of some blocks only (reference: blocks.md §2.4). */
export const BlockRunRequest = RunRequest.safeExtend({
  block_labels: z
    .array(z.string())
    .min(1)
    .max(1000)
    .meta({ description: 'The blocks to run, in this order; nested ones too' }),
  block_outputs: JsonMap.nullish().meta({
    description: 'Label → output of a block that ran before: what the blocks see of it',
  }),
  code_gen: z.boolean().nullish(),
  debug_session_id: z.string().nullish(),
}).meta({ id: 'BlockRunRequest' });
export type BlockRunRequest = z.infer<typeof BlockRunRequest>;

export const BlockRunResponse = RunResponse.extend({ block_labels: z.array(z.string()) }).meta({
  id: 'BlockRunResponse',
});

const { workflow_id: _, agent_id: __, parameters, ...runFields } = RunRequest.shape;
const { title: ___, webhook_url, totp_url, ...legacyFields } = runFields;

/** Body of POST /api/v1/workflows/{workflow_permanent_id}/run (reference: api.md §5.4). */
export const LegacyRunRequest = z
  .object({
    ...legacyFields,
    data: parameters,
    proxy_location: ProxyLocation.nullish(),
    webhook_callback_url: webhook_url,
    totp_verification_url: totp_url,
  })
  .refine(freshStandsAlone, freshRefusal)
  .meta({ id: 'LegacyRunRequest' });
export type LegacyRunRequest = z.infer<typeof LegacyRunRequest>;

export const LegacyRunStarted = z
  .object({
    workflow_id: z.string().meta({ description: '`wpid_…`' }),
    workflow_run_id: z.string(),
    agent_id: z.string(),
    agent_run_id: z.string(),
  })
  .meta({ id: 'LegacyRunStarted' });

/** A run as the legacy reads show it (reference: api.md §6.2). */
export const LegacyRun = z
  .object({
    workflow_id: z.string().meta({ description: '`wpid_…`' }),
    workflow_run_id: z.string(),
    agent_id: z.string(),
    agent_run_id: z.string(),
    status: RunStatus,
    failure_reason: text,
    failure_category: z.array(JsonMap).nullable(),
    retried_from_workflow_run_id: text,
    retried_by_workflow_run_id: text,
    proxy_location: ProxyLocation.nullable(),
    webhook_callback_url: text,
    webhook_failure_reason: text,
    totp_verification_url: text,
    totp_identifier: text,
    extra_http_headers: StringMap.nullable(),
    cdp_connect_headers: StringMap.nullable(),
    queued_at: WireTime.nullable(),
    started_at: WireTime.nullable(),
    finished_at: WireTime.nullable(),
    created_at: WireTime,
    modified_at: WireTime,
    parameters: JsonMap,
    screenshot_urls: z.array(z.string()).nullable(),
    recording_url: text,
    recording_urls: z.array(z.string()).nullable(),
    recording_archived: z.boolean(),
    downloaded_files: z.array(FileInfo).nullable(),
    downloaded_file_urls: z.array(z.string()).nullable(),
    outputs: JsonMap.nullable(),
    total_steps: z.number().int().nullable(),
    total_cost: z.number().nullable(),
    credits_used: z.number().int().nullable(),
    cached_credits_used: z.number().int().nullable(),
    task_v2: z.null(),
    workflow_title: text,
    browser_session_id: text,
    browser_profile_id: text,
    browser_seed_source: text,
    browser_sink_profile_id: text,
    max_screenshot_scrolls: z.number().int().nullable(),
    browser_address: text,
    run_with: text,
    script_run: z.null(),
    script_id: z.null(),
    errors: z.array(RunErrorEntry).nullable(),
  })
  .meta({ id: 'LegacyRun' });
export type LegacyRun = z.infer<typeof LegacyRun>;

/** A {@link LegacyRun} with the version of the workflow that ran. */
export const LegacyRunWithWorkflow = LegacyRun.extend({ workflow: Workflow }).meta({
  id: 'LegacyRunWithWorkflow',
});
