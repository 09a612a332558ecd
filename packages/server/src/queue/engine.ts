import { PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import type { JobKind } from './job.ts';

/** Jobs that run for longer than they may are looked for this often. Lapsed leases are watched by `lapses.ts`. */
const superviseSeconds = 30;
/** A job that waits is a promise: pg-boss would drop it after 14 days. */
const waitingDays = 3_650;
const deadDays = 30;
const daySeconds = 86_400;

/** The queue engine on our database: without its schedules, its worker registry and its statistics. */
export function createEngine(database: Database, log: Logger): PgBoss {
  const boss = new PgBoss({
    db: database.executor(database.sql),
    backend: database.kind,
    schedule: false,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
    maintenanceIntervalSeconds: 3_600,
    registerInstance: false,
    // Both need a server's autovacuum and parallel sessions; the embedded database is vacuumed by db/.
    monitorVacuum: database.kind === 'postgres',
    reindex: database.kind === 'postgres',
    // How many runs wait is for admission to limit, not for the log to lament.
    warningQueueSize: 1_000_000,
    openTelemetry: { enabled: false },
  });
  boss.on('error', (error) => log.error({ err: error }, 'The queue engine reported an error'));
  boss.on('warning', (warning) => log.warn({ warning }, 'The queue engine reported a warning'));
  return boss;
}

/** Creates the engine's tables, or brings them up to date. */
export async function installQueue(database: Database, log: Logger): Promise<void> {
  const boss = createEngine(database, log);
  await boss.start();
  await boss.stop({ graceful: false, close: false });
}

/** Creates the queue of a kind, or brings its settings up to date; jobs keep those that they were enqueued with. */
export async function declareKind(boss: PgBoss, kind: JobKind): Promise<void> {
  await boss.createQueue(kind.name);
  await boss.updateQueue(kind.name, {
    retryLimit: kind.retryLimit,
    retryDelay: kind.retryDelaySeconds,
    retryBackoff: kind.retryBackoff,
    retryDelayMax: kind.retryBackoff ? (kind.retryDelayMaxSeconds ?? null) : null,
    heartbeatSeconds: null,
    expireInSeconds: kind.expireSeconds,
    retentionSeconds: waitingDays * daySeconds,
    deleteAfterSeconds: deadDays * daySeconds,
  });
}
