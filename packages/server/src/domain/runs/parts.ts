import { isFinalStatus, type RunStatus } from '@lapwing/protocol';
import type { Database, Sql } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import type { Seal } from '../../lib/seal.ts';
import { wireTime } from '../../lib/time.ts';
import type { AdmissionService } from '../admission/service.ts';
import type { ArtifactsService } from '../artifacts/service.ts';
import type { TagsService } from '../tags/service.ts';
import type { WebhookRun, WebhooksService } from '../webhooks/service.ts';
import type { UrlCheck, WorkflowsService } from '../workflows/service.ts';
import type { AnswerAddresses } from './answer-addresses.ts';
import type { RunFeed } from './feed.ts';
import type { RunRow } from './store.ts';

/** What the runs domain is built from. */
export interface RunParts {
  readonly database: Database;
  readonly admission: AdmissionService;
  readonly feed: RunFeed;
  readonly seal: Seal;
  readonly workflows: WorkflowsService;
  readonly tags: TagsService;
  readonly artifacts: ArtifactsService;
  readonly webhooks: WebhooksService;
  readonly checkUrl: UrlCheck;
  readonly answers: AnswerAddresses;
}

export const missingRun = (runId: string) =>
  new LapwingError('not_found', `Run ${runId} not found`);

/** Adds the event of a new status, in the transaction that sets it. */
export async function writeStatus(
  tx: Sql,
  feed: RunFeed,
  runId: string,
  change: { readonly status: RunStatus; readonly failureReason: string | null },
): Promise<void> {
  const data = {
    status: change.status,
    failure_reason: change.failureReason,
    created_at: wireTime(new Date()),
  };
  const isEnd = isFinalStatus(change.status);
  await feed.append(tx, { runId, type: 'run.status', data }, isEnd);
}

export function webhookRun(run: RunRow): WebhookRun {
  const { organizationId, runId, apiKeyId, webhookUrl } = run;
  return { organizationId, runId, apiKeyId, webhookUrl };
}
