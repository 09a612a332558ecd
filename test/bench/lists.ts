import { sql } from 'drizzle-orm';
import type { Sql } from '../../packages/server/src/db/database.ts';
import { startLapwing } from '../support/lapwing.ts';
import { percentile, report, round } from './table.ts';

const pastRuns = 100_000;
const times = 100;

/** Copies one run, its search text included, into the past, one second apart. */
async function fill(database: Sql, runId: string): Promise<void> {
  const changed = sql`jsonb_build_object('run_id', 'wr_past_' || n, 'status', (array['completed', 'failed', 'canceled'])[1 + n % 3], 'step_count', 1,
    'created_at', to_jsonb(now() - n * interval '1 second'), 'modified_at', to_jsonb(now() - n * interval '1 second'))`;
  for (const table of ['runs', 'run_searches']) {
    await database.execute(
      sql`insert into ${sql.identifier(table)} select (jsonb_populate_record(kept, ${changed})).* from ${sql.identifier(table)} as kept, generate_series(1, ${pastRuns}::int) as n where kept.run_id = ${runId}`,
    );
  }
  await database.execute(sql`analyze runs`);
}

async function measure(what: string, work: () => Promise<unknown>) {
  await work();
  const took: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const sent = performance.now();
    await work();
    took.push(performance.now() - sent);
  }
  return { what, p50: round(percentile(took, 0.5), 1), p99: round(percentile(took, 0.99), 1) };
}

/** Lists over 100,000 past runs, over the same page read by raw SQL. */
export async function lists(): Promise<void> {
  const lapwing = await startLapwing({ LAPWING_RECORDING: 'off' });
  const { database } = lapwing.server.app;
  const workflow = await lapwing.createWorkflow({
    blocks: [
      { block_type: 'conditional', label: 'only', branch_conditions: [{ is_default: true }] },
    ],
  });
  const run = await lapwing.run(workflow, { title: 'The same title' });
  const get = async (path: string) => {
    const answer = await lapwing.request('GET', path);
    if (answer.status !== 200 || answer.body.length === 0)
      throw new Error(`HTTP ${answer.status} and nothing listed from ${path}`);
    return answer;
  };
  const few = await measure('GET /v1/runs, of one run', () => get('/v1/runs?page_size=20'));
  await fill(database.sql, run.run_id);
  const next = (await get('/v1/runs?page_size=20')).headers.get('x-next-cursor');
  const rows = [
    few,
    await measure('GET /v1/runs', () => get('/v1/runs?page_size=20')),
    await measure('… by status', () => get('/v1/runs?page_size=20&status=failed')),
    await measure('… of a workflow', () => get(`/v1/agents/${workflow}/runs?page_size=20`)),
    await measure('… page 50', () => get('/v1/runs?page_size=20&page=50')),
    await measure('… behind a cursor', () => get(`/v1/runs?page_size=20&cursor=${next}`)),
    await measure('… by a search that 100,000 fit', () =>
      get('/v1/runs?page_size=20&search_key=the+same+title'),
    ),
    await measure('the newest page by raw SQL', () =>
      database.sql.execute(
        sql`select * from runs where organization_id = (select organization_id from runs where run_id = ${run.run_id}) order by created_at desc, run_id desc limit 20`,
      ),
    ),
  ];
  await lapwing.close();
  const raw = rows.at(-1)?.p99 ?? Number.NaN;
  report(
    'lists',
    rows.map(({ what, p50, p99 }) => ({ what, 'p50, ms': p50, 'p99, ms': p99 })),
    {
      p99_over_raw: round((rows[1]?.p99 ?? Number.NaN) / raw),
      p99_over_few: round((rows[1]?.p99 ?? Number.NaN) / few.p99),
    },
  );
}
