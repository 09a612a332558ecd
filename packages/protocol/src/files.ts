import { z } from 'zod';
import { WireTime } from './fields.ts';

/** Kinds of artifacts (openapi.json `ArtifactType`). */
export const ArtifactType = z
  .enum([
    'recording',
    'audio',
    'session_replay',
    'eval_score',
    'eval_trajectory',
    'eval_rubrics',
    'browser_console_log',
    'browser_session_action_log',
    'skyvern_log',
    'skyvern_log_raw',
    'screenshot',
    'screenshot_llm',
    'screenshot_action',
    'screenshot_final',
    'screenshot_proxy',
    'llm_prompt',
    'llm_request',
    'llm_response',
    'llm_response_parsed',
    'llm_response_rendered',
    'visible_elements_id_css_map',
    'visible_elements_id_frame_map',
    'visible_elements_tree',
    'visible_elements_tree_trimmed',
    'visible_elements_tree_in_prompt',
    'hashed_href_map',
    'visible_elements_id_xpath_map',
    'html',
    'html_scrape',
    'html_action',
    'trace',
    'har',
    'script_file',
    'pdf',
    'step_archive',
    'task_archive',
    'download',
  ])
  .meta({ id: 'ArtifactType' });
export type ArtifactType = z.infer<typeof ArtifactType>;

/** A file of a run. `url` is signed and lives for hours; read the run again for a fresh one. */
export const FileInfo = z
  .object({
    url: z.string(),
    checksum: z.string().nullable().meta({ description: 'SHA-256, hex' }),
    filename: z.string().nullable(),
    file_size: z.number().int().nullable().meta({ description: 'Bytes' }),
    modified_at: WireTime.nullable(),
    artifact_id: z.string().nullable(),
  })
  .meta({ id: 'FileInfo' });
export type FileInfo = z.infer<typeof FileInfo>;

export const Artifact = z
  .object({
    artifact_id: z.string(),
    artifact_type: ArtifactType,
    uri: z.string(),
    bundle_key: z.string().nullable(),
    checksum: z.string().nullable(),
    file_size: z.number().int().nullable(),
    task_id: z.string().nullable(),
    step_id: z.string().nullable(),
    workflow_run_id: z.string().nullable(),
    workflow_run_block_id: z.string().nullable(),
    run_id: z.string().nullable(),
    browser_session_id: z.string().nullable(),
    observer_cruise_id: z.string().nullable(),
    observer_thought_id: z.string().nullable(),
    ai_suggestion_id: z.string().nullable(),
    organization_id: z.string(),
    signed_url: z.string().nullable(),
    archived: z.boolean(),
    created_at: WireTime,
    modified_at: WireTime,
  })
  .meta({ id: 'Artifact' });
export type Artifact = z.infer<typeof Artifact>;

export const SignedUrl = z
  .object({
    artifact_id: z.string(),
    signed_url: z.string(),
    expires_at: z.number().int().nullable().meta({ description: 'Unix seconds' }),
  })
  .meta({ id: 'SignedUrl' });
export type SignedUrl = z.infer<typeof SignedUrl>;
