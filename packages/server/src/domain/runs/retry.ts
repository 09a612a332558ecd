import {
  isFinalStatus,
  type RunRequest,
  type RunRequestEcho,
  type RunStatus,
} from '@lapwing/protocol';
import { LapwingError } from '../../errors.ts';
import type { RunRow } from './store.ts';

/**
 * The request that starts an ended run once more.
 * @param carried The opened values of its `cdp_connect_headers`, and the tags that it has by now.
 * @throws LapwingError `invalid_state` for a run that has not ended, and for one of some blocks only.
 */
export function retryRequest(
  run: RunRow,
  carried: {
    readonly cdpHeaders: Readonly<Record<string, string>> | null;
    readonly metadata: Readonly<Record<string, string>>;
  },
): RunRequest {
  if (!isFinalStatus(run.status as RunStatus)) {
    throw new LapwingError(
      'invalid_state',
      `Run ${run.runId} is ${run.status}: it can be retried when it has ended`,
    );
  }
  if (run.partial !== null) {
    throw new LapwingError(
      'invalid_state',
      `Run ${run.runId} ran some blocks only: run these again with POST /v1/run/workflows/blocks`,
    );
  }
  return {
    ...(run.request as RunRequestEcho),
    cdp_connect_headers: carried.cdpHeaders,
    run_metadata: carried.metadata,
  };
}
