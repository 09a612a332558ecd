import type { ScheduleName, SchedulesService } from '../../domain/schedules/service.ts';
import type { JsonHandlers } from '../handlers.ts';
import { idempotencyKeyOf, originOf } from '../request-headers.ts';

type ScheduleHandlers = Pick<
  JsonHandlers,
  | 'createSchedule'
  | 'listSchedules'
  | 'listAllSchedules'
  | 'previewSchedule'
  | 'getSchedule'
  | 'updateSchedule'
  | 'deleteSchedule'
  | 'enableSchedule'
  | 'disableSchedule'
  | 'listScheduleFires'
  | 'triggerSchedule'
  | 'backfillSchedule'
>;

type OneRequest = Pick<Parameters<ScheduleHandlers['getSchedule']>[0], 'principal' | 'params'>;

const workflowOf = ({ params }: OneRequest) => params.workflow_permanent_id ?? '';

const nameOf = (request: OneRequest): ScheduleName => ({
  organizationId: request.principal.organizationId,
  workflowPermanentId: workflowOf(request),
  scheduleId: request.params.workflow_schedule_id ?? '',
});

export function scheduleHandlers(schedules: SchedulesService): ScheduleHandlers {
  return {
    createSchedule: (request) =>
      schedules.create(request.principal.organizationId, workflowOf(request), request.body),
    listSchedules: (request) =>
      schedules.list(request.principal.organizationId, workflowOf(request)),
    listAllSchedules: ({ principal, query }) => schedules.listAll(principal.organizationId, query),
    previewSchedule: async ({ body }) => schedules.preview(body),
    getSchedule: (request) => schedules.get(nameOf(request)),
    updateSchedule: (request) => schedules.update(nameOf(request), request.body),
    deleteSchedule: (request) => schedules.delete(nameOf(request)),
    enableSchedule: (request) => schedules.setEnabled(nameOf(request), true),
    disableSchedule: (request) => schedules.setEnabled(nameOf(request), false),
    listScheduleFires: (request) => schedules.fires(nameOf(request), request.query),
    triggerSchedule: (request) => {
      const idempotencyKey = idempotencyKeyOf(request.headers);
      const origin = { ...originOf(request), idempotencyKey };
      return schedules.trigger(nameOf(request), request.body, origin);
    },
    backfillSchedule: (request) => schedules.backfill(nameOf(request), request.body),
  };
}
