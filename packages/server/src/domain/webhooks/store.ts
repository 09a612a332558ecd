import { and, asc, eq } from 'drizzle-orm';
import type { Sql } from '../../db/database.ts';
import { webhookAttempts, webhookDeliveries } from '../../db/tables/webhooks.ts';

export type DeliveryRow = typeof webhookDeliveries.$inferSelect;
export type AttemptRow = typeof webhookAttempts.$inferSelect;

/** The delivery of a run's webhook. Undefined when the run has one already. */
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

export async function listDeliveries(sql: Sql, runId: string): Promise<DeliveryRow[]> {
  return sql.select().from(webhookDeliveries).where(eq(webhookDeliveries.runId, runId));
}

export async function insertAttempt(
  sql: Sql,
  row: typeof webhookAttempts.$inferInsert,
): Promise<void> {
  await sql.insert(webhookAttempts).values(row);
}

export async function listAttempts(sql: Sql, runId: string): Promise<AttemptRow[]> {
  return sql
    .select()
    .from(webhookAttempts)
    .where(eq(webhookAttempts.runId, runId))
    .orderBy(asc(webhookAttempts.createdAt), asc(webhookAttempts.attemptId));
}
