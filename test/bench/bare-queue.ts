import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { PgBoss } from 'pg-boss';
import type { Database } from '../../packages/server/src/db/database.ts';
import { query, settleTables } from './databases.ts';

/**
 * The queue library by itself: each loop fetches one job and completes it, again and again. That is two statements, where
 * a run also reads its row and its workflow, writes its status twice, its block, its events and its end, and lets the next
 * one in: what of these jobs' speed is left is what all that costs. The jobs do nothing, nobody enqueues meanwhile, and
 * nobody is waited for: there is no faster way to do jobs one by one with this library.
 */

const queue = 'bench';
const warmUp = 'bench-warm-up';

/** First fetch to last completion, in milliseconds of Unix time. */
interface Span {
  readonly began: number;
  readonly ended: number;
  readonly done: number;
}

/** Neither its cron nor its maintenance, which Lapwing's own engine does on the same tables. */
const alone = { schedule: false, supervise: false, registerInstance: false } as const;

async function workOff(boss: PgBoss, name: string, loops: number): Promise<Span> {
  let done = 0;
  const began = Date.now();
  const loop = async () => {
    for (;;) {
      const [job] = await boss.fetch(name);
      if (job === undefined) return;
      await boss.complete(name, job.id);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: loops }, loop));
  return { began, ended: Date.now(), done };
}

async function fill(boss: PgBoss, name: string, count: number): Promise<void> {
  await boss.deleteQueue(name);
  await boss.createQueue(name);
  for (let left = count; left > 0; left -= 1_000) {
    const jobs = Array.from({ length: Math.min(left, 1_000) }, (_, index) => ({
      data: { payload: { run_id: `wr_${left - index}` } },
    }));
    await boss.insert(name, jobs);
  }
}

const rateOf = (spans: readonly Span[]): number => {
  const began = Math.min(...spans.map((span) => span.began));
  const ended = Math.max(...spans.map((span) => span.ended));
  return (spans.reduce((sum, span) => sum + span.done, 0) / (ended - began)) * 1_000;
};

/** Jobs a second on the embedded database, whose only process this is. */
export async function bareJobsHere(
  database: Database,
  options: { readonly jobs: number; readonly loops: number },
): Promise<number> {
  const db = database.executor(database.sql);
  const boss = new PgBoss({ db, backend: 'pglite', ...alone });
  await boss.start();
  await fill(boss, warmUp, Math.ceil(options.jobs / 10));
  await workOff(boss, warmUp, options.loops);
  await fill(boss, queue, options.jobs);
  await settleTables(database);
  const span = await workOff(boss, queue, options.loops);
  await boss.stop({ graceful: false });
  return rateOf([span]);
}

/** Jobs a second on a PostgreSQL server, by so many processes. */
export async function bareJobs(
  database: Database,
  url: string,
  options: { readonly jobs: number; readonly loops: number; readonly processes: number },
): Promise<number> {
  const boss = new PgBoss({ connectionString: url, ...alone });
  await boss.start();
  await fill(boss, warmUp, Math.ceil(options.jobs / 10));
  await fill(boss, queue, options.jobs);
  await boss.stop({ graceful: false });
  await settleTables(database);
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const children = Array.from({ length: options.processes }, () =>
    fork(main, ['bare-queue', url, String(options.loops)]),
  );
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    const answers = children.map((child) => once(child, 'message'));
    for (const child of children) child.send('go');
    const spans = (await Promise.all(answers)).map(([span]) => span as Span);
    const [left] = await query<{ count: number }>(
      database,
      `select count(*)::int as count from pgboss.job where name = $1 and state < 'completed'`,
      [queue],
    );
    if (left?.count !== 0) throw new Error(`${left?.count} jobs were left`);
    return rateOf(spans.filter(({ done }) => done > 0));
  } finally {
    for (const child of children) child.kill();
  }
}

/** One of the processes of {@link bareJobs}: says that it is ready, waits for a word, and says what it has done. */
export async function bareQueueProcess(): Promise<void> {
  const [url = '', loops = '1'] = process.argv.slice(3);
  // A connection for each loop: none waits for another's.
  const boss = new PgBoss({ connectionString: url, max: Number(loops), ...alone });
  await boss.start();
  await workOff(boss, warmUp, Number(loops));
  process.send?.('ready');
  await once(process, 'message');
  process.send?.(await workOff(boss, queue, Number(loops)));
  // Whoever started it ends it, when the answer has arrived.
  await once(process, 'disconnect');
}
