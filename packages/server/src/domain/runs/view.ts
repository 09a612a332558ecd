import {
  type FileInfo,
  isFinalStatus,
  type LegacyRun,
  type RunRequestEcho,
  type RunResponse,
  type RunStatus,
} from '@lapwing/protocol';
import { wireTime, wireTimeOrNull } from '../../lib/time.ts';
import type { ArtifactRow, ArtifactsService } from '../artifacts/service.ts';
import { refreshed } from './refresh.ts';
import type { RunRow } from './store.ts';

/** A run with what belongs to it, as far as an answer needs it. */
export interface RunWithFiles {
  readonly run: RunRow;
  readonly artifacts: readonly ArtifactRow[];
  /** Files that its output names and that runs have made which its blocks started. */
  readonly childArtifacts: readonly ArtifactRow[];
  /** The workflow asked for a browser that remembers, which this version has not got. */
  readonly degraded: boolean;
}

const screenshotTypes: readonly string[] = ['screenshot_final', 'screenshot_action'];

const orNull = <T>(items: T[]): T[] | null => (items.length === 0 ? null : items);

function filesOf(parts: RunWithFiles, urls: ArtifactsService): FileInfo[] {
  return parts.artifacts
    .filter((row) => row.artifactType === 'download')
    .map((row) => urls.fileInfo(row));
}

const recordingOf = (parts: RunWithFiles) =>
  parts.artifacts.findLast((row) => row.artifactType === 'recording');

function screenshotsOf(parts: RunWithFiles, urls: ArtifactsService): string[] {
  const shots = parts.artifacts.filter((row) => screenshotTypes.includes(row.artifactType));
  return shots
    .slice(-3)
    .reverse()
    .map((row) => urls.url(row));
}

/** The answer of POST and of GET /v1/runs/{run_id}; addresses are signed anew at each reading. */
export function runView(parts: RunWithFiles, urls: ArtifactsService): RunResponse {
  const { run } = parts;
  const echo = run.request as RunRequestEcho;
  const recording = recordingOf(parts);
  const final = isFinalStatus(run.status as RunStatus);
  return {
    run_id: run.runId,
    run_type: 'workflow_run',
    status: run.status as RunStatus,
    output:
      run.output === null
        ? null
        : refreshed(run.output, [...parts.artifacts, ...parts.childArtifacts], urls),
    downloaded_files: orNull(filesOf(parts, urls)),
    recording_url: recording === undefined ? null : urls.url(recording),
    recording_archived: false,
    screenshot_urls: orNull(screenshotsOf(parts, urls)),
    failure_reason: run.failureReason,
    errors: (run.errors ?? (final ? [] : null)) as RunResponse['errors'],
    step_count: run.stepCount,
    created_at: wireTime(run.createdAt),
    modified_at: wireTime(run.modifiedAt),
    queued_at: wireTimeOrNull(run.queuedAt),
    started_at: wireTimeOrNull(run.startedAt),
    finished_at: wireTimeOrNull(run.finishedAt),
    app_url: null,
    browser_session_id: null,
    browser_profile_id: null,
    browser_seed_source: parts.degraded && !echo.start_fresh_browser ? 'degraded_fresh' : 'fresh',
    max_screenshot_scrolls: echo.max_screenshot_scrolls,
    run_with: echo.run_with ?? 'agent',
    ai_fallback: echo.ai_fallback,
    script_run: null,
    script_id: null,
    run_request: echo,
  };
}

/** A run in the shape of the legacy reads (api.md §6.2). */
export function legacyView(parts: RunWithFiles, urls: ArtifactsService): LegacyRun {
  const { run } = parts;
  const modern = runView(parts, urls);
  const echo = run.request as RunRequestEcho;
  return {
    workflow_id: run.workflowPermanentId,
    workflow_run_id: run.runId,
    agent_id: run.workflowPermanentId,
    agent_run_id: run.runId,
    status: modern.status,
    failure_reason: modern.failure_reason,
    failure_category: null,
    retried_from_workflow_run_id: null,
    retried_by_workflow_run_id: null,
    proxy_location: echo.proxy_location,
    webhook_callback_url: run.webhookUrl,
    webhook_failure_reason: run.webhookFailureReason,
    totp_verification_url: echo.totp_url,
    totp_identifier: echo.totp_identifier,
    extra_http_headers: echo.extra_http_headers,
    cdp_connect_headers: echo.cdp_connect_headers,
    queued_at: modern.queued_at,
    started_at: modern.started_at,
    finished_at: modern.finished_at,
    created_at: modern.created_at,
    modified_at: modern.modified_at,
    parameters: run.parameters,
    screenshot_urls: modern.screenshot_urls,
    recording_url: modern.recording_url,
    recording_urls: modern.recording_url === null ? null : [modern.recording_url],
    recording_archived: modern.recording_archived,
    downloaded_files: modern.downloaded_files,
    downloaded_file_urls: modern.downloaded_files?.map((file) => file.url) ?? null,
    outputs: modern.output,
    total_steps: modern.step_count,
    total_cost: null,
    credits_used: null,
    cached_credits_used: null,
    task_v2: null,
    workflow_title: run.title,
    browser_session_id: modern.browser_session_id,
    browser_profile_id: modern.browser_profile_id,
    browser_seed_source: modern.browser_seed_source,
    browser_sink_profile_id: null,
    max_screenshot_scrolls: modern.max_screenshot_scrolls,
    browser_address: echo.browser_address,
    run_with: modern.run_with,
    script_run: null,
    script_id: null,
    errors: modern.errors,
  };
}

/** The body of a run's webhook: both vocabularies of the reference in one object (api.md §8.2). */
export function webhookView(parts: RunWithFiles, urls: ArtifactsService): Record<string, unknown> {
  return { ...legacyView(parts, urls), ...runView(parts, urls) };
}
