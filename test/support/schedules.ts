import { type ScheduleFire, type ScheduleResponse, ScheduleUpsert } from '@lapwing/protocol';
import { expect } from 'vitest';
import type { App } from '../../packages/server/src/app.ts';
import {
  type ScheduleName,
  SchedulesService,
} from '../../packages/server/src/domain/schedules/service.ts';
import type { Lapwing } from './lapwing.ts';

/** Polls for what a worker does by itself; generous, for a busy machine. */
export const patiently = { timeout: 30_000, interval: 50 };

const presets = { cron_expression: '0 9 * * *', timezone: 'UTC' };

/** A schedule as it was created. */
export interface TestSchedule {
  readonly id: string;
  /** `/v1/agents/wpid_…/schedules/wfs_…` */
  readonly path: string;
  readonly name: ScheduleName;
  /** The answer to its creation. */
  readonly body: ScheduleResponse;
}

/** A workflow that asks the address in its parameter `url`: at a gate it is held; without one it fails. */
export function askingWorkflow(lapwing: Lapwing, fields: object = {}): Promise<string> {
  return lapwing.createWorkflow(
    {
      parameters: [
        {
          parameter_type: 'workflow',
          key: 'url',
          workflow_parameter_type: 'string',
          default_value: '',
        },
      ],
      blocks: [
        {
          block_type: 'http_request',
          label: 'ask',
          method: 'GET',
          url: '{{ url }}',
          timeout: 600,
        },
      ],
    },
    fields,
  );
}

/** Creates a schedule, at nine in the morning of UTC unless the fields say otherwise. */
export async function createSchedule(
  lapwing: Lapwing,
  workflowPermanentId: string,
  fields: object = {},
): Promise<TestSchedule> {
  const path = `/v1/agents/${workflowPermanentId}/schedules`;
  const answer = await lapwing.request('POST', path, { ...presets, ...fields });
  if (answer.status !== 200)
    throw new Error(`HTTP ${answer.status}: ${JSON.stringify(answer.body)}`);
  return testSchedule(workflowPermanentId, answer.body);
}

function testSchedule(workflowPermanentId: string, body: ScheduleResponse): TestSchedule {
  const { workflow_schedule_id: id, organization_id: organizationId } = body.schedule;
  const path = `/v1/agents/${workflowPermanentId}/schedules/${id}`;
  return { id, path, name: { organizationId, workflowPermanentId, scheduleId: id }, body };
}

/** A minute of every hour, its last instant so many minutes ago: nothing becomes due while a test goes on. */
export function hourly(minutesAgo: number): { readonly cron: string; readonly last: Date } {
  const last = new Date((Math.floor(Date.now() / 60_000) - minutesAgo) * 60_000);
  return { cron: `${last.getUTCMinutes()} * * * *`, last };
}

const hourMs = 60 * 60_000;
export const hoursBefore = (instant: Date, hours: number) =>
  new Date(instant.getTime() - hours * hourMs);

export async function sql(
  app: Pick<App, 'database'>,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const { rows } = await app.database.executor(app.database.sql).executeSql(text, values);
  return rows as Record<string, unknown>[];
}

/** As if nobody had looked at a schedule since this instant of it. */
export async function makeDue(
  lapwing: Lapwing,
  { id }: Pick<TestSchedule, 'id'>,
  dueAt: Date,
  lookAt = dueAt,
): Promise<void> {
  await sql(
    lapwing.server.app,
    'update workflow_schedules set next_due_at = $2, next_fire_at = $3 where workflow_schedule_id = $1',
    [id, dueAt.toISOString(), lookAt.toISOString()],
  );
}

/** Every line of a schedule, the oldest instant first. */
export async function ledgerOf(
  lapwing: Pick<Lapwing, 'request'>,
  { path }: Pick<TestSchedule, 'path'>,
): Promise<ScheduleFire[]> {
  const fires: ScheduleFire[] = [];
  for (let page = 1; ; page += 1) {
    const { body } = await lapwing.request('GET', `${path}/fires?page_size=100&page=${page}`);
    fires.push(...body.fires);
    if (body.fires.length < 100) return fires.reverse();
  }
}

/** The lines of a schedule, once there are so many. */
export async function linesOnce(
  lapwing: Pick<Lapwing, 'request'>,
  schedule: Pick<TestSchedule, 'path'>,
  count: number,
): Promise<ScheduleFire[]> {
  await expect.poll(() => ledgerOf(lapwing, schedule), patiently).toHaveLength(count);
  return ledgerOf(lapwing, schedule);
}

/** Schedules whose time is the test's: years ahead, where the server itself has nothing to do. */
export interface OwnTime {
  now: Date;
  readonly service: SchedulesService;
  /** As {@link createSchedule}, in this time. */
  create(workflowPermanentId: string, fields?: object): Promise<TestSchedule>;
  /** Changes a schedule, in this time. */
  update(schedule: TestSchedule, fields?: object): Promise<void>;
  /** Fires what is due, by one scheduler. @returns how many lines were written. */
  fire(): Promise<number>;
}

/** @param start What time it is; set `now` to go on. Schedules that are there already, which would be due then, go. */
export async function ownTime(start: string, lapwing: Lapwing): Promise<OwnTime> {
  const { app } = lapwing.server;
  await sql(app, 'update workflow_schedules set deleted_at = now() where deleted_at is null');
  const [first] = await app.organizations.list();
  const organizationId = first?.organization_id ?? '';
  const service = schedulesOf(app, () => own.now);
  const own: OwnTime = {
    now: new Date(start),
    service,
    create: async (workflowPermanentId, fields = {}) => {
      const request = ScheduleUpsert.parse({ ...presets, ...fields });
      const body = await service.create(organizationId, workflowPermanentId, request);
      return testSchedule(workflowPermanentId, body);
    },
    update: async ({ name }, fields = {}) => {
      await service.update(name, ScheduleUpsert.parse({ ...presets, ...fields }));
    },
    fire: () => fire(service),
  };
  return own;
}

/** Fires what is due. @returns how many lines were written. */
export async function fire({ firing }: Pick<SchedulesService, 'firing'>): Promise<number> {
  const { lines, problems } = await firing.fireDue(new AbortController().signal);
  expect(problems).toEqual([]);
  return lines;
}

/** The schedules of a server on another clock: one more scheduler beside those of its workers. */
export function schedulesOf(app: App, now: () => Date): SchedulesService {
  const { database, runs, workflows, webhooks, policy, config } = app;
  return new SchedulesService({
    ...{ database, runs, workflows, webhooks, now },
    checkUrl: (url) => policy.checkUrl(url),
    minMinutes: config.LAPWING_SCHEDULE_MIN_MINUTES,
  });
}
