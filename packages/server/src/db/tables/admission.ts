import { bigserial, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { runs } from './runs.ts';

/** Who stands in which lane: the first has it, the others wait. A run that is over stands in none. */
export const runLanes = pgTable(
  'run_lanes',
  {
    organizationId: text('organization_id').notNull(),
    lane: text('lane').notNull(),
    position: bigserial('position', { mode: 'number' }).notNull(),
    runId: text('run_id')
      .notNull()
      .references(() => runs.runId),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.lane, t.position] }),
    index('run_lanes_run').on(t.runId),
  ],
);
