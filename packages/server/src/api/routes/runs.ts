import type { RunsService } from '../../domain/runs/service.ts';
import type { JsonHandlers, StreamHandlers } from '../handlers.ts';
import { checkStepsOverride, idempotencyKeyOf } from '../request-headers.ts';
import { sendEvents } from '../server-sent-events.ts';

type RunHandlers = Pick<
  JsonHandlers,
  'createRun' | 'getRun' | 'cancelRun' | 'cancelRuns' | 'getTimeline'
> &
  Pick<StreamHandlers, 'streamEvents'>;

const idOf = (request: { params: Readonly<Record<string, string>> }) => request.params.run_id ?? '';

/** Where a run came from, by the client's name for itself (reference: api.md §1). */
function triggerOf(userAgent: string | undefined): 'manual' | 'mcp' | 'api' {
  if (userAgent === 'skyvern-ui') return 'manual';
  return userAgent === 'skyvern-mcp' ? 'mcp' : 'api';
}

export function runHandlers(runs: RunsService): RunHandlers {
  return {
    createRun: async ({ principal, body, headers }) => {
      checkStepsOverride(headers);
      return runs.create(body, {
        principal,
        triggerType: triggerOf(headers['x-user-agent']),
        idempotencyKey: idempotencyKeyOf(headers),
      });
    },
    getRun: (request) =>
      runs.wait(
        request.principal.organizationId,
        idOf(request),
        request.query.wait ?? 0,
        request.signal,
      ),
    cancelRun: async (request) => {
      await runs.cancel(request.principal.organizationId, idOf(request));
      return null;
    },
    cancelRuns: ({ principal, body }) => runs.cancelMany(principal.organizationId, body.run_ids),
    getTimeline: (request) => runs.timeline(request.principal.organizationId, idOf(request)),
    streamEvents: (request, reply) => {
      const after = Number.parseInt(request.headers['last-event-id'] ?? '0', 10) || 0;
      const { organizationId } = request.principal;
      return sendEvents(
        reply,
        runs.events(organizationId, idOf(request), after, request.signal),
        request.signal,
      );
    },
  };
}
