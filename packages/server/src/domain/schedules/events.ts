import type { Sql } from '../../db/database.ts';
import { wireTime } from '../../lib/time.ts';
import type { FireRow } from './ledger-store.ts';
import type { ScheduleParts } from './parts.ts';
import type { ScheduleRow } from './store.ts';
import { fireView, scheduleView } from './view.ts';

/** Queues the webhook of an event, in the transaction in which it happens, if the schedule wants any. */
export async function tell(
  tx: Sql,
  { webhooks, now }: Pick<ScheduleParts, 'webhooks' | 'now'>,
  schedule: ScheduleRow,
  event: {
    readonly name: FireRow['state'] | 'paused' | 'finished';
    readonly fires: readonly FireRow[];
  },
): Promise<void> {
  const { organizationId, scheduleId, webhookUrl: url } = schedule;
  if (url === null) return;
  const payload = {
    event: `schedule.${event.name}`,
    created_at: wireTime(now()),
    schedule: scheduleView(schedule),
    fires: event.fires.map((fire) => fireView(fire, fire.state === 'started' ? 'queued' : null)),
  };
  await webhooks.queueEvent(tx, {
    ...{ organizationId, apiKeyId: null, url },
    ...{ subjectId: scheduleId, payload },
  });
}

/** As {@link tell}, of lines that were written together: one event for each state. */
export async function tellOfFires(
  tx: Sql,
  parts: Pick<ScheduleParts, 'webhooks' | 'now'>,
  schedule: ScheduleRow,
  fires: readonly FireRow[],
): Promise<void> {
  for (const [name, alike] of Map.groupBy(fires, ({ state }) => state))
    await tell(tx, parts, schedule, { name, fires: alike });
}
