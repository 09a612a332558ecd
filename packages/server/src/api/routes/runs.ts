import type { RunResponse } from '@lapwing/protocol';
import type { RunsService } from '../../domain/runs/service.ts';
import { cappedValues } from '../capped-values.ts';
import type { JsonHandlers, StreamHandlers } from '../handlers.ts';
import { idempotencyKeyOf, isFromUi, originOf } from '../request-headers.ts';
import { sendEvents } from '../server-sent-events.ts';

type RunHandlers = Pick<
  JsonHandlers,
  'createRun' | 'getRun' | 'cancelRun' | 'cancelRuns' | 'getTimeline'
> &
  Pick<StreamHandlers, 'streamEvents'>;

const idOf = (request: { params: Readonly<Record<string, string>> }) => request.params.run_id ?? '';

/** The UI is spared values that it cannot show. */
function forUi(run: RunResponse): RunResponse {
  const { run_request: echo } = run;
  return {
    ...run,
    output: cappedValues(run.output),
    run_request: echo && { ...echo, parameters: cappedValues(echo.parameters) },
  };
}

/** No run has so many events: behind a larger number there is nothing either. */
const largestEvent = 2 ** 31 - 1;

export function runHandlers(runs: RunsService): RunHandlers {
  return {
    createRun: async (request) => {
      const idempotencyKey = idempotencyKeyOf(request.headers);
      return runs.create(request.body, { ...originOf(request), idempotencyKey }, request.query);
    },
    getRun: async (request) => {
      const { principal, query, signal, headers } = request;
      const run = await runs.wait(principal.organizationId, idOf(request), query.wait ?? 0, signal);
      return isFromUi(headers) ? forUi(run) : run;
    },
    cancelRun: async (request) => {
      await runs.cancel(request.principal.organizationId, idOf(request));
      return null;
    },
    cancelRuns: ({ principal, body }) => runs.cancelMany(principal.organizationId, body.run_ids),
    getTimeline: (request) => runs.timeline(request.principal.organizationId, idOf(request)),
    streamEvents: async (request, reply) => {
      const last = Number.parseInt(request.headers['last-event-id'] ?? '0', 10) || 0;
      const after = Math.min(Math.max(last, 0), largestEvent);
      const { principal, signal } = request;
      const events = await runs.events(principal.organizationId, idOf(request), after, signal);
      return sendEvents(reply, events, signal);
    },
  };
}
