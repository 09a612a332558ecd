import type { RunRequest, TriggerType } from '@lapwing/protocol';
import type { PartialRun } from '@lapwing/workflow';
import type { Sql } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import { newId } from '../../lib/ids.ts';
import type { Principal } from '../organizations/service.ts';
import type { WorkflowVersion } from '../workflows/service.ts';
import { lanesOf } from './lanes.ts';
import { type RunParts, writeStatus } from './parts.ts';
import { type CheckedRun, checkRequest, requestHash } from './request.ts';
import { searchText } from './search-text.ts';
import { storable } from './storable.ts';
import * as store from './store.ts';

/** Who starts a run, and how. */
export interface RunOrigin {
  readonly principal: Principal;
  readonly triggerType: TriggerType;
  readonly idempotencyKey: string | undefined;
  /** `x-max-steps-override`: step ceiling of each task; null: as the task or its organization says. */
  readonly maxSteps: number | null;
  /** W3C `traceparent` of the request. */
  readonly traceParent?: string | undefined;
  readonly parent?: RunParent;
}

/** The block that starts a run. */
export interface RunParent {
  readonly runId: string;
  /** Starts one run, however often it asks. */
  readonly blockId: string;
  /** Of the new run: how many levels of runs are above it. */
  readonly depth: number;
  /** Whether it waits for the end. */
  readonly waits: boolean;
}

/** What is run. */
export interface RunStart {
  readonly request: RunRequest;
  readonly workflow: WorkflowVersion;
  readonly partial?: (PartialRun & { readonly debugSessionId: string | null }) | undefined;
}

