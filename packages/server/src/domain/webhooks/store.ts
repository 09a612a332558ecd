import { and, asc, desc, eq, gte, inArray, lt } from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { webhookAttempts, webhookDeliveries } from '../../db/tables/webhooks.ts';

export type DeliveryRow = typeof webhookDeliveries.$inferSelect;
export type AttemptRow = typeof webhookAttempts.$inferSelect;

/** Keeps a delivery. Undefined when it is of a run that has one already. */
export async function insertDelivery(
  sql: Sql,
  row: typeof webhookDeliveries.$inferInsert,
): Promise<DeliveryRow | undefined> {
  const rows = await sql.insert(webhookDeliveries).values(row).onConflictDoNothing().returning();
  return rows[0];
}

export async function findDelivery(sql: Sql, deliveryId: string): Promise<DeliveryRow | undefined> {
  const rows = await sql
    .select()
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.deliveryId, deliveryId));
  return rows[0];
}

/** Only a pending delivery changes: the first verdict stands. */
export async function updateDelivery(
  sql: Sql,
  deliveryId: string,
  change: Pick<DeliveryRow, 'status' | 'nextAttemptAt'>,
): Promise<void> {
  await sql
    .update(webhookDeliveries)
    .set({ ...change, modifiedAt: new Date() })
    .where(
      and(eq(webhookDeliveries.deliveryId, deliveryId), eq(webhookDeliveries.status, 'pending')),
    );
}

export async function deliveriesOfRun(sql: Sql, runId: string): Promise<DeliveryRow[]> {
  return sql.select().from(webhookDeliveries).where(eq(webhookDeliveries.runId, runId));
}

/** Deliveries of an organization that have a status. */
export interface DeliveryFilter {
  readonly organizationId: string;
  readonly status: string;
  /** Changed last at this time or later. */
  readonly since: Date | undefined;
  /** Changed last before this time. */
  readonly before?: Date;
  readonly deliveryIds?: readonly string[] | undefined;
}

const fits = (filter: DeliveryFilter) =>
  and(
    eq(webhookDeliveries.organizationId, filter.organizationId),
    eq(webhookDeliveries.status, filter.status),
    filter.since && gte(webhookDeliveries.modifiedAt, filter.since),
    filter.before && lt(webhookDeliveries.modifiedAt, filter.before),
    filter.deliveryIds && inArray(webhookDeliveries.deliveryId, [...filter.deliveryIds]),
  );

/** Those that changed last come first. */
export async function listDeliveries(
  sql: Sql,
  filter: DeliveryFilter,
  page: { readonly offset: number; readonly limit: number },
): Promise<DeliveryRow[]> {
  return sql
    .select()
    .from(webhookDeliveries)
    .where(fits(filter))
    .orderBy(desc(webhookDeliveries.modifiedAt), desc(webhookDeliveries.deliveryId))
    .offset(page.offset)
    .limit(page.limit);
}

/** The oldest of them, which nobody else changes before the transaction is over. */
export async function holdDeliveries(
  tx: Sql,
  filter: DeliveryFilter,
  limit: number,
): Promise<DeliveryRow[]> {
  return tx
    .select()
    .from(webhookDeliveries)
    .where(fits(filter))
    .orderBy(asc(webhookDeliveries.modifiedAt), asc(webhookDeliveries.deliveryId))
    .limit(limit)
    .for('update', { skipLocked: true });
}

/** A delivery that was given up is to be sent again, by another job. */
export async function reopenDelivery(tx: Sql, deliveryId: string, jobId: string): Promise<void> {
  const now = new Date();
  await tx
    .update(webhookDeliveries)
    .set({ status: 'pending', jobId, nextAttemptAt: now, modifiedAt: now })
    .where(eq(webhookDeliveries.deliveryId, deliveryId));
}

export async function insertAttempt(
  sql: Sql,
  row: typeof webhookAttempts.$inferInsert,
): Promise<void> {
  await sql.insert(webhookAttempts).values(row);
}

/** Every attempt at the webhook of a run, replays included, oldest first. */
export async function attemptsOfRun(sql: Sql, runId: string): Promise<AttemptRow[]> {
  return sql
    .select()
    .from(webhookAttempts)
    .where(eq(webhookAttempts.runId, runId))
    .orderBy(asc(webhookAttempts.createdAt), asc(webhookAttempts.attemptId));
}

/** Every attempt at these deliveries, oldest first. */
export async function attemptsAt(sql: Sql, deliveryIds: readonly string[]): Promise<AttemptRow[]> {
  if (deliveryIds.length === 0) return [];
  return sql
    .select()
    .from(webhookAttempts)
    .where(inArray(webhookAttempts.deliveryId, [...deliveryIds]))
    .orderBy(asc(webhookAttempts.createdAt), asc(webhookAttempts.attemptId));
}
