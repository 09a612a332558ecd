import { boundedInteger, laxBoolean, laxInteger } from '@lapwing/workflow';
import { z } from 'zod';
import { JsonMap, ProxyLocation, StringMap, WireTime } from './fields.ts';
import { FileInfo } from './files.ts';

export const RunStatus = z
  .enum([
    'created',
    'queued',
    'running',
    'paused',
    'completed',
    'failed',
    'terminated',
    'canceled',
    'timed_out',
  ])
  .meta({ id: 'RunStatus' });
export type RunStatus = z.infer<typeof RunStatus>;

/** Whether a run has ended: its status never changes again. */
export function isFinalStatus(status: RunStatus): boolean {
  return ['completed', 'failed', 'terminated', 'canceled', 'timed_out'].includes(status);
}

const cdpAddress = z
  .string()
  .refine(
    (text) =>
      URL.canParse(text) && ['http:', 'https:', 'ws:', 'wss:'].includes(new URL(text).protocol),
    { message: 'browser_address must be an http(s) or ws(s) address with a host' },
  );

/** A fresh browser is no browser that somebody names. */
export const freshStandsAlone = (body: {
  readonly start_fresh_browser: boolean;
  readonly browser_session_id?: string | null | undefined;
  readonly browser_profile_id?: string | null | undefined;
  readonly browser_address?: string | null | undefined;
}) =>
  !body.start_fresh_browser ||
  (body.browser_session_id ?? body.browser_profile_id ?? body.browser_address ?? null) === null;
export const freshRefusal = {
  path: ['start_fresh_browser'],
  message:
    'start_fresh_browser excludes browser_session_id, browser_profile_id and browser_address',
};

/** Body of POST /v1/run/workflows (reference: api.md §5.1). Unknown keys are ignored. */
export const RunRequest = z
  .object({
    workflow_id: z.string().optional().meta({ description: '`wpid_…`; its newest version is run' }),
    agent_id: z
      .string()
      .optional()
      .meta({ description: 'Another name of workflow_id; wins over it' }),
    parameters: JsonMap.nullish(),
    title: z.string().max(1000).nullish(),
    proxy_location: ProxyLocation.nullable().default('RESIDENTIAL'),
    webhook_url: z.string().nullish(),
    totp_url: z.string().nullish(),
    totp_identifier: z.string().nullish(),
    browser_session_id: z.string().nullish(),
    reuse_browser_session: laxBoolean.nullish(),
    browser_profile_id: z.string().nullish(),
    start_fresh_browser: laxBoolean.default(false),
    max_screenshot_scrolls: laxInteger.nullish().meta({ description: 'Clamped into 0…1000' }),
    max_elapsed_time_minutes: boundedInteger(1, 480).nullish(),
    extra_http_headers: StringMap.nullish(),
    cdp_connect_headers: StringMap.nullish(),
    browser_address: cdpAddress.nullish(),
    ai_fallback: laxBoolean.nullish(),
    run_with: z.string().nullish(),
    run_metadata: StringMap.nullish(),
    priority: boundedInteger(-100, 100).nullish().meta({
      description:
        'Higher goes first among the runs of the organization that wait for a place; 0, and -10 for runs of schedules (beyond the reference)',
    }),
  })
  .refine((body) => (body.agent_id ?? body.workflow_id) !== undefined, {
    path: ['workflow_id'],
    message: 'Field required',
    params: { pydantic: 'missing' },
  })
  .refine(freshStandsAlone, freshRefusal)
  .meta({ id: 'RunRequest' });
export type RunRequest = z.infer<typeof RunRequest>;

/** The request as a run shows it: `run_request`. */
export const RunRequestEcho = z
  .object({
    workflow_id: z.string(),
    title: z.string().nullable(),
    parameters: JsonMap.nullable(),
    proxy_location: ProxyLocation.nullable(),
    webhook_url: z.string().nullable(),
    totp_url: z.string().nullable(),
    totp_identifier: z.string().nullable(),
    browser_session_id: z.string().nullable(),
    reuse_browser_session: z.boolean().nullable(),
    browser_profile_id: z.string().nullable(),
    start_fresh_browser: z.boolean(),
    max_screenshot_scrolls: z.number().int().nullable(),
    max_elapsed_time_minutes: z.number().int().nullable(),
    extra_http_headers: StringMap.nullable(),
    cdp_connect_headers: StringMap.nullable().meta({ description: 'Every value is shown as ***' }),
    browser_address: z.string().nullable(),
    ai_fallback: z.boolean().nullable(),
    run_with: z.string().nullable(),
    run_metadata: StringMap.nullable(),
    priority: z.number().int().nullable(),
  })
  .meta({ id: 'RunRequestEcho' });
export type RunRequestEcho = z.infer<typeof RunRequestEcho>;

/** An entry of `errors`. */
export const RunErrorEntry = z.object({
  error_code: z.string(),
  reasoning: z.string(),
  confidence_float: z.number().optional(),
  error_type: z.string().optional(),
});

/** A run as POST answers it and GET /v1/runs/{run_id} reads it (reference: blocks.md §6.2). */
export const RunResponse = z
  .object({
    run_id: z.string(),
    run_type: z.literal('workflow_run'),
    status: RunStatus,
    output: JsonMap.nullable(),
    downloaded_files: z.array(FileInfo).nullable(),
    recording_url: z.string().nullable(),
    recording_archived: z.boolean(),
    screenshot_urls: z
      .array(z.string())
      .nullable()
      .meta({ description: 'At most 3, newest first' }),
    failure_reason: z.string().nullable(),
    errors: z.array(RunErrorEntry).nullable(),
    step_count: z.number().int().nullable(),
    created_at: WireTime,
    modified_at: WireTime,
    queued_at: WireTime.nullable(),
    started_at: WireTime.nullable(),
    finished_at: WireTime.nullable(),
    app_url: z.string().nullable().meta({ description: 'Null: there is no web app to open yet' }),
    browser_session_id: z.string().nullable(),
    browser_profile_id: z.string().nullable(),
    browser_seed_source: z
      .enum(['override', 'picked', 'own_memory', 'credential', 'fresh', 'degraded_fresh'])
      .nullable(),
    max_screenshot_scrolls: z.number().int().nullable(),
    run_with: z.string(),
    ai_fallback: z.boolean().nullable(),
    script_run: z.null(),
    script_id: z.null(),
    run_request: RunRequestEcho.nullable(),
  })
  .meta({ id: 'RunResponse' });
export type RunResponse = z.infer<typeof RunResponse>;

export const CancelManyRequest = z.object({ run_ids: z.array(z.string()).max(100) });
/** Note the spelling: `cancelled` here, `canceled` as a status. */
export const CancelManyResponse = z.object({
  cancelled: z.array(z.string()),
  failed: z.array(z.string()),
});
export type CancelManyResponse = z.infer<typeof CancelManyResponse>;