/** A run that may be written: everything that can be wrong with its request has been looked at. */
export interface PreparedRun {
  readonly origin: RunOrigin;
  readonly request: RunRequest;
  readonly row: ReturnType<typeof rowOf>;
  readonly searchText: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What has come of a start. */
export interface StartedRun {
  /** Its id; that of the earlier run when the idempotency key has one. */
  readonly runId: string;
  /** Its row, as it was written; null when the run was there before. */
  readonly written: Promise<store.RunRow> | null;
}

/**
 * Checks a start; writes nothing.
 * @throws LapwingError `not_supported`, `invalid_parameters`, `invalid_url`, `blocked_host`
 */
export async function prepareRun(
  parts: RunParts,
  origin: RunOrigin,
  start: RunStart,
): Promise<PreparedRun> {
  const { request, workflow } = start;
  const checked = checkRequest(request, workflow, parts.workflows.cdpHeaders(workflow));
  const browserUrl = request.browser_address?.replace(/^ws/i, 'http');
  for (const url of [checked.webhookUrl, browserUrl, checked.echo.totp_url]) {
    if (url != null) await parts.checkUrl(url);
  }
  const row = rowOf(parts, origin, start, checked);
  return {
    origin,
    request,
    row,
    searchText: storable(searchText(row, workflow.definition.parameters)),
    metadata: checked.echo.run_metadata ?? {},
  };
}

/**
 * Writes a run, and its job or its place in a line, in the caller's transaction. What the caller writes into rows of
 * others it writes before: the last that this takes is a lock of the organization.
 * @throws LapwingError `idempotency_conflict`, `invalid_state` when the parent has ended: the caller's transaction has to
 *   be given up.
 */
export async function startPrepared(
  tx: Sql,
  parts: RunParts,
  prepared: PreparedRun,
): Promise<StartedRun> {
  const { origin, request, row, metadata } = prepared;
  const { database, admission, feed, tags } = parts;
  const { runId, organizationId } = row;
  const before = await claim(tx, origin, request, runId);
  if (before !== null) return { runId: before, written: null };
  const { columns, isInLine } = await admission.beginning(tx, row);
  const written = store.insertRun(tx, { ...row, ...columns });
  await database.sendAlong(tx, written);
  await tags.tagNewRun(tx, { runId, principal: origin.principal }, metadata);
  const search = { runId, organizationId, text: prepared.searchText };
  await database.sendAlong(tx, store.insertSearch(tx, search));
  await writeStatus(tx, feed, runId, { status: 'queued', failureReason: null });
  if (!isInLine) await admission.enter(tx, { ...row, ...columns });
  return { runId, written };
}

/**
 * Starts a run: row, and job or place in a line, in one transaction.
 * @throws LapwingError as {@link prepareRun} and {@link startPrepared}. Nothing is left behind by any of them.
 */
export async function startRun(
  parts: RunParts,
  origin: RunOrigin,
  start: RunStart,
): Promise<StartedRun> {
  const prepared = await prepareRun(parts, origin, start);
  return parts.database.transaction((tx) => startPrepared(tx, parts, prepared));
}

/** Nobody waits for runs of schedules. */
const scheduledPriority = -10;

/** A run that another one waits for goes on in what that one has. */
const noLanes = { sequentialKey: null, lanes: null };

function rowOf({ seal }: RunParts, origin: RunOrigin, start: RunStart, checked: CheckedRun) {
  const { workflow, partial } = start;
  const { echo, cdpHeaders } = checked;
  const now = new Date();
  const awaited = origin.parent?.waits === true;
  const byDefault = origin.triggerType === 'scheduled' ? scheduledPriority : 0;
  const { sequentialKey, lanes } = awaited ? noLanes : lanesOf(workflow, checked.parameters);
  return {
    runId: newId('wr'),
    organizationId: origin.principal.organizationId,
    workflowId: workflow.workflowId,
    workflowPermanentId: workflow.workflowPermanentId,
    title: storable(echo.title),
    status: 'queued',
    request: storable(echo),
    parameters: storable(checked.parameters),
    cdpHeadersSealed: cdpHeaders === null ? null : seal.seal(JSON.stringify(cdpHeaders)),
    apiKeyId: origin.principal.apiKeyId,
    triggerType: origin.triggerType,
    webhookUrl: storable(checked.webhookUrl),
    maxElapsedMinutes: checked.maxElapsedMinutes,
    maxSteps: origin.maxSteps,
    traceParent: origin.traceParent ?? null,
    workflowScheduleId: null as string | null,
    parentRunId: origin.parent?.runId ?? null,
    depth: origin.parent?.depth ?? 0,
    awaited,
    priority: echo.priority ?? byDefault,
    sequentialKey: storable(sequentialKey),
    lanes,
    partial:
      partial === undefined
        ? null
        : { labels: [...partial.labels], outputs: storable({ ...partial.outputs }) },
    debugSessionId: storable(partial?.debugSessionId ?? null),
    createdAt: now,
    modifiedAt: now,
    queuedAt: now,
  };
}

/** The run that the same start has made already; null when there is none. */
async function claim(
  tx: Sql,
  origin: RunOrigin,
  request: RunRequest,
  runId: string,
): Promise<string | null> {
  const { parent } = origin;
  return parent === undefined
    ? claimKey(tx, origin, request, runId)
    : claimBlock(tx, { ...origin, parent }, runId);
}

/**
 * The run that the block has started before its own run was interrupted. No run may begin under one that has ended: who
 * cancels a run cancels those that are under it by then.
 */
async function claimBlock(
  tx: Sql,
  { principal, parent }: RunOrigin & { readonly parent: RunParent },
  runId: string,
): Promise<string | null> {
  if (!(await store.holdOpenRun(tx, parent.runId)))
    throw new LapwingError('invalid_state', `Run ${parent.runId} has ended`);
  const holder = await store.claimKey(tx, {
    organizationId: principal.organizationId,
    scope: 'child',
    key: parent.blockId,
    requestHash: '',
    resourceId: runId,
  });
  return holder?.resourceId ?? null;
}

/** The run that an idempotency key belongs to already; null when the key is free or none was sent. */
async function claimKey(
  tx: Sql,
  origin: RunOrigin,
  request: RunRequest,
  runId: string,
): Promise<string | null> {
  if (origin.idempotencyKey === undefined) return null;
  const claim = {
    organizationId: origin.principal.organizationId,
    scope: 'run',
    key: origin.idempotencyKey,
    requestHash: requestHash(request),
    resourceId: runId,
  };
  const holder = await store.claimKey(tx, claim);
  if (holder === undefined) return null;
  if (holder.requestHash === claim.requestHash) return holder.resourceId;
  throw new LapwingError(
    'idempotency_conflict',
    `Idempotency-Key ${origin.idempotencyKey} was used for run ${holder.resourceId} with another body: send a new key`,
  );
}
