import { createHash } from 'node:crypto';
import type { RunRequest, RunRequestEcho, Workflow } from '@lapwing/protocol';
import { parseRunMetadata, resolveRunParameters } from '@lapwing/workflow';
import { LapwingError } from '../../errors.ts';
import type { WorkflowVersion } from '../workflows/service.ts';

const defaultElapsedMinutes = 240;
const noProxy: readonly unknown[] = ['RESIDENTIAL', 'NONE', null];

function refuse(field: string, value: unknown, advice: string): never {
  throw new LapwingError(
    'not_supported',
    `${field} = ${JSON.stringify(value)} is not served by this version: ${advice}`,
  );
}

/** Refuses what a later version will do, so that nothing that was asked for is silently left out. */
function refuseUnserved(request: RunRequest, settings: Partial<Workflow>): void {
  const session = request.browser_session_id ?? null;
  if (session !== null)
    refuse('browser_session_id', session, 'there are no browser sessions yet; leave it out');
  if (request.reuse_browser_session ?? settings.reuse_browser_session ?? false) {
    refuse('reuse_browser_session', true, 'there are no browser sessions yet; set it to false');
  }
  const profile = request.browser_profile_id ?? settings.browser_profile_id ?? null;
  if (profile !== null)
    refuse('browser_profile_id', profile, 'there are no browser profiles yet; leave it out');
  const proxy =
    request.proxy_location === null ? (settings.proxy_location ?? null) : request.proxy_location;
  if (!noProxy.includes(proxy)) {
    refuse('proxy_location', proxy, 'only RESIDENTIAL and NONE are, and both mean no proxy');
  }
}

type Headers = Readonly<Record<string, string>> | null;

/** What the browser sets by itself, for each request anew. */
const ownHeaders = ['host', 'content-length', 'connection', 'transfer-encoding'];

function refuseHeader(field: string, name: string, problem: string): never {
  throw new LapwingError(
    'invalid_parameters',
    `${field}: the header ${JSON.stringify(name)} ${problem}`,
  );
}

/** A header that no request can carry would end the browser of the run. @throws LapwingError `invalid_parameters` */
function refuseBadHeaders(field: string, headers: Headers): void {
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      refuseHeader(field, name, 'has no valid name: letters, digits, - and _ make one');
    if (ownHeaders.includes(name.toLowerCase()))
      refuseHeader(field, name, 'is set by the browser itself; leave it out');
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      refuseHeader(field, name, 'has a value with line breaks or letters that no header can carry');
  }
}

/** What a run is started with, checked against its workflow. */
export interface CheckedRun {
  readonly echo: RunRequestEcho;
  readonly parameters: Record<string, unknown>;
  readonly cdpHeaders: Headers;
  readonly webhookUrl: string | null;
  readonly maxElapsedMinutes: number;
}

const masked = (headers: Headers) =>
  headers === null ? null : Object.fromEntries(Object.keys(headers).map((name) => [name, '***']));
const text = (value: string | null | undefined) =>
  value == null || value.trim() === '' ? null : value.trim();

/** The request as the run shows it: what it said, else what its workflow says. */
function echoOf(
  request: RunRequest,
  workflow: WorkflowVersion,
  cdpHeaders: Headers,
): RunRequestEcho {
  const settings = workflow.settings;
  const either = <T>(given: T | null | undefined, fallback: T | null | undefined): T | null =>
    given ?? fallback ?? null;
  const scrolls = request.max_screenshot_scrolls ?? null;
  return {
    workflow_id: workflow.workflowPermanentId,
    title: text(request.title) ?? workflow.title,
    parameters: either(request.parameters, null),
    proxy_location: either(request.proxy_location, settings.proxy_location),
    webhook_url: either(text(request.webhook_url), text(settings.webhook_callback_url)),
    totp_url: either(text(request.totp_url), text(settings.totp_verification_url)),
    totp_identifier: either(text(request.totp_identifier), text(settings.totp_identifier)),
    browser_session_id: null,
    reuse_browser_session: either(request.reuse_browser_session, null),
    browser_profile_id: null,
    start_fresh_browser: request.start_fresh_browser,
    max_screenshot_scrolls: scrolls === null ? null : Math.min(1000, Math.max(0, scrolls)),
    max_elapsed_time_minutes: either(
      request.max_elapsed_time_minutes,
      settings.max_elapsed_time_minutes,
    ),
    extra_http_headers: either(request.extra_http_headers, settings.extra_http_headers),
    cdp_connect_headers: masked(cdpHeaders),
    browser_address: either(request.browser_address, null),
    ai_fallback: either(request.ai_fallback, settings.ai_fallback),
    run_with: either(runWith(request.run_with), settings.run_with),
    run_metadata: either(request.run_metadata, null),
    priority: either(request.priority, null),
  };
}

/**
 * Checks a request against the workflow it runs and fills in what the workflow says (blocks.md §2.4).
 * @throws LapwingError `not_supported`, `invalid_parameters` (every problem in one message), `validation_failed`.
 */
export function checkRequest(
  request: RunRequest,
  workflow: WorkflowVersion,
  workflowCdpHeaders: Headers,
): CheckedRun {
  refuseUnserved(request, workflow.settings);
  const resolved = resolveRunParameters(workflow.definition, request.parameters ?? {});
  if (!resolved.ok) {
    throw new LapwingError(
      'invalid_parameters',
      `${resolved.message} (workflow ${workflow.workflowPermanentId})`,
    );
  }
  const metadata = parseRunMetadata(request.run_metadata ?? {});
  if (!metadata.ok) throw new LapwingError('validation_failed', metadata.message);
  const cdpHeaders = request.cdp_connect_headers ?? workflowCdpHeaders;
  const kept =
    request.run_metadata == null ? request : { ...request, run_metadata: metadata.metadata };
  const echo = echoOf(kept, workflow, cdpHeaders);
  refuseBadHeaders('extra_http_headers', echo.extra_http_headers);
  refuseBadHeaders('cdp_connect_headers', cdpHeaders);
  return {
    echo,
    parameters: { ...resolved.values },
    cdpHeaders,
    webhookUrl: echo.webhook_url,
    maxElapsedMinutes: echo.max_elapsed_time_minutes ?? defaultElapsedMinutes,
  };
}

/** The reference's spellings (blocks.md §1.1): anything unknown means `agent`. */
function runWith(given: string | null | undefined): string | null {
  if (given == null) return null;
  return given === 'code' || given === 'code_v2' ? 'code' : 'agent';
}

/** Whatever order its keys were written in, the same body has the same hash. */
export function requestHash(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(body)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
